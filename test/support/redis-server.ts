import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import type { CertificateFiles } from './redis-certificate.ts';

export type RedisServerOptions = {
  /** Listens on a free loopback port as well as on its unix socket. */
  readonly port?: boolean;
  /** The port uses TLS, and requires a client certificate of the same CA. */
  readonly tls?: CertificateFiles;
  /** Further arguments of redis-server, such as `--requirepass`. */
  readonly args?: readonly string[];
  /** The credentials of `call` and `dumpAll`. */
  readonly password?: string;
};

/** The value of one key. `ttl` in milliseconds; -1: it never expires. */
export type RedisDump = { readonly key: string; readonly value: string; readonly ttl: number };

/** Starts a real redis-server without persistence. Resolves once it serves. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-redis-'));
  const port = options.port || options.tls !== undefined ? await freePort() : 0;
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
  readonly #socket: string;
  readonly #directory: string;
  readonly #args: readonly string[];
  readonly #password: string | undefined;
  #process: ChildProcess | undefined;

  constructor(directory: string, port: number, options: RedisServerOptions) {
    const socket = join(directory, 'redis.sock');
    const scheme = options.tls === undefined ? 'redis' : 'rediss';
    this.url = port === 0 ? `redis+unix://${socket}` : `${scheme}://127.0.0.1:${port}/0`;
    this.port = port === 0 ? undefined : port;
    this.#socket = socket;
    this.#directory = directory;
    this.#password = options.password;
    this.#args = [
      ...['--bind', '127.0.0.1', '--unixsocket', socket, '--dir', directory],
      ...['--save', '', '--appendonly', 'no', '--daemonize', 'no', '--logfile', ''],
      ...(options.tls === undefined ? ['--port', String(port)] : tlsArguments(port, options.tls)),
      ...(options.args ?? []),
    ];
  }

  /** YAML of the top level: a store in this Redis, with the time that a busy machine needs. */
  get store(): string {
    return `store: {kind: redis, redis: {url: "${this.url}", timeout: 5s}}`;
  }

  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('this redis-server does not run');
    return pid;
  }

  get running(): boolean {
    return this.#process !== undefined;
  }

  async start(): Promise<void> {
    this.#process = spawnRedis(this.#args);
    await untilLogged(this.#process, SERVES);
  }

  /** Ends it, and drops its data. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child !== undefined) await killed(child);
  }

  /** Ends it and starts an empty one in its place. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Pauses it: connections stay open without replies. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Sends one command over a separate connection. */
  async call(command: string, ...args: readonly string[]): Promise<unknown> {
    const client = this.connect();
    try {
      return await client.call(command, ...args);
    } finally {
      client.disconnect();
    }
  }

  /** The keys that match a pattern. */
  async dumpKeys(pattern: string): Promise<readonly string[]> {
    const client = this.connect();
    try {
      return await client.keys(pattern);
    } finally {
      client.disconnect();
    }
  }

  /** All its data. */
  async dumpAll(): Promise<readonly RedisDump[]> {
    const client = this.connect();
    try {
      const dump: RedisDump[] = [];
      for (const key of await client.keys('*')) {
        const kind = await client.type(key);
        // It expired after it was listed.
        if (kind === 'none') continue;
        if (kind !== 'hash' && kind !== 'string')
          throw new Error(`${key} is a ${kind}: nobody reads it here`);
        const value =
          kind === 'hash' ? JSON.stringify(await client.hgetall(key)) : ((await client.get(key)) ?? '');
        const ttl = await client.pttl(key);
        // Likewise.
        if (ttl !== -2) dump.push({ key, value, ttl });
      }
      return dump;
    } finally {
      client.disconnect();
    }
  }

  /** A plain client for other commands. Its caller disconnects it. */
  connect(): Redis {
    const client = new Redis({
      path: this.#socket,
      ...(this.#password === undefined ? {} : { password: this.#password }),
      replyMapping: 'legacy',
      disableClientInfo: true,
    });
    // Errors are reported by the commands.
    client.on('error', () => {});
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** What redis-server logs once it serves. */
const SERVES = /ready to accept connections|server is now ready/i;

export function spawnRedis(args: readonly string[]): ChildProcess {
  return spawn('redis-server', [...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Kills a process. */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** Waits for a line of its log. */
export async function untilLogged(child: ChildProcess, expected: RegExp): Promise<void> {
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
      if (expected.test(line)) resolve();
    });
  });
}

/** The arguments of a server with TLS on its port, also for its cluster and replication peers. */
function tlsArguments(port: number, { caFile, certFile, keyFile }: CertificateFiles): string[] {
  return [
    ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'yes'],
    ...['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', caFile],
    ...['--tls-replication', 'yes'],
  ];
}
