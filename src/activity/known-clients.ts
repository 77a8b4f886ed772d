import { RecentMap } from '../recent-map.ts';
import type { Counted, LAST } from './counted.ts';

/** The most client ids without an entry that are counted under their own name, per issuer. */
export const UNLISTED_LIMIT = 1_000;
/** The most client ids whose counts under `_unlisted` are remembered until they receive a code. */
const PENDING_LIMIT = 1_000;

/** What one client_id has under `_unlisted` on one day: counts, and the texts of its last violation. */
export type Pending = {
  readonly day: number;
  readonly changes: Map<Counted | typeof LAST, number | string>;
  refusal?: string;
};

/**
 * The client ids without an entry that are counted under their own name. Anybody can send any id, so an id counts as a
 * client only after the upstream has issued a code for it.
 */
export class KnownClients {
  /** When ids are learned again, in epoch milliseconds. */
  learnAt = 0;
  #learned: ReadonlySet<string> = new Set();
  #proven = new Set<string>();
  readonly #pending = new RecentMap<Pending>(PENDING_LIMIT);

  has(clientId: string): boolean {
    return this.#learned.has(clientId) || this.#proven.has(clientId);
  }

  /** What was recorded under `_unlisted` for a client_id on a day. */
  pendingOf(clientId: string, day: number): Pending {
    let pending = this.#pending.get(clientId);
    if (pending?.day !== day) {
      pending = { day, changes: new Map() };
      this.#pending.set(clientId, pending);
    }
    return pending;
  }

  /** The upstream has issued a code for a client_id: it is known from now on. Returns what was recorded so far. */
  prove(clientId: string): Pending | undefined {
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
