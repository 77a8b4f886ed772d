import type { ClientCounts } from './client-counts.ts';

/** Client ids without an entry that one day of one issuer has room for, beside those that were there on earlier days. */
export const FRESH_PER_DAY = 2_000;

/** What one process has counted of one issuer and day since its last batch. */
export type CountsBatch = {
  readonly issuer: string;
  readonly day: number;
  /** The process, and the number of this batch of it: they grow, so that a batch that is sent again is known. */
  readonly writer: string;
  readonly sequence: number;
  readonly entries: readonly CountsEntry[];
};

export type CountsEntry = {
  /** An entry of the configuration as written there, a client_id without one, or one of the names of `names.ts`. */
  readonly name: string;
  readonly counts: ClientCounts;
  /** A client_id that nobody knew yesterday: past `FRESH_PER_DAY` of them, it counts under `_unlisted`. */
  readonly fresh: boolean;
};

/** Where counts are read. */
export type CountsSource = Pick<InventoryStore, 'loadCounts'>;

/** Where counts are kept, for all replicas. Every operation touches one key, and throws a `StoreFault` on failure. */
export interface InventoryStore {
  /** Adds a batch, once: one that was added already changes nothing. Batches of one writer come in their order. */
  addCounts(batch: CountsBatch): Promise<void>;
  /** The counts of one issuer and day, by name. Records that cannot be read are left out. */
  loadCounts(issuer: string, day: number): Promise<ReadonlyMap<string, ClientCounts>>;
}
