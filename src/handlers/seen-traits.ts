import { type FlowStore, StoreFault, type Trait } from '../store/flow-store.ts';

/** Milliseconds for which one that was not seen is not looked up again. */
const RECHECK = 60_000;
/** Milliseconds for which the store remembers one. */
const MEMORY = 30 * 24 * 3_600_000;
/** Clients that are remembered here; beyond it, all are looked up anew. */
const LIMIT = 10_000;

type Known = { readonly seen: boolean; readonly until: number };

/** What clients and servers have shown of themselves, as this process knows it and the store remembers it for all. */
export class SeenTraits {
  readonly #store: FlowStore;
  readonly #known = new Map<string, Known>();

  constructor(store: FlowStore) {
    this.#store = store;
  }

  /** While the store cannot be reached, what this process knows. */
  isSeen(trait: Trait, upstream: string, clientId: string): boolean | Promise<boolean> {
    const known = this.#known.get(keyOf(trait, upstream, clientId));
    if (known !== undefined && known.until > Date.now()) return known.seen;
    return this.#lookUp(trait, upstream, clientId, known?.seen ?? false);
  }

  /** Whether that is news. */
  note(trait: Trait, upstream: string, clientId: string): boolean {
    const news = this.#known.get(keyOf(trait, upstream, clientId))?.seen !== true;
    this.#remember(trait, upstream, clientId, true);
    if (news) this.#store.saveTrait(upstream, clientId, trait, MEMORY).catch(ignoreFault);
    return news;
  }

  async #lookUp(trait: Trait, upstream: string, clientId: string, otherwise: boolean): Promise<boolean> {
    try {
      const seen = await this.#store.hasTrait(upstream, clientId, trait);
      this.#remember(trait, upstream, clientId, seen);
      return seen;
    } catch (error) {
      ignoreFault(error);
      return otherwise;
    }
  }

  #remember(trait: Trait, upstream: string, clientId: string, seen: boolean): void {
    if (this.#known.size >= LIMIT) this.#known.clear();
    this.#known.set(keyOf(trait, upstream, clientId), { seen, until: Date.now() + RECHECK });
  }
}

/** The store has counted and logged it. */
function ignoreFault(error: unknown): void {
  if (!(error instanceof StoreFault)) throw error;
}

function keyOf(trait: Trait, upstream: string, clientId: string): string {
  return `${trait} ${upstream} ${clientId}`;
}
