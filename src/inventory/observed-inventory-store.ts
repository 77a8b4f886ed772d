import { StoreFault } from '../flow/flow-store.ts';
import type { ClientCounts } from './client-counts.ts';
import type { CountsBatch, InventoryStore } from './inventory-store.ts';

/** Hears how long each operation took (milliseconds), and how it failed. */
type Observe = (operation: keyof InventoryStore, duration: number, fault: StoreFault | undefined) => void;

/** Any inventory store, with each operation reported. */
export class ObservedInventoryStore implements InventoryStore {
  readonly #store: InventoryStore;
  readonly #observe: Observe;

  constructor(store: InventoryStore, observe: Observe) {
    this.#store = store;
    this.#observe = observe;
  }

  addCounts(batch: CountsBatch): Promise<void> {
    return this.#observed('addCounts', this.#store.addCounts(batch));
  }

  loadCounts(issuer: string, day: number): Promise<ReadonlyMap<string, ClientCounts>> {
    return this.#observed('loadCounts', this.#store.loadCounts(issuer, day));
  }

  async #observed<T>(operation: keyof InventoryStore, pending: Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      const result = await pending;
      this.#observe(operation, performance.now() - startedAt, undefined);
      return result;
    } catch (error) {
      if (error instanceof StoreFault) this.#observe(operation, performance.now() - startedAt, error);
      throw error;
    }
  }
}
