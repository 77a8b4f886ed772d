import type { ActivityBatch, ActivityStore } from './activity/activity-store.ts';
import { MemoryActivityStore } from './activity/activity-store-memory.ts';
import { RedisActivityStore } from './activity/activity-store-redis.ts';
import type { StoreConfig } from './config/config.ts';
import type { FlowStore } from './store/flow-store.ts';
import { openFlowStore } from './store/open-flow-store.ts';
import type { OnStateChange } from './store/redis-link.ts';

export type StoreOptions = {
  /** Called when Redis becomes unreachable or reachable. The memory store is always reachable. */
  readonly onStateChange?: OnStateChange;
};

/** Flows and activity, over one connection; disposing of `flows` closes it. */
export type Stores = {
  readonly flows: FlowStore;
  readonly activity: ActivityStore;
  /** Removes what only this process keeps, and returns it for another one. */
  takeActivity(): readonly ActivityBatch[];
  /** See `OpenedFlowStore`. */
  renew(config: StoreConfig): Promise<void>;
};

/**
 * Opens the configured stores. They do not wait for Redis: until it is reachable, every operation is a fault. Throws only for
 * an unusable certificate (a system error).
 */
export function openStores(config: StoreConfig, options: StoreOptions = {}): Stores {
  const { flows, connection, renew } = openFlowStore(config, options.onStateChange);
  if (connection === undefined || config.kind !== 'redis') {
    const activity = new MemoryActivityStore();
    return { flows, activity, takeActivity: () => activity.take(), renew };
  }
  const call = (_key: string, command: string, ...args: readonly (string | number)[]) =>
    connection.run((redis) => redis.call(command, ...args));
  return {
    flows,
    activity: new RedisActivityStore({ call }, config.redis.prefix),
    takeActivity: () => [],
    renew,
  };
}
