import type { StoreConfig } from '../config/config.ts';
import type { FlowStore } from './flow-store.ts';
import { MemoryFlowStore } from './flow-store-memory.ts';
import { RedisFlowStore } from './flow-store-redis.ts';
import { openRedisConnection } from './open-redis-connection.ts';
import type { OnStateChange } from './redis-connection.ts';

export type FlowStoreOptions = {
  /** Told when Redis is lost and when it is back. The memory store is always there, and tells nothing. */
  readonly onStateChange?: OnStateChange;
};

/**
 * The store that the configuration asks for. It does not wait for Redis: until that is there, every operation is a
 * fault. Throws a `StoreFault` only for a URL, or a system error for a certificate, that cannot be used at all.
 */
export function createFlowStore(config: StoreConfig, options: FlowStoreOptions = {}): FlowStore {
  switch (config.kind) {
    case 'memory':
      return new MemoryFlowStore();
    case 'redis':
      return new RedisFlowStore(openRedisConnection(config, options.onStateChange), config.prefix);
  }
}
