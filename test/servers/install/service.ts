import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

export type ServiceOptions = {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The folder of `service.log`. */
  readonly data: string;
  readonly port: number;
  /** A path whose response shows that it is up. Default: it is up once it accepts connections. */
  readonly readyPath?: string;
  /** Milliseconds. Default: two minutes, for a JVM on a busy machine. */
  readonly timeout?: number;
};

/** A server process and its children, running until disposed. */
export async function startService(options: ServiceOptions): Promise<AsyncDisposable> {
  const { program, args, cwd = options.data, env = {}, data, port, readyPath, timeout = 120_000 } = options;
  const logFile = join(data, 'service.log');
  // A separate process group, so that forked workers end with it.
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => killGroup(child);
  process.once('exit', kill);
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const exited = once(child, 'exit').finally(() => process.off('exit', kill));
  const deadline = Date.now() + timeout;
  try {
    while (!(await answers(port, readyPath))) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${program} ended`);
      if (Date.now() > deadline) throw new Error(`${program} does not answer on port ${port}`);
      await wait(200);
    }
  } catch (cause) {
    await stop(child, exited);
    const firstLines = (await readFile(logFile, 'utf8')).slice(0, 5_000);
    throw new Error(`${(cause as Error).message}\n${firstLines}`, { cause });
  }
  return { [Symbol.asyncDispose]: () => stop(child, exited) };
}

async function stop(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  killGroup(child);
  await exited;
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    // A negative id names the group.
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has already ended.
  }
}

async function answers(port: number, path: string | undefined): Promise<boolean> {
  if (path === undefined) return takesConnections(port);
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual' });
    return response.status < 500;
  } catch {
    return false;
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
