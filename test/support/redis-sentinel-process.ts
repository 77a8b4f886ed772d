import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Address } from '../../src/config/config.ts';
import type { CertificateFiles } from './redis-certificate.ts';
import { findFreePort, killed, spawnRedis, untilLogged } from './redis-server.ts';

/** What every sentinel calls its primary. */
export const PRIMARY_NAME = 'mymaster';

export type SentinelOptions = {
  readonly quorum?: number;
  readonly tls?: CertificateFiles;
  /** What the sentinel wants from its clients and from other sentinels. */
  readonly password?: string;
  /** Of the configuration that it starts with. */
  readonly epoch?: number;
};

/** Starts a real sentinel. Resolves once it watches its primary. */
export async function startSentinelProcess(
  primaryPort: number,
  { quorum = 1, tls, password, epoch = 0 }: SentinelOptions = {},
): Promise<SentinelProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-sentinel-'));
  const port = await findFreePort();
  // It listens in clear as well, for the tests themselves.
  const clientPort = tls === undefined ? port : await findFreePort();
  // A sentinel writes what it learns into its configuration.
  const file = join(directory, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${directory}`,
    ...(tls === undefined ? [] : tlsLines(clientPort, tls)),
    ...(password === undefined ? [] : [`requirepass ${password}`, `sentinel sentinel-pass ${password}`]),
    `sentinel monitor ${PRIMARY_NAME} 127.0.0.1 ${primaryPort} ${quorum}`,
    `sentinel config-epoch ${PRIMARY_NAME} ${epoch}`,
    `sentinel down-after-milliseconds ${PRIMARY_NAME} 500`,
    `sentinel failover-timeout ${PRIMARY_NAME} 2000`,
    '',
  ];
  await writeFile(file, lines.join('\n'));
  const sentinel = new SentinelProcess(directory, file, port, clientPort, password);
  try {
    await sentinel.start();
  } catch (error) {
    await sentinel[Symbol.asyncDispose]();
    throw error;
  }
  return sentinel;
}

export class SentinelProcess implements AsyncDisposable {
  /** Where clients find it. */
  readonly address: Address;
  readonly #directory: string;
  readonly #file: string;
  readonly #port: number;
  readonly #password: string | undefined;
  #process: ChildProcess | undefined;

  constructor(
    directory: string,
    file: string,
    port: number,
    clientPort: number,
    password: string | undefined,
  ) {
    this.address = { host: '127.0.0.1', port: clientPort };
    this.#directory = directory;
    this.#file = file;
    this.#port = port;
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
  async ask(...args: readonly [string, ...string[]]): Promise<unknown> {
    const client = new Redis({
      host: '127.0.0.1',
      port: this.#port,
      ...(this.#password === undefined ? {} : { password: this.#password }),
      enableReadyCheck: false,
      disableClientInfo: true,
      replyMapping: 'legacy',
    });
    // What goes wrong, its commands say.
    client.on('error', () => {});
    try {
      return await client.call('SENTINEL', ...args);
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
