import { expect, vi } from 'vitest';
import type { Address } from '../../src/config/config.ts';
import type { CertificateFiles } from './redis-certificate.ts';
import {
  createSentinelIdentity,
  PRIMARY_NAME,
  type SentinelIdentity,
  type SentinelProcess,
  startSentinelProcess,
} from './redis-sentinel-process.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

const UNTIL = { timeout: 20_000, interval: 20 };

export type RedisSentinelOptions = {
  readonly tls?: CertificateFiles;
  /** The password that the sentinels require from clients and from each other. */
  readonly sentinelPassword?: string;
  /** Further arguments of both servers. */
  readonly args?: readonly string[];
};

/** Starts a primary, its replica and three sentinels. Resolves once all know each other. */
export async function startRedisSentinel(options: RedisSentinelOptions = {}): Promise<RedisBehindSentinels> {
  const behind = new RedisBehindSentinels(options);
  try {
    await behind.start();
  } catch (error) {
    await behind[Symbol.asyncDispose]();
    throw error;
  }
  return behind;
}

export class RedisBehindSentinels implements AsyncDisposable {
  readonly #options: RedisSentinelOptions;
  readonly #servers: RedisServer[] = [];
  readonly #sentinels: SentinelProcess[] = [];
  #primary = 0;

  constructor(options: RedisSentinelOptions) {
    this.#options = options;
  }

  /** The addresses of the sentinels for clients. */
  get addresses(): readonly Address[] {
    return this.#sentinels.map(({ address }) => address);
  }

  get primary(): RedisServer {
    return this.#server(this.#primary);
  }

  get replica(): RedisServer {
    return this.#server(1 - this.#primary);
  }

  async start(): Promise<void> {
    const { tls, args = [] } = this.#options;
    // `repl-diskless-sync-delay`: a primary does not wait for further replicas.
    const both = ['--repl-diskless-sync-delay', '0', ...args];
    for (let index = 0; index < 2; index += 1) {
      this.#servers.push(await startRedis({ port: true, ...(tls === undefined ? {} : { tls }), args: both }));
    }
    await this.replica.call('REPLICAOF', '127.0.0.1', String(this.primary.port));
    await this.untilInStep();
    await this.#startAllSentinels();
    await vi.waitFor(async () => {
      for (const sentinel of this.#sentinels) {
        expect(String(await sentinel.ask('CKQUORUM', PRIMARY_NAME))).toMatch(/^OK 3 usable/);
        expect(String(await sentinel.ask('REPLICAS', PRIMARY_NAME))).toContain('master-link-status,ok');
      }
    }, UNTIL);
  }

  /**
   * Makes the sentinels promote the replica while the old primary runs. The old one continues unchanged until the sentinels
   * make it a replica, about eight seconds later: wait for `untilInStep`.
   */
  async failover(): Promise<void> {
    const [sentinel] = this.#sentinels;
    if (sentinel === undefined) throw new Error('no sentinel runs');
    await vi.waitFor(() => sentinel.ask('FAILOVER', PRIMARY_NAME), UNTIL);
    await this.untilFailedOver();
  }

  /** Whether the sentinels may agree that the primary is lost. Default: they may. */
  async allowFailover(allowed: boolean): Promise<void> {
    const quorum = allowed ? 2 : this.#sentinels.length + 1;
    await Promise.all(
      this.#sentinels.map((sentinel) => sentinel.ask('SET', PRIMARY_NAME, 'quorum', String(quorum))),
    );
  }

  /** The number of connections to a sentinel so far. */
  async connectionsToSentinels(): Promise<number> {
    const stats = await Promise.all(this.#sentinels.map((sentinel) => sentinel.call('INFO', 'stats')));
    return stats
      .map((text) => Number(/total_connections_received:(\d+)/.exec(String(text))?.[1]))
      .reduce((sum, count) => sum + count, 0);
  }

  /** Waits until every sentinel names the former replica as primary, and that one agrees. */
  async untilFailedOver(): Promise<void> {
    const promoted = this.replica;
    await vi.waitFor(async () => {
      const info = String(await promoted.call('INFO', 'replication'));
      if (!info.includes('role:master')) throw new Error('not promoted yet');
      for (const sentinel of this.#sentinels) {
        const [, port] = (await sentinel.ask('GET-MASTER-ADDR-BY-NAME', PRIMARY_NAME)) as string[];
        if (Number(port) !== promoted.port) throw new Error('a sentinel does not know yet');
      }
    }, UNTIL);
    this.#primary = 1 - this.#primary;
  }

  /** Waits until the replica follows the primary. */
  async untilInStep(): Promise<void> {
    await vi.waitFor(async () => {
      const info = String(await this.replica.call('INFO', 'replication'));
      if (!/role:slave/.test(info) || !/master_link_status:up/.test(info)) throw new Error('not in step yet');
      if (!info.includes(`master_port:${this.primary.port}`)) throw new Error('follows another');
    }, UNTIL);
  }

  /** Waits until one client with this name listens to every sentinel. */
  async untilHeard(name: string): Promise<void> {
    await vi.waitFor(async () => {
      for (const sentinel of this.#sentinels) {
        const clients = String(await sentinel.call('CLIENT', 'LIST')).split('\n');
        const named = clients.filter((client) => client.includes(`name=${name} `));
        expect(named).toEqual([expect.stringContaining('sub=1')]);
      }
    }, UNTIL);
  }

  async stopSentinels(): Promise<void> {
    await Promise.all(this.#sentinels.map((sentinel) => sentinel.stop()));
  }

  async startSentinels(): Promise<void> {
    await Promise.all(this.#sentinels.map((sentinel) => sentinel.start()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#sentinels, ...this.#servers].map((each) => each[Symbol.asyncDispose]()));
  }

  async #startAllSentinels(): Promise<void> {
    const { tls, sentinelPassword } = this.#options;
    const secure = tls !== undefined;
    const identities: SentinelIdentity[] = [];
    for (let index = 0; index < 3; index += 1) identities.push(await createSentinelIdentity(secure));
    for (const identity of identities) {
      const sentinel = await startSentinelProcess(this.primary.port ?? 0, {
        identity,
        peers: identities.filter((other) => other !== identity),
        replicaPort: this.replica.port ?? 0,
        quorum: 2,
        ...(tls === undefined ? {} : { tls }),
        ...(sentinelPassword === undefined ? {} : { password: sentinelPassword }),
      });
      this.#sentinels.push(sentinel);
    }
  }

  #server(index: number): RedisServer {
    const server = this.#servers[index];
    if (server === undefined) throw new Error('no server runs');
    return server;
  }
}
