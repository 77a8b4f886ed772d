import type { Counted } from './counted.ts';

/** Client ids without an entry that are counted under their own name, for each issuer. */
export const UNLISTED_LIMIT = 1_000;
/** Client ids whose counts under `_unlisted` are remembered until they get a code. */
const PENDING_LIMIT = 1_000;

/** What has been counted under `_unlisted` on one day for one client_id. */
export type PendingCounts = { readonly day: number; readonly counts: Map<Counted, number> };

/**
 * Which client ids without an entry are counted under their own name. Anybody can send any id, so only one for which the
 * upstream has issued a code is a client of it.
 */
export class KnownClients {
  #learned: ReadonlySet<string> = new Set();
  #proven = new Set<string>();
  readonly #pending = new Map<string, PendingCounts>();

  has(clientId: string): boolean {
    return this.#learned.has(clientId) || this.#proven.has(clientId);
  }

  /** Notes what was counted under `_unlisted` for a client_id. */
  suspend(clientId: string, day: number, what: Counted): void {
    let pending = this.#pending.get(clientId);
    if (pending?.day !== day) {
      pending = { day, counts: new Map() };
      this.#pending.delete(clientId);
      this.#pending.set(clientId, pending);
      const [oldest] = this.#pending.keys();
      if (this.#pending.size > PENDING_LIMIT && oldest !== undefined) this.#pending.delete(oldest);
    }
    pending.counts.set(what, (pending.counts.get(what) ?? 0) + 1);
  }

  /** The upstream has issued a code for a client_id: from now on it is known. Tells what was counted for it until now. */
  prove(clientId: string): PendingCounts | undefined {
    if (this.has(clientId) || this.#learned.size + this.#proven.size >= UNLISTED_LIMIT) return undefined;
    this.#proven.add(clientId);
    const pending = this.#pending.get(clientId);
    this.#pending.delete(clientId);
    return pending;
  }

  /** Takes over those that the store has from earlier days and other replicas. */
  learn(clientIds: Iterable<string>): void {
    this.#learned = new Set(clientIds);
    this.#proven = this.#proven.difference(this.#learned);
    // Too many of them together: those that are seen again can be proven again.
    if (this.#learned.size + this.#proven.size > UNLISTED_LIMIT) this.#proven = new Set();
  }
}
