import { type FlowStore, StoreFault, storeFault, type Trait } from '../store/flow-store.ts';

/** Milliseconds until an unseen trait is looked up again. */
const RECHECK = 60_000;
/** Milliseconds for which the store remembers a trait. */
const MEMORY = 30 * 24 * 3_600_000;
/** The most clients in this process; beyond it, all are looked up again. */
const LIMIT = 10_000;

type Known = { readonly seen: boolean; readonly until: number };

/** Observed traits of clients and servers, cached in this process and kept in the store for all. */
export class SeenTraits {
  readonly #store: FlowStore;
  readonly #known = new Map<string, Known>();

  constructor(store: FlowStore) {
    this.#store = store;
  }

  /** While the store is unreachable, this process's own knowledge decides. */
  isSeen(trait: Trait, upstream: string, clientId: string): boolean | Promise<boolean> {
    const known = this.#known.get(keyOf(trait, upstream, clientId));
    if (known !== undefined && known.until > Date.now()) return known.seen;
    return this.#lookUp(trait, upstream, clientId, known?.seen ?? false);
  }

  /** Returns whether the trait is new. */
  note(trait: Trait, upstream: string, clientId: string): boolean {
    const news = this.#known.get(keyOf(trait, upstream, clientId))?.seen !== true;
    this.#remember(trait, upstream, clientId, true);
    // The store counts and logs a fault.
    if (news) this.#store.saveTrait(upstream, clientId, trait, MEMORY).catch(storeFault);
    return news;
  }

  async #lookUp(trait: Trait, upstream: string, clientId: string, otherwise: boolean): Promise<boolean> {
    const seen = await this.#store.hasTrait(upstream, clientId, trait).catch(storeFault);
    if (seen instanceof StoreFault) return otherwise;
    this.#remember(trait, upstream, clientId, seen);
    return seen;
  }

  #remember(trait: Trait, upstream: string, clientId: string, seen: boolean): void {
    if (this.#known.size >= LIMIT) this.#known.clear();
    this.#known.set(keyOf(trait, upstream, clientId), { seen, until: Date.now() + RECHECK });
  }
}

function keyOf(trait: Trait, upstream: string, clientId: string): string {
  return `${trait} ${upstream} ${clientId}`;
}
