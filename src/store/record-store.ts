import type { Claim, ClaimRequest } from './flow-store.ts';

export type ClaimOutcome = Claim['outcome'];

/**
 * Where the records of a keyed store are: in memory or in Redis. Keys and records are texts of ASCII; a key begins with
 * `flow:`, `code:`, `par:` or `stats:`. Each operation touches one key, is atomic, and may be sent twice. Each throws a `StoreFault`
 * where the store cannot answer. Times are milliseconds.
 */
export interface RecordStore extends AsyncDisposable {
  /** Saves a record under a fresh key. Where the key has one all the same, that one stays. */
  save(key: string, record: string, ttl: number): Promise<void>;
  /**
   * Saves a record where the key has none; resolves to the record that it has. `replaceable`: a record that begins with this
   * text is written over.
   */
  saveUnlessHeld(key: string, record: string, ttl: number, replaceable?: string): Promise<string | undefined>;
  load(key: string): Promise<string | undefined>;
  remove(key: string): Promise<void>;
  /** Claims the code of a key as `FlowStore.claimCode` says. The record is the one before the claim; empty where there is none. */
  claim(
    key: string,
    claim: ClaimRequest,
  ): Promise<{ readonly outcome: ClaimOutcome; readonly record: string }>;
  release(key: string, claimId: string): Promise<void>;
  ping(): Promise<void>;
}
