import cluster from 'node:cluster';
import { setFlagsFromString } from 'node:v8';
import { didYouMean } from '../config/did-you-mean.ts';
import { processEnvironment } from '../config/environment.ts';
import { VERSION } from '../version.ts';
import type { CheckIo } from './check.ts';
import { commandNames, loadCommand, renderHelp } from './commands.ts';
import { parseOptions, renderCommandHelp, UsageError } from './options.ts';

// A process that serves has little that lasts: left to itself, V8 lets three times as much garbage gather beside it.
setFlagsFromString('--heap-growing-percent=50');

/** What this process was started for, to its end: a command line, or a worker. Returns the exit status. */
export async function run(output: Pick<CheckIo, 'stdout' | 'stderr'>): Promise<number> {
  const io = { ...output, env: processEnvironment() };
  const status = await (cluster.isWorker ? runAsWorker() : runCommandLine(process.argv.slice(2), io)).catch(
    (error: unknown) => {
      if (!(error instanceof UsageError)) throw error;
      io.stderr(`pkce-gateway: ${error.message}`);
      const [, command] = /^([a-z]+): /.exec(error.message) ?? [];
      io.stderr(
        command === undefined
          ? 'pkce-gateway --help shows all commands.'
          : `pkce-gateway help ${command} shows its options.`,
      );
      return 2;
    },
  );
  await Promise.all([taken(process.stdout), taken(process.stderr)]);
  return status;
}

async function runAsWorker(): Promise<number> {
  const { runWorker } = await import('../workers/run-worker.ts');
  return runWorker();
}

async function runCommandLine(args: readonly string[], io: CheckIo): Promise<number> {
  const asksFor = (long: string) => args.includes(`--${long}`) || args.includes(`-${long[0]}`);
  const [first, ...rest] = args[0] === 'help' ? [...args.slice(1), '--help'] : args;
  const name = first?.startsWith('-') === false ? first : undefined;
  const wantsHelp = args[0] === 'help' || asksFor('help');
  if (!wantsHelp && asksFor('version')) {
    io.stdout(VERSION);
    return 0;
  }
  if (wantsHelp && name === undefined) {
    io.stdout(renderHelp());
    return 0;
  }
  const command = await loadCommand(name ?? 'serve');
  if (command === undefined)
    throw new UsageError(`there is no command ${name}${didYouMean(name ?? '', commandNames())}`);
  if (wantsHelp) {
    io.stdout(renderCommandHelp(command));
    return 0;
  }
  return command.run(parseOptions(command, name === undefined ? args : rest), io);
}

/** A pipe takes 64 KiB at once, and what it has not taken would end with the process. Its reader may be gone. */
function taken(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}
