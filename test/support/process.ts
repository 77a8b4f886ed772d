import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** A short command would spend half of its time on compiling the same files again. */
export const COMPILE_CACHE = join(tmpdir(), 'pkce-gateway-compile-cache');
const LISTENING = /^pkce-gateway listening on (\S+) \(admin (\S+)\)$/;

export type GatewayProcess = AsyncDisposable & {
  readonly pid: number;
  readonly url: string;
  readonly adminUrl: string;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** Resolves with the first line of either stream that matches, those already written included. */
  waitForLine(pattern: RegExp, signal?: AbortSignal): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** Sends a signal (default SIGTERM) and waits for the end: the exit code, `null` if a signal killed it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
};

export type ProcessOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What Node runs. Default: `src/main.ts`. */
  readonly main?: string;
  /** The Node.js that runs it. Default: this one. */
  readonly node?: string;
  /** Arguments for Node itself. Default: none. */
  readonly nodeArgs?: readonly string[];
  /** The user of the process. Default: that of this process. */
  readonly uid?: number;
  /** The limit of open files and sockets. Default: that of this process. */
  readonly openFiles?: number;
  /** A file descriptor to have its standard error, in place of `stderr`. */
  readonly stderr?: number;
  /** The timeout for the line that it listens. */
  readonly signal?: AbortSignal;
};

/** Runs `node src/main.ts …` until it listens. Rejects with all its output if it ends before. */
export async function startGatewayProcess(
  args: readonly string[],
  { signal = AbortSignal.timeout(60_000), ...options }: ProcessOptions = {},
): Promise<GatewayProcess> {
  const child = spawnMain(args, options);
  const output = collectLines(child);
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const stop = async (stopSignal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(stopSignal);
    return (await exited)[0];
  };

  let line: string;
  try {
    line = await Promise.race([
      output.waitForLine(LISTENING, signal),
      exited.then(async ([code]) => {
        throw new Error(`ended with ${code} before it listened:\n${await output.all()}`);
      }),
    ]);
  } catch (cause) {
    await stop('SIGKILL');
    throw new Error(`pkce-gateway ${args.join(' ')}\n${await output.all()}`, { cause });
  }
  const [, url = '', adminUrl = ''] = LISTENING.exec(line) ?? [];
  return {
    pid: child.pid ?? 0,
    url,
    adminUrl,
    stdout: output.stdout,
    stderr: output.stderr,
    waitForLine: output.waitForLine,
    signal: (name) => void child.kill(name),
    stop,
    async [Symbol.asyncDispose]() {
      await stop('SIGKILL');
    },
  };
}

export type CommandOptions = Omit<ProcessOptions, 'signal'> & {
  /** Called with the process id. */
  readonly onStart?: (pid: number) => void;
};

export type FinishedCommand = {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** Runs `node src/main.ts …` to its end: for the commands that print and exit. */
export async function runCommand(
  args: readonly string[],
  { onStart, ...options }: CommandOptions = {},
): Promise<FinishedCommand> {
  const child = spawnMain(args, options);
  onStart?.(child.pid ?? 0);
  const output = collectLines(child);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, stdout: output.stdout.join('\n'), stderr: output.stderr.join('\n') };
}

function spawnMain(
  args: readonly string[],
  {
    env = {},
    cwd = ROOT,
    main = join(ROOT, 'src/main.ts'),
    node = process.execPath,
    nodeArgs = [],
    uid,
    openFiles,
    stderr,
  }: ProcessOptions,
): ChildProcess {
  const limit = openFiles === undefined ? [] : ['sh', '-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh'];
  const [program = '', ...rest] = [...limit, node, ...nodeArgs, main, ...args];
  return spawn(program, rest, {
    cwd,
    ...(uid === undefined ? {} : { uid, gid: uid }),
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env, ...env },
    stdio: ['ignore', 'pipe', stderr ?? 'pipe'],
  });
}

function collectLines(child: ChildProcess) {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const closed = once(child, 'close');
  const watchers = new Set<(line: string) => void>();
  for (const [stream, lines] of [
    [child.stdout, stdout],
    [child.stderr, stderr],
  ] as const) {
    let rest = '';
    const add = (line: string) => {
      lines.push(line);
      for (const watch of watchers) watch(line);
    };
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) add(line);
    });
    stream?.on('end', () => rest !== '' && add(rest));
  }
  return {
    stdout,
    stderr,
    async all(): Promise<string> {
      await closed;
      return [...stdout, ...stderr].join('\n');
    },
    waitForLine(pattern: RegExp, signal: AbortSignal = AbortSignal.timeout(10_000)): Promise<string> {
      const found = [...stdout, ...stderr].find((line) => pattern.test(line));
      if (found !== undefined) return Promise.resolve(found);
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const watch = (line: string) => pattern.test(line) && resolve(line);
      const expire = () => reject(new Error(`no line matched ${pattern}`, { cause: signal.reason }));
      watchers.add(watch);
      signal.addEventListener('abort', expire, { once: true });
      return promise.finally(() => {
        watchers.delete(watch);
        signal.removeEventListener('abort', expire);
      });
    },
  };
}
