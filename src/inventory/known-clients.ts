import { type ClientCounts, type Counted, count, newClientCounts } from './client-counts.ts';
import { UNLISTED_LIMIT } from './history.ts';

/** Client ids whose counts under `_unlisted` are remembered, for the case that they turn out to be real. */
const PENDING_LIMIT = 1_000;

/** What has been counted under `_unlisted` on one day on behalf of one client_id. */
export type PendingCounts = { readonly day: number; readonly counts: ClientCounts };

/**
 * Which client ids without an entry may stand in the inventory of one issuer under their own name. Anybody can send any
 * id: only one for which the upstream has issued a code is a client of it.
 */
export class KnownClients {
  #fromStore: ReadonlySet<string> = new Set();
  #proven = new Set<string>();
  readonly #pending = new Map<string, PendingCounts>();

  has(clientId: string): boolean {
    return this.#fromStore.has(clientId) || this.#proven.has(clientId);
  }

  /** Whether nobody knew it before this process did. */
  isFresh(clientId: string): boolean {
    return this.#proven.has(clientId) && !this.#fromStore.has(clientId);
  }

  /** Notes what was counted under `_unlisted` for a client_id. */
  suspend(clientId: string, day: number, what: Counted, now: number): void {
    let pending = this.#pending.get(clientId);
    if (pending?.day !== day) {
      pending = { day, counts: newClientCounts(now, true) };
      this.#pending.delete(clientId);
      this.#pending.set(clientId, pending);
      const [oldest] = this.#pending.keys();
      if (this.#pending.size > PENDING_LIMIT && oldest !== undefined) this.#pending.delete(oldest);
    }
    count(pending.counts, what, now);
  }

  /** The upstream has issued a code for a client_id: from now on it is known. What was counted for it until now, if any. */
  prove(clientId: string): PendingCounts | undefined {
    if (this.has(clientId) || this.#proven.size >= UNLISTED_LIMIT) return undefined;
    this.#proven.add(clientId);
    const pending = this.#pending.get(clientId);
    this.#pending.delete(clientId);
    return pending;
  }

  /** Takes over those that are known from earlier days or from other replicas; whoever is not among them may be proven anew. */
  learn(clientIds: Iterable<string>): void {
    this.#fromStore = new Set(clientIds);
    this.#proven = this.#proven.difference(this.#fromStore);
    if (this.#proven.size >= UNLISTED_LIMIT) this.#proven = new Set();
  }
}
