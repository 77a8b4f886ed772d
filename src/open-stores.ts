import type { ActivityBatch, ActivityStore } from './activity/activity-store.ts';
import { MemoryActivityStore } from './activity/activity-store-memory.ts';
import { RedisActivityStore } from './activity/activity-store-redis.ts';
import type { StoreConfig } from './config/config.ts';
import type { FlowStore } from './store/flow-store.ts';
import { KeyedFlowStore } from './store/keyed-flow-store.ts';
import { MemoryRecordStore } from './store/record-store-memory.ts';
import { RedisRecordStore } from './store/record-store-redis.ts';
import { RedisConnection } from './store/redis-connection.ts';
import type { OnStateChange } from './store/redis-link.ts';
import { SealedFlowStore } from './store/sealed/sealed-flow-store.ts';

/** Flows and activity, over one connection; disposing of `flows` closes it. */
export type Stores = {
  readonly flows: FlowStore;
  readonly activity: ActivityStore;
  /** Removes what only this process keeps, and returns it for another one. */
  takeActivity(): readonly ActivityBatch[];
  /**
   * Switches to other credentials or keys. Resolves when they are in use; rejects with the first fault, but keeps trying them
   * while it uses the old ones.
   */
  renew(config: StoreConfig): Promise<void>;
};

/**
 * Opens the configured stores. They do not wait for Redis: until it is reachable, every operation is a fault. Throws only for
 * an unusable certificate (a system error).
 */
export function openStores(config: StoreConfig, onStateChange?: OnStateChange): Stores {
  if (config.kind === 'redis') {
    const { prefix } = config.redis;
    const connection = new RedisConnection(config.redis, onStateChange);
    return {
      flows: new KeyedFlowStore(new RedisRecordStore(connection, prefix)),
      activity: new RedisActivityStore(connection, prefix),
      takeActivity: () => [],
      async renew(next) {
        if (next.kind === 'redis') await connection.renew(next.redis);
      },
    };
  }
  const activity = new MemoryActivityStore();
  const inMemory = { activity, takeActivity: () => activity.take() };
  if (config.kind === 'memory')
    return { ...inMemory, flows: new KeyedFlowStore(new MemoryRecordStore()), renew: async () => {} };
  const flows = new SealedFlowStore(config.sealed);
  return {
    ...inMemory,
    flows,
    async renew(next) {
      if (next.kind === 'sealed') flows.renew(next.sealed);
    },
  };
}
