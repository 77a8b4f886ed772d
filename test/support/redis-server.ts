import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';

export type RedisServerOptions = {
  /** Listens on a free loopback port instead of a unix socket. */
  readonly port?: boolean;
  /** Further arguments of redis-server, such as `--requirepass`. */
  readonly args?: readonly string[];
  /** What `call` and `dumpAll` log in with. */
  readonly password?: string;
};

/** What Redis holds under one key. `ttl` in milliseconds; -1: it never expires. */
export type RedisDump = { readonly key: string; readonly value: string; readonly ttl: number };

/** Starts a real redis-server without persistence. Resolves once it serves. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-redis-'));
  const port = options.port ? await findFreePort() : 0;
  const server = new RedisServer(directory, port, options);
  try {
    await server.start();
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return server;
}

export class RedisServer implements AsyncDisposable {
  readonly url: string;
  readonly port: number | undefined;
  readonly #directory: string;
  readonly #args: readonly string[];
  readonly #password: string | undefined;
  #process: ChildProcess | undefined;

  constructor(directory: string, port: number, options: RedisServerOptions) {
    const socket = join(directory, 'redis.sock');
    this.url = port === 0 ? `redis+unix://${socket}` : `redis://127.0.0.1:${port}/0`;
    this.port = port === 0 ? undefined : port;
    this.#directory = directory;
    this.#password = options.password;
    const listen =
      port === 0 ? ['--port', '0', '--unixsocket', socket] : ['--port', String(port), '--bind', '127.0.0.1'];
    const plain = [
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      directory,
      '--daemonize',
      'no',
      '--logfile',
      '',
    ];
    this.#args = [...listen, ...plain, ...(options.args ?? [])];
  }

  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('this redis-server does not run');
    return pid;
  }

  async start(): Promise<void> {
    const child = spawn('redis-server', [...this.#args], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = child;
    await untilReady(child);
  }

  /** Ends it, with all that it holds. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Ends it and starts an empty one in its place. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** It stands still: connections stay open, and nothing is answered. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Sends one command over a connection of its own. */
  async call(command: string, ...args: readonly string[]): Promise<unknown> {
    const client = this.connect();
    try {
      return await client.call(command, ...args);
    } finally {
      client.disconnect();
    }
  }

  /** All that it holds. */
  async dumpAll(): Promise<readonly RedisDump[]> {
    const client = this.connect();
    try {
      const dump: RedisDump[] = [];
      for (const key of await client.keys('*')) {
        const value = (await client.get(key)) ?? '';
        dump.push({ key, value, ttl: await client.pttl(key) });
      }
      return dump;
    } finally {
      client.disconnect();
    }
  }

  /** A plain client, for what the rest cannot do. Its caller disconnects it. */
  connect(): Redis {
    const address =
      this.port === undefined
        ? { path: join(this.#directory, 'redis.sock') }
        : { host: '127.0.0.1', port: this.port };
    return new Redis({
      ...address,
      ...(this.#password === undefined ? {} : { password: this.#password }),
      replyMapping: 'legacy',
      disableClientInfo: true,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Waits for the line by which redis-server says that it serves. */
async function untilReady(child: ChildProcess): Promise<void> {
  const { stdout } = child;
  if (stdout === null) throw new Error('redis-server has no output to wait for');
  const log: string[] = [];
  await new Promise<void>((resolve, reject) => {
    child.once('error', (error) => {
      const hint =
        'redis-server cannot be run. The store tests need a real one: `apt-get install redis-server`';
      reject(new Error(hint, { cause: error }));
    });
    child.once('exit', (code, signal) => {
      reject(new Error(`redis-server ended early (${code ?? signal}):\n${log.join('\n')}`));
    });
    createInterface(stdout).on('line', (line) => {
      log.push(line);
      if (/ready to accept connections|server is now ready/i.test(line)) resolve();
    });
  });
}

/** A loopback port that nobody listens on just now. */
export async function findFreePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
