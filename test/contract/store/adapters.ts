import { randomUUID } from 'node:crypto';
import { vi } from 'vitest';
import type { ActivityStore } from '../../../src/activity/activity-store.ts';
import { MemoryActivityStore } from '../../../src/activity/activity-store-memory.ts';
import type { RedisConfig, RedisServers } from '../../../src/config/config.ts';
import { parseRedisUrl, type RedisAddress } from '../../../src/config/schema/redis-url.ts';
import { openStores } from '../../../src/open-stores.ts';
import type { FlowStore } from '../../../src/store/flow-store.ts';
import { KeyedFlowStore } from '../../../src/store/keyed-flow-store.ts';
import { MemoryRecordStore } from '../../../src/store/record-store-memory.ts';
import type { OnStateChange } from '../../../src/store/redis-link.ts';
import { createCertificate } from '../../support/redis-certificate.ts';
import { startRedisCluster } from '../../support/redis-cluster.ts';
import { type RedisBehindSentinels, startRedisSentinel } from '../../support/redis-sentinel.ts';
import { PRIMARY_NAME } from '../../support/redis-sentinel-process.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';

/** An empty store under test, with control of its time. */
export type StoreUnderTest = AsyncDisposable & {
  readonly store: FlowStore;
  /** The activity store on the same connection. */
  readonly activity: ActivityStore;
  /** Lets time pass. */
  advance(milliseconds: number): Promise<void>;
};

/** A kind of store. `open` creates an empty one; disposing of the adapter ends shared resources. */
export type Adapter = AsyncDisposable & { open(): Promise<StoreUnderTest> };

/** The minimal rights of a gateway's Redis user, as in docs/operations/redis.md. */
export const ACL_RULES = [
  '-@all',
  ...['+ping', '+info', '+client|setname', '+quit', '+select'],
  ...['+get', '+set', '+del', '+eval', '+evalsha', '+pttl'],
  ...['+hset', '+hincrby', '+hscan', '+pexpire'],
  ...['+cluster|slots', '+cluster|info', '+asking'],
];

/** The same at a sentinel. */
export const SENTINEL_ACL_RULES = [
  ...['+client|setname', '+sentinel|get-master-addr-by-name'],
  ...['+subscribe', '&+switch-master'],
];

/** All kinds of stores. */
export const ADAPTERS = [
  { kind: 'memory', start: startMemoryAdapter },
  { kind: 'redis', start: startRedisAdapter },
  { kind: 'redis, by mutual TLS as an ACL user', start: startSecuredAdapter },
  { kind: 'redis cluster', start: startClusterAdapter },
  { kind: 'redis behind sentinels', start: startSentinelAdapter },
] as const;

async function startMemoryAdapter(): Promise<Adapter> {
  return {
    async open() {
      let now = 0;
      const store = new KeyedFlowStore(new MemoryRecordStore({ now: () => now }));
      return {
        store,
        activity: new MemoryActivityStore(() => now),
        async advance(milliseconds) {
          now += milliseconds;
        },
        [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
      };
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function startRedisAdapter(): Promise<Adapter> {
  const server = await startRedis();
  return redisAdapter({ url: server.url }, [server], server);
}

async function startSecuredAdapter(): Promise<Adapter> {
  await using stack = new AsyncDisposableStack();
  const certificate = stack.use(await createCertificate('DNS:localhost'));
  const password = 'of the default user';
  const user = ['--user', 'gateway', 'on', '>s3cret', '~test-*', ...ACL_RULES];
  const server = stack.use(
    await startRedis({ tls: certificate.files, args: ['--requirepass', password, ...user], password }),
  );
  const url = `rediss://localhost:${server.port}`;
  const access = { username: 'gateway', password: 's3cret', tls: certificate.tls };
  return redisAdapter({ url }, [server], stack.move(), access);
}

async function startClusterAdapter(): Promise<Adapter> {
  const cluster = await startRedisCluster();
  return redisAdapter({ cluster: cluster.addresses }, cluster.nodes, cluster);
}

async function startSentinelAdapter(): Promise<Adapter> {
  const behind = await startRedisSentinel();
  return redisAdapter(sentinelServers(behind), [behind.primary], behind);
}

/** `keepers`: the servers that have the keys. */
function redisAdapter(
  servers: WrittenServers,
  keepers: readonly RedisServer[],
  shared: AsyncDisposable,
  settings: RedisSettings = {},
): Adapter {
  return {
    async open() {
      const prefix = `test-${randomUUID()}:`;
      const { flows: store, activity } = openStores({
        kind: 'redis',
        // The suite is about replies, and a busy machine takes its time for them.
        redis: redisConfig(servers, { timeout: 10_000, ...settings, prefix }),
      });
      await untilReachable(store);
      return {
        store,
        activity,
        async advance(milliseconds) {
          for (const server of keepers) await age(server, prefix, milliseconds);
        },
        [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
      };
    },
    [Symbol.asyncDispose]: () => shared[Symbol.asyncDispose](),
  };
}

/** The settings of a store in Redis, other than its location. */
export type RedisSettings = Partial<Omit<RedisConfig, 'url' | 'cluster' | 'sentinel'>>;

/** Where Redis is, as a file has it. */
export type WrittenServers = { readonly url: string } | Exclude<RedisServers, { readonly url: RedisAddress }>;

export function redisConfig(servers: WrittenServers, settings: RedisSettings = {}): RedisConfig {
  const parsed = 'url' in servers ? parseRedisUrl(servers.url) : undefined;
  if (parsed !== undefined && 'problem' in parsed) throw new TypeError(parsed.problem);
  return {
    ...(parsed === undefined ? (servers as Exclude<WrittenServers, { url: string }>) : { url: parsed.value }),
    username: undefined,
    password: undefined,
    database: undefined,
    tls: undefined,
    prefix: 'pkce-gateway:',
    timeout: 500,
    ...settings,
  };
}

export function sentinelServers(behind: RedisBehindSentinels, password?: string): WrittenServers {
  return { sentinel: { name: PRIMARY_NAME, nodes: behind.addresses, username: undefined, password } };
}

/** The configured flow store, connected or not. */
export function createStore(config: RedisConfig, onStateChange?: OnStateChange): FlowStore {
  return openStores({ kind: 'redis', redis: config }, onStateChange).flows;
}

/** The same, connected. */
export async function openStore(config: RedisConfig, onStateChange?: OnStateChange): Promise<FlowStore> {
  const store = createStore(config, onStateChange);
  await untilReachable(store);
  return store;
}

/** The same on one server. */
export function openRedisStore(
  { url }: { readonly url: string },
  { url: other = url, ...settings }: RedisSettings & { readonly url?: string } = {},
  onStateChange?: OnStateChange,
): Promise<FlowStore> {
  return openStore(redisConfig({ url: other }, settings), onStateChange);
}

export async function untilReachable(store: Pick<FlowStore, 'ping'>): Promise<void> {
  await vi.waitFor(() => store.ping(), { timeout: 20_000, interval: 10 });
}

/** Redis has its own clock: instead of waiting, this shortens the TTL of every key. */
async function age(server: RedisServer, prefix: string, milliseconds: number): Promise<void> {
  for (const { key, ttl } of await server.dumpAll()) {
    if (key.startsWith(prefix)) await server.call('PEXPIRE', key, String(ttl - milliseconds));
  }
}
