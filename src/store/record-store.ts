import type { Claim, ClaimRequest } from './flow-store.ts';

export type ClaimOutcome = Claim['outcome'];

/**
 * Keeps the records of a keyed store, in memory or in Redis. Keys and records are ASCII; a key begins with `flow:`, `code:`,
 * `par:` or `stats:`. Each operation touches one key, is atomic, and may be sent twice. Each throws a `StoreFault` if the store
 * cannot answer. Times are milliseconds.
 */
export interface RecordStore extends AsyncDisposable {
  /** Saves a record under a new key. If the key has a record already, that one stays. */
  save(key: string, record: string, ttl: number): Promise<void>;
  /**
   * Saves a record if the key has none; otherwise resolves to the existing one. `replaceable`: a record that begins with this
   * text is overwritten.
   */
  saveUnlessHeld(key: string, record: string, ttl: number, replaceable?: string): Promise<string | undefined>;
  load(key: string): Promise<string | undefined>;
  remove(key: string): Promise<void>;
  /** Claims the code of a key, as `FlowStore.claimCode` does. The record is the one before the claim; empty if there is none. */
  claim(
    key: string,
    claim: ClaimRequest,
  ): Promise<{ readonly outcome: ClaimOutcome; readonly record: string }>;
  release(key: string, claimId: string): Promise<void>;
  ping(): Promise<void>;
}
