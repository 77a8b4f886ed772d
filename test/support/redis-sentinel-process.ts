import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Address } from '../../src/config/config.ts';
import { freePort } from './free-port.ts';
import type { CertificateFiles } from './redis-certificate.ts';
import { killed, spawnRedis, untilLogged } from './redis-server.ts';

/** The name of the primary at every sentinel. */
export const PRIMARY_NAME = 'mymaster';

/** The identity of a sentinel. `port`: its plain-text port, for the tests themselves. */
export type SentinelIdentity = { readonly id: string; readonly port: number; readonly clientPort: number };

export type SentinelOptions = {
  readonly identity?: SentinelIdentity;
  /** Known sentinels and replicas; discovering them would take some seconds. */
  readonly peers?: readonly SentinelIdentity[];
  readonly replicaPort?: number;
  readonly quorum?: number;
  readonly tls?: CertificateFiles;
  /** The password that the sentinel requires from clients and other sentinels. */
  readonly password?: string;
  /** Lines of its initial configuration. */
  readonly epoch?: number;
};

export async function createSentinelIdentity(secure: boolean): Promise<SentinelIdentity> {
  const port = await freePort();
  return { id: randomBytes(20).toString('hex'), port, clientPort: secure ? await freePort() : port };
}

/** Starts a real sentinel. Resolves once it watches its primary. */
export async function startSentinelProcess(
  primaryPort: number,
  options: SentinelOptions = {},
): Promise<SentinelProcess> {
  const { quorum = 1, peers = [], replicaPort, tls, password, epoch = 0 } = options;
  const identity = options.identity ?? (await createSentinelIdentity(tls !== undefined));
  const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-sentinel-'));
  // A sentinel writes its state into its configuration file.
  const file = join(directory, 'sentinel.conf');
  const lines = [
    `port ${identity.port}`,
    'bind 127.0.0.1',
    `dir ${directory}`,
    ...(tls === undefined ? [] : tlsLines(identity.clientPort, tls)),
    ...(password === undefined ? [] : [`requirepass ${password}`, `sentinel sentinel-pass ${password}`]),
    `sentinel monitor ${PRIMARY_NAME} 127.0.0.1 ${primaryPort} ${quorum}`,
    `sentinel myid ${identity.id}`,
    ...(replicaPort === undefined ? [] : [`sentinel known-replica ${PRIMARY_NAME} 127.0.0.1 ${replicaPort}`]),
    ...peers.map(
      ({ id, clientPort }) => `sentinel known-sentinel ${PRIMARY_NAME} 127.0.0.1 ${clientPort} ${id}`,
    ),
    `sentinel config-epoch ${PRIMARY_NAME} ${epoch}`,
    `sentinel down-after-milliseconds ${PRIMARY_NAME} 500`,
    `sentinel failover-timeout ${PRIMARY_NAME} 2000`,
    '',
  ];
  await writeFile(file, lines.join('\n'));
  const sentinel = new SentinelProcess(directory, file, identity, password);
  try {
    await sentinel.start();
  } catch (error) {
    await sentinel[Symbol.asyncDispose]();
    throw error;
  }
  return sentinel;
}

export class SentinelProcess implements AsyncDisposable {
  /** Its address for clients. */
  readonly address: Address;
  readonly #directory: string;
  readonly #file: string;
  readonly #port: number;
  readonly #password: string | undefined;
  #process: ChildProcess | undefined;

  constructor(directory: string, file: string, identity: SentinelIdentity, password: string | undefined) {
    this.address = { host: '127.0.0.1', port: identity.clientPort };
    this.#directory = directory;
    this.#file = file;
    this.#port = identity.port;
    this.#password = password;
  }

  async start(): Promise<void> {
    this.#process = spawnRedis([this.#file, '--sentinel']);
    await untilLogged(this.#process, /\+monitor master/);
  }

  async stop(): Promise<void> {
    if (this.#process !== undefined) await killed(this.#process);
  }

  /** Sends one SENTINEL command. */
  ask(...args: readonly string[]): Promise<unknown> {
    return this.call('SENTINEL', ...args);
  }

  async call(command: string, ...args: readonly string[]): Promise<unknown> {
    const client = new Redis({
      host: '127.0.0.1',
      port: this.#port,
      ...(this.#password === undefined ? {} : { password: this.#password }),
      enableReadyCheck: false,
      disableClientInfo: true,
      replyMapping: 'legacy',
    });
    // Errors are reported by the commands.
    client.on('error', () => {});
    try {
      return await client.call(command, ...args);
    } finally {
      client.disconnect();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function tlsLines(port: number, { caFile, certFile, keyFile }: CertificateFiles): string[] {
  return [
    `tls-port ${port}`,
    `tls-cert-file ${certFile}`,
    `tls-key-file ${keyFile}`,
    `tls-ca-cert-file ${caFile}`,
    'tls-replication yes',
    'tls-auth-clients yes',
  ];
}
