import type { StoreConfig } from '../config/config.ts';
import type { FlowStore } from './flow-store.ts';
import { KeyedFlowStore } from './keyed-flow-store.ts';
import { MemoryRecordStore } from './record-store-memory.ts';
import { RedisRecordStore } from './record-store-redis.ts';
import { RedisConnection } from './redis-connection.ts';
import type { OnStateChange } from './redis-link.ts';
import { SealedFlowStore } from './sealed/sealed-flow-store.ts';

export type OpenedFlowStore = {
  /** Disposal closes the connection. */
  readonly flows: FlowStore;
  /** The connection for other data in Redis; `undefined` without Redis. */
  readonly connection: RedisConnection | undefined;
  /**
   * Switches to other credentials or keys. Resolves when they are in use; rejects with the first fault, but keeps trying them
   * while it uses the old ones.
   */
  renew(config: StoreConfig): Promise<void>;
};

/**
 * Opens the configured store. It does not wait for Redis: until Redis is reachable, every operation is a fault. Throws only for
 * an unusable certificate (a system error).
 */
export function openFlowStore(config: StoreConfig, onStateChange?: OnStateChange): OpenedFlowStore {
  switch (config.kind) {
    case 'memory':
      return {
        flows: new KeyedFlowStore(new MemoryRecordStore()),
        connection: undefined,
        renew: async () => {},
      };
    case 'redis': {
      const connection = new RedisConnection(config.redis, onStateChange);
      return {
        flows: new KeyedFlowStore(new RedisRecordStore(connection, config.redis.prefix)),
        connection,
        async renew(next) {
          if (next.kind === 'redis') await connection.renew(next.redis);
        },
      };
    }
    case 'sealed': {
      const flows = new SealedFlowStore(config.sealed);
      return {
        flows,
        connection: undefined,
        async renew(next) {
          if (next.kind === 'sealed') flows.renew(next.sealed);
        },
      };
    }
  }
}
