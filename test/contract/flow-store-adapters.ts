import { randomUUID } from 'node:crypto';
import { vi } from 'vitest';
import type { StoreConfig } from '../../src/config/config.ts';
import { createFlowStore, type FlowStoreOptions } from '../../src/flow/create-flow-store.ts';
import type { FlowStore } from '../../src/flow/flow-store.ts';
import { MemoryFlowStore } from '../../src/flow/flow-store-memory.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';

/** A store under test, empty, with a hand on its time. */
export type StoreUnderTest = AsyncDisposable & {
  readonly store: FlowStore;
  /** Lets time pass. */
  advance(milliseconds: number): Promise<void>;
};

/** A kind of store. `open` makes an empty one; disposing of the adapter ends what all of them share. */
export type Adapter = AsyncDisposable & { open(): Promise<StoreUnderTest> };

export async function startMemoryAdapter(): Promise<Adapter> {
  return {
    async open() {
      let now = 0;
      const store = new MemoryFlowStore({ now: () => now });
      return {
        store,
        async advance(milliseconds) {
          now += milliseconds;
        },
        [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
      };
    },
    async [Symbol.asyncDispose]() {},
  };
}

export async function startRedisAdapter(): Promise<Adapter> {
  const server = await startRedis();
  return {
    async open() {
      const prefix = `test-${randomUUID()}:`;
      const store = await openRedisStore(server, { prefix });
      return {
        store,
        advance: (milliseconds) => age(server, prefix, milliseconds),
        [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
      };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A store on a real Redis, connected. */
export async function openRedisStore(
  server: RedisServer,
  config: Partial<Extract<StoreConfig, { kind: 'redis' }>> = {},
  options: FlowStoreOptions = {},
): Promise<FlowStore> {
  const store = createFlowStore(redisConfig(server, config), options);
  await untilReachable(store);
  return store;
}

export function redisConfig(
  server: RedisServer,
  config: Partial<Extract<StoreConfig, { kind: 'redis' }>> = {},
): StoreConfig {
  return {
    kind: 'redis',
    url: server.url,
    username: undefined,
    password: undefined,
    tls: undefined,
    prefix: 'pkce-gateway:',
    timeout: 500,
    ...config,
  };
}

export async function untilReachable(store: FlowStore): Promise<void> {
  await vi.waitFor(() => store.ping(), { timeout: 10_000, interval: 10 });
}

/** Redis keeps its own time: instead of waiting for it, every key is made older. */
async function age(server: RedisServer, prefix: string, milliseconds: number): Promise<void> {
  for (const { key, ttl } of await server.dumpAll()) {
    if (key.startsWith(prefix)) await server.call('PEXPIRE', key, String(ttl - milliseconds));
  }
}
