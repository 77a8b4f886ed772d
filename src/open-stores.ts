import type { StoreConfig } from './config/config.ts';
import type { FlowStore } from './flow/flow-store.ts';
import { MemoryFlowStore } from './flow/flow-store-memory.ts';
import { RedisFlowStore } from './flow/flow-store-redis.ts';
import { openRedisConnection } from './flow/open-redis-connection.ts';
import type { OnStateChange } from './flow/redis-connection.ts';
import type { InventoryStore } from './inventory/inventory-store.ts';
import { MemoryInventoryStore } from './inventory/inventory-store-memory.ts';
import { RedisInventoryStore } from './inventory/inventory-store-redis.ts';

export type StoreOptions = {
  /** Told when Redis is lost and when it is back. The memory store is always there, and tells nothing. */
  readonly onStateChange?: OnStateChange;
};

/** Flows and inventory, over one connection; disposing of `flows` closes it. */
export type Stores = { readonly flows: FlowStore; readonly inventory: InventoryStore };

/**
 * The stores that the configuration asks for. They do not wait for Redis: until that is there, every operation is a
 * fault. Throws a `StoreFault` only for a URL, or a system error for a certificate, that cannot be used at all.
 */
export function openStores(config: StoreConfig, options: StoreOptions = {}): Stores {
  switch (config.kind) {
    case 'memory':
      return { flows: new MemoryFlowStore(), inventory: new MemoryInventoryStore() };
    case 'redis': {
      const connection = openRedisConnection(config, options.onStateChange);
      return {
        flows: new RedisFlowStore(connection, config.prefix),
        inventory: new RedisInventoryStore(connection, config.prefix),
      };
    }
  }
}
