import { type ObserveOperation, observeOperation } from '../flow/observe-operation.ts';
import type { ClientCounts } from './client-counts.ts';
import type { CountsBatch, InventoryStore } from './inventory-store.ts';

type Observe = ObserveOperation<keyof InventoryStore>;

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

  #observed<T>(operation: keyof InventoryStore, pending: Promise<T>): Promise<T> {
    return observeOperation(this.#observe, operation, pending);
  }
}
