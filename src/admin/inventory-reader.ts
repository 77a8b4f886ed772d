import { type InventoryReport, type ReportedIssuer, readInventory } from '../inventory/inventory-report.ts';
import type { CountsSource } from '../inventory/inventory-store.ts';
import { PastDays } from '../inventory/past-days.ts';

/** Milliseconds for which a reading answers everybody: pages that refresh themselves must not add up. */
const GOOD_FOR = 1_000;

export type InventoryReading = { readonly report: InventoryReport; readonly at: number };

type Sources = {
  readonly store: CountsSource;
  /** The issuers of the configuration in force. */
  readonly issuers: () => readonly ReportedIssuer[];
  /** Adds what this process has counted to the store, as far as that is there. */
  readonly flush: () => Promise<void>;
};

/** Reads the inventory for whoever asks: once at a time. */
export class InventoryReader {
  readonly #sources: Sources;
  readonly #store: PastDays;
  #last: InventoryReading | undefined;
  #reading: Promise<InventoryReading> | undefined;

  constructor(sources: Sources) {
    this.#sources = sources;
    this.#store = new PastDays(sources.store);
  }

  /** The last reading that worked. */
  get last(): InventoryReading | undefined {
    return this.#last;
  }

  /** Throws a `StoreFault`. */
  async read(): Promise<InventoryReading> {
    if (this.#last !== undefined && Date.now() - this.#last.at < GOOD_FOR) return this.#last;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** A reading of another configuration says nothing of this one. */
  forget(): void {
    this.#last = undefined;
  }

  async #read(): Promise<InventoryReading> {
    const { issuers, flush } = this.#sources;
    await flush().catch(() => {});
    const at = Date.now();
    const report = await readInventory(this.#store, issuers(), at);
    this.#last = { report, at };
    return this.#last;
  }
}
