import type { StoreConfig } from '../config/config.ts';
import type { FlowStore } from './flow-store.ts';
import { KeyedFlowStore } from './keyed-flow-store.ts';
import { MemoryRecordStore } from './record-store-memory.ts';
import { RedisRecordStore } from './record-store-redis.ts';
import { RedisConnection } from './redis-connection.ts';
import type { OnStateChange } from './redis-link.ts';
import { SealedFlowStore } from './sealed/sealed-flow-store.ts';

export type OpenedFlowStore = {
  /** Disposing of it closes the connection. */
  readonly flows: FlowStore;
  /** For whatever else is kept in Redis; `undefined` where there is none. */
  readonly connection: RedisConnection | undefined;
  /**
   * Goes over to other credentials or keys. Resolves when they are in force; rejects with the first fault, after which the
   * store stays as it was and tries them again.
   */
  renew(config: StoreConfig): Promise<void>;
};

/**
 * The store that the configuration asks for. It does not wait for Redis: until that is reachable, every operation is a
 * fault. Throws a `StoreFault` only for a URL, or a system error for a certificate, that cannot be used at all.
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
      const connection = new RedisConnection(config, onStateChange);
      return {
        flows: new KeyedFlowStore(new RedisRecordStore(connection, config.prefix)),
        connection,
        async renew(next) {
          if (next.kind === 'redis') await connection.renew(next);
        },
      };
    }
    case 'sealed': {
      const flows = new SealedFlowStore(config);
      return {
        flows,
        connection: undefined,
        async renew(next) {
          if (next.kind === 'sealed') flows.renew(next);
        },
      };
    }
  }
}
