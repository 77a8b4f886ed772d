import { vi } from 'vitest';
import type { Address } from '../../src/config/config.ts';
import { freePort } from './free-port.ts';
import type { CertificateFiles } from './redis-certificate.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

const PRIMARIES = 3;
const SLOTS = 16_384;
const UNTIL = { timeout: 20_000, interval: 20 };

export type RedisClusterOptions = {
  /** One replica for each primary. Default: none. */
  readonly replicas?: boolean;
  readonly tls?: CertificateFiles;
  /** Further arguments of every redis-server. */
  readonly args?: readonly string[];
};

/** Starts a real cluster of three primaries. Resolves once it serves every slot. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisClusterServers> {
  const count = options.replicas ? 2 * PRIMARIES : PRIMARIES;
  const nodes: RedisServer[] = [];
  const cluster = new RedisClusterServers(nodes);
  try {
    const busPorts: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const busPort = await freePort();
      busPorts.push(busPort);
      nodes.push(await startNode(busPort, options));
    }
    await cluster.form(busPorts);
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
  return cluster;
}

function startNode(busPort: number, { tls, args = [] }: RedisClusterOptions): Promise<RedisServer> {
  const membership = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)];
  const failures = ['--cluster-node-timeout', '1000', '--cluster-replica-validity-factor', '0'];
  // A primary does not wait for further replicas before it sends its copy.
  const copies = ['--repl-diskless-sync-delay', '0'];
  return startRedis({
    port: true,
    ...(tls === undefined ? {} : { tls }),
    args: [
      ...membership,
      ...failures,
      ...copies,
      ...(tls === undefined ? [] : ['--tls-cluster', 'yes']),
      ...args,
    ],
  });
}

/** The first three are primaries at first, the fourth is a replica of the first, and so on. */
export class RedisClusterServers implements AsyncDisposable {
  readonly nodes: readonly RedisServer[];

  constructor(nodes: readonly RedisServer[]) {
    this.nodes = nodes;
  }

  get addresses(): readonly Address[] {
    return this.nodes.map(addressOf);
  }

  node(index: number): RedisServer {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`no node ${index}`);
    return node;
  }

  async form(busPorts: readonly number[]): Promise<void> {
    const first = this.node(0);
    for (const [index, node] of this.nodes.entries()) {
      await node.call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
      if (index >= PRIMARIES) continue;
      const begin = Math.floor((index * SLOTS) / PRIMARIES);
      const end = Math.floor(((index + 1) * SLOTS) / PRIMARIES) - 1;
      await node.call('CLUSTER', 'ADDSLOTSRANGE', String(begin), String(end));
    }
    for (const [index, node] of this.nodes.entries()) {
      if (index > 0) {
        await first.call('CLUSTER', 'MEET', '127.0.0.1', String(node.port), String(busPorts[index]));
      }
    }
    await this.untilWhole();
    await Promise.all(
      this.nodes.slice(PRIMARIES).map(async (replica, index) => {
        const primaryId = String(await this.node(index).call('CLUSTER', 'MYID'));
        await replica.call('CLUSTER', 'REPLICATE', primaryId);
        await vi.waitFor(async () => {
          const info = String(await replica.call('INFO', 'replication'));
          if (!info.includes('master_link_status:up')) throw new Error('not in step yet');
        }, UNTIL);
      }),
    );
  }

  /** Waits until every running node knows all nodes and reports that the cluster serves. */
  async untilWhole(): Promise<void> {
    await this.#untilEach('ok');
  }

  /** Waits until every running node reports that the cluster does not serve. */
  async untilDown(): Promise<void> {
    await this.#untilEach('fail');
  }

  /** The index of the node that currently has the key. */
  async ownerOf(key: string): Promise<number> {
    const running = this.nodes.find(({ running }) => running);
    const slot = Number(await running?.call('CLUSTER', 'KEYSLOT', key));
    const ranges = (await running?.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
    const range = ranges.find(([first, last]) => first <= slot && slot <= last);
    return this.nodes.findIndex(({ port }) => port === range?.[2][1]);
  }

  /** The value of a key at a replica. */
  async copyOn(index: number, key: string): Promise<string | null> {
    const client = this.node(index).connect();
    try {
      await client.readonly();
      return await client.get(key);
    } finally {
      client.disconnect();
    }
  }

  /** Ends a node: it loses its data, but keeps its place in the cluster. */
  async stopNode(index: number): Promise<void> {
    await this.node(index).stop();
  }

  async startNode(index: number): Promise<void> {
    await this.node(index).start();
  }

  /** Ends a primary and waits until its replica has taken over. */
  async failover(index: number): Promise<void> {
    const replica = this.node(index + PRIMARIES);
    await this.stopNode(index);
    await vi.waitFor(async () => {
      const info = String(await replica.call('INFO', 'replication'));
      if (!info.includes('role:master')) throw new Error('not promoted yet');
    }, UNTIL);
    await this.untilWhole();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node[Symbol.asyncDispose]()));
  }

  async #untilEach(state: 'ok' | 'fail'): Promise<void> {
    const running = this.nodes.filter(({ running }) => running);
    await vi.waitFor(async () => {
      for (const node of running) {
        const info = String(await node.call('CLUSTER', 'INFO'));
        const knowsAll = info.includes(`cluster_known_nodes:${this.nodes.length}\r`);
        if (!knowsAll || !info.includes(`cluster_state:${state}`)) throw new Error(`not yet:\n${info}`);
      }
    }, UNTIL);
  }
}

function addressOf({ port }: RedisServer): Address {
  return { host: '127.0.0.1', port: port ?? 0 };
}
