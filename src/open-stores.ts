import type { StoreConfig } from './config/config.ts';
import { openRedisConnection } from './flow/open-redis-connection.ts';
import type { InventoryStore } from './inventory/inventory-store.ts';
import { MemoryInventoryStore } from './inventory/inventory-store-memory.ts';
import { RedisInventoryStore } from './inventory/inventory-store-redis.ts';
import type { FlowStore } from './store/flow-store.ts';
import { openFlowStore } from './store/open-flow-store.ts';
import type { OnStateChange } from './store/redis-link.ts';

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
  const { flows } = openFlowStore(config, options.onStateChange);
  if (config.kind === 'memory') return { flows, inventory: new MemoryInventoryStore() };
  return { flows, inventory: new RedisInventoryStore(openRedisConnection(config, () => {}), config.prefix) };
}
