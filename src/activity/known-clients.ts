import type { Counted } from './counted.ts';

/** The most client ids without an entry that are counted under their own name, per issuer. */
export const UNLISTED_LIMIT = 1_000;
/** The most client ids whose counts under `_unlisted` are remembered until they receive a code. */
const PENDING_LIMIT = 1_000;

/** The counts of one client_id under `_unlisted` on one day. */
export type PendingCounts = { readonly day: number; readonly counts: Map<Counted, number> };

/**
 * The client ids without an entry that are counted under their own name. Anybody can send any id, so an id counts as a
 * client only after the upstream has issued a code for it.
 */
export class KnownClients {
  #learned: ReadonlySet<string> = new Set();
  #proven = new Set<string>();
  readonly #pending = new Map<string, PendingCounts>();

  has(clientId: string): boolean {
    return this.#learned.has(clientId) || this.#proven.has(clientId);
  }

  /** Records what was counted under `_unlisted` for a client_id. */
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

  /** The upstream has issued a code for a client_id: it is known from now on. Returns its counts so far. */
  prove(clientId: string): PendingCounts | undefined {
    if (this.has(clientId) || this.#learned.size + this.#proven.size >= UNLISTED_LIMIT) return undefined;
    this.#proven.add(clientId);
    const pending = this.#pending.get(clientId);
    this.#pending.delete(clientId);
    return pending;
  }

  /** Adds the ids that the store has from earlier days and other replicas. */
  learn(clientIds: Iterable<string>): void {
    this.#learned = new Set(clientIds);
    this.#proven = this.#proven.difference(this.#learned);
    // Too many in total: ids that are still in use are learned again with their next code.
    if (this.#learned.size + this.#proven.size > UNLISTED_LIMIT) this.#proven = new Set();
  }
}
