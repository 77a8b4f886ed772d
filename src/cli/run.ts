import cluster from 'node:cluster';
import { setFlagsFromString } from 'node:v8';
import { didYouMean } from '../config/did-you-mean.ts';
import { processEnvironment } from '../config/environment.ts';
import { VERSION } from '../version.ts';
import type { CommandIo } from './command-io.ts';
import { COMMANDS, renderHelp } from './commands.ts';
import { type Command, optionFor, parseOptions, renderCommandHelp, UsageError } from './options.ts';

// A serving process has few long-lived objects, and by default V8 would collect three times as much garbage beside them.
setFlagsFromString('--heap-growing-percent=50');
// After a burst, V8 would allocate what a request needs among the long-lived objects, where only a full collection frees it.
setFlagsFromString('--no-allocation-site-pretenuring');

/** Runs this process: a command line, or a worker. Returns the exit status. */
export async function run(output: Pick<CommandIo, 'stdout' | 'stderr'>): Promise<number> {
  const io = { ...output, env: processEnvironment(), now: Date.now };
  const status = cluster.isWorker
    ? await (await import('../workers/run-worker.ts')).runWorker()
    : await runCommandLine(process.argv.slice(2), io);
  await Promise.all([taken(process.stdout), taken(process.stderr)]);
  return status;
}

/** Runs one command. Returns the exit status. */
export async function runCommandLine(args: readonly string[], io: CommandIo): Promise<number> {
  const asksFor = (long: string) => args.includes(`--${long}`) || args.includes(`-${long[0]}`);
  const [first, ...rest] = args[0] === 'help' ? [...args.slice(1), '--help'] : args;
  const isNamed = first?.startsWith('-') === false;
  const name = isNamed ? first : 'serve';
  const wantsHelp = args[0] === 'help' || asksFor('help');
  if (!wantsHelp && asksFor('version')) {
    io.stdout(VERSION);
    return 0;
  }
  if (wantsHelp && !isNamed) {
    io.stdout(renderHelp());
    return 0;
  }
  const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (found === undefined) {
    const { options = {} } = (await COMMANDS['serve']?.load()) ?? {};
    const meant = didYouMean(name, Object.keys(COMMANDS)) || optionFor(name, options);
    io.stderr(`pkce-gateway: there is no command ${name}${meant}`);
    io.stderr('pkce-gateway --help shows all commands.');
    return 2;
  }
  const command = await found.load();
  if (wantsHelp) {
    io.stdout(renderCommandHelp(name, found.summary, command));
    return 0;
  }
  const status = await runCommand(name, command, isNamed ? rest : args, io);
  const missing = status === 0 ? undefined : takenByNpm(command, args, io.env);
  if (missing !== undefined) {
    io.stderr(`npm took --${missing} for itself. Put -- first: npm start -- ${name} --${missing} …`);
  }
  return status;
}

async function runCommand(name: string, command: Command, args: readonly string[], io: CommandIo) {
  try {
    return await command.run(parseOptions(command, args), io);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.stderr(`pkce-gateway: ${name}: ${error.message}`);
    io.stderr(`pkce-gateway help ${name} shows its options.`);
    return 2;
  }
}

/** An option that npm consumed, because there is no `--` before the command. npm has its own `ca`. */
function takenByNpm(
  { options }: Command,
  args: readonly string[],
  env: CommandIo['env'],
): string | undefined {
  if (env['npm_lifecycle_event'] !== 'start') return undefined;
  return Object.keys(options).find(
    (name) =>
      name !== 'ca' &&
      env[`npm_config_${name.replaceAll('-', '_')}`] !== undefined &&
      !args.includes(`--${name}`),
  );
}

/** Waits until a pipe accepted all output: it takes 64 KiB at once, and the rest would be lost with the process. Its reader may be gone. */
function taken(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}
