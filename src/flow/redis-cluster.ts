import type { Address } from '../config/config.ts';
import { StoreFault } from './flow-store.ts';
import type { OnStateChange, RedisConnection, SendCommand } from './redis-connection.ts';
import { RedisRedirection } from './redis-fault.ts';
import { type RedisAccess, RedisLink } from './redis-link.ts';
import { queryErrorCode, queryRedis, RedisQueryError } from './redis-query.ts';
import { retryDelay } from './redis-retry.ts';
import { nodeKey, parseSlots, type SlotMap, slotOf } from './redis-slots.ts';
import { StateReport } from './redis-state.ts';

const MAX_REDIRECTIONS = 5;
/** Nodes that are asked at once who has which slot: enough for one of them to be there, few enough for large clusters. */
const ASKED_AT_ONCE = 5;

type Node = { readonly link: RedisLink; state: 'new' | 'ready' | 'unreachable'; detail: string | undefined };

/**
 * A link to each primary of a cluster. ioredis has a cluster of its own, but that one queues commands for a node that is
 * not connected yet, without a bound, and runs them after their callers have given up.
 */
export class RedisCluster implements RedisConnection {
  readonly #seeds: readonly Address[];
  readonly #access: RedisAccess;
  readonly #state: StateReport;
  readonly #nodes = new Map<string, Node>();
  #known: readonly Address[];
  #owners: (Address | undefined)[] | undefined;
  #discovery: Promise<void> | undefined;
  #discoveryFailure: string | undefined;
  #attempts = 0;
  #nextDiscovery: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(seeds: readonly Address[], access: RedisAccess, onStateChange: OnStateChange) {
    this.#seeds = seeds;
    this.#known = seeds;
    this.#access = access;
    this.#state = new StateReport(onStateChange);
    this.#discover();
  }

  async run<Reply>(key: string, send: SendCommand<Reply>): Promise<Reply> {
    const deadline = performance.now() + this.#access.timeout;
    const slot = slotOf(key);
    let server = this.#owners?.[slot];
    let command = send;
    for (let redirections = 0; redirections <= MAX_REDIRECTIONS; redirections += 1) {
      if (server === undefined || this.#disposed) throw this.#notServed();
      try {
        return await this.#nodeAt(server).link.run(key, command, deadline - performance.now());
      } catch (fault) {
        if (!(fault instanceof RedisRedirection)) throw this.#learnFrom(fault);
        // Nothing was run: it may be sent again.
        const { kind, target } = fault;
        server = { host: target.host || server.host, port: target.port };
        if (kind === 'moved') this.#moved(slot, server);
        command = kind === 'ask' ? afterAsking(send) : send;
      }
    }
    throw new StoreFault('store_unreachable', 'the nodes of the Redis cluster name each other');
  }

  /** One primary that says that the cluster is up will do: with one node lost, most logins may still go on. */
  async ping(): Promise<void> {
    const primaries = [...this.#nodes.values()].map(({ link }) =>
      link.run('', async (client) => {
        const info = await client.cluster('INFO');
        if (!String(info).includes('cluster_state:ok')) throw clusterDown();
      }),
    );
    if (primaries.length === 0) throw this.#notServed();
    await Promise.any(primaries).catch((error: AggregateError) => {
      throw this.#learnFrom(error.errors[0]);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#state.close();
    clearTimeout(this.#nextDiscovery);
    const links = [...this.#nodes.values()].map(({ link }) => link[Symbol.asyncDispose]());
    await Promise.all([...links, this.#discovery]);
  }

  #nodeAt(address: Address): Node {
    const key = nodeKey(address);
    const existing = this.#nodes.get(key);
    if (existing !== undefined) return existing;
    const link = new RedisLink({
      access: this.#access,
      database: 0,
      locate: () => address,
      leaveOn: [],
      primaryOnly: false,
      onStateChange: (state, detail) => {
        if (this.#nodes.get(key) !== node) return;
        Object.assign(node, { state, detail });
        this.#report();
        // Its replica may have taken over.
        if (state === 'unreachable') this.#discoverSoon();
      },
    });
    const node: Node = { link, state: 'new', detail: undefined };
    this.#nodes.set(key, node);
    return node;
  }

  #moved(slot: number, server: Address): void {
    if (this.#owners !== undefined) this.#owners[slot] = server;
    this.#discoverSoon();
  }

  /** A cluster that is down may be whole again with other nodes. */
  #learnFrom(fault: unknown): unknown {
    const isDown = fault instanceof StoreFault && (fault.cause as { code?: unknown })?.code === 'CLUSTERDOWN';
    if (isDown) this.#discoverSoon();
    return fault;
  }

  /** Asks who has which slot; once at a time. */
  #discover(): void {
    if (this.#disposed) return;
    this.#discovery ??= this.#askNodes()
      .then(
        (map) => {
          this.#discoveryFailure = undefined;
          if (!this.#disposed) this.#adopt(map);
        },
        (error) => {
          this.#discoveryFailure = `CLUSTER_${queryErrorCode(error)}`;
        },
      )
      .finally(() => {
        this.#discovery = undefined;
        this.#attempts += 1;
        this.#report();
        const unreachable = [...this.#nodes.values()].some(({ state }) => state === 'unreachable');
        if (unreachable || this.#discoveryFailure !== undefined) this.#discoverSoon();
        else this.#attempts = 1;
      });
  }

  #discoverSoon(): void {
    if (this.#nextDiscovery !== undefined || this.#disposed) return;
    this.#nextDiscovery = setTimeout(() => {
      this.#nextDiscovery = undefined;
      this.#discover();
    }, retryDelay(this.#attempts));
  }

  #askNodes(): Promise<SlotMap> {
    const asked = shuffled(this.#known).slice(0, ASKED_AT_ONCE);
    return Promise.any(
      asked.map(async (node) => {
        const reply: unknown = await queryRedis(node, this.#access, (client) => client.cluster('SLOTS'));
        const map = parseSlots(reply, node);
        if (map === undefined) throw new RedisQueryError('NO_SLOTS');
        return map;
      }),
    );
  }

  #adopt({ owners, primaries, nodes }: SlotMap): void {
    for (const primary of primaries) this.#nodeAt(primary);
    this.#owners = [...owners];
    const all = new Map([...this.#seeds, ...nodes].map((node) => [nodeKey(node), node]));
    this.#known = [...all.values()];
    const kept = new Set(primaries.map(nodeKey));
    for (const [key, { link }] of this.#nodes) {
      if (kept.has(key)) continue;
      this.#nodes.delete(key);
      void link[Symbol.asyncDispose]();
    }
  }

  #report(): void {
    const nodes = [...this.#nodes.values()];
    const lost = nodes.find(({ state }) => state === 'unreachable');
    if (lost !== undefined) this.#state.report('unreachable', lost.detail);
    else if (this.#owners === undefined) {
      if (this.#discoveryFailure !== undefined) this.#state.report('unreachable', this.#discoveryFailure);
    } else if (nodes.every(({ state }) => state === 'ready')) this.#state.report('ready');
  }

  #notServed(): StoreFault {
    const detail = this.#discoveryFailure === undefined ? '' : `: ${this.#discoveryFailure}`;
    return new StoreFault('store_unreachable', `no node of the Redis cluster serves this key${detail}`);
  }
}

/** ASKING holds for the next command of its connection, so both are sent in one tick. */
function afterAsking<Reply>(send: SendCommand<Reply>): SendCommand<Reply> {
  return (client) => {
    client.asking().catch(() => {});
    return send(client);
  };
}

function clusterDown(): StoreFault {
  const cause = Object.assign(new Error('CLUSTERDOWN'), { code: 'CLUSTERDOWN' });
  return new StoreFault('store_unreachable', 'the Redis cluster is down', { cause });
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, rank: Math.random() }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ item }) => item);
}
