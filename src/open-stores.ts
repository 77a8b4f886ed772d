import type { ActivityStore } from './activity/activity-store.ts';
import { MemoryActivityStore } from './activity/activity-store-memory.ts';
import { RedisActivityStore } from './activity/activity-store-redis.ts';
import type { StoreConfig } from './config/config.ts';
import type { FlowStore } from './flow/flow-store.ts';
import { MemoryFlowStore } from './flow/flow-store-memory.ts';
import { RedisFlowStore } from './flow/flow-store-redis.ts';
import { openRedisConnection } from './flow/open-redis-connection.ts';
import type { OnStateChange } from './flow/redis-connection.ts';

export type StoreOptions = {
  /** Told when Redis is lost and when it is back. The memory store is always there, and tells nothing. */
  readonly onStateChange?: OnStateChange;
};

/** Flows and activity, over one connection; disposing of `flows` closes it. */
export type Stores = { readonly flows: FlowStore; readonly activity: ActivityStore };

/**
 * The stores that the configuration asks for. They do not wait for Redis: until that is there, every operation is a
 * fault. Throws a `StoreFault` only for a URL, or a system error for a certificate, that cannot be used at all.
 */
export function openStores(config: StoreConfig, options: StoreOptions = {}): Stores {
  switch (config.kind) {
    case 'memory':
      return { flows: new MemoryFlowStore(), activity: new MemoryActivityStore() };
    case 'redis': {
      const connection = openRedisConnection(config, options.onStateChange);
      const call = (key: string, command: string, ...args: readonly (string | number)[]) =>
        connection.run(key, (redis) => redis.call(command, ...args));
      return {
        flows: new RedisFlowStore(connection, config.prefix),
        activity: new RedisActivityStore({ call }, config.prefix),
      };
    }
  }
}
