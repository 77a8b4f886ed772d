import { type FlowStore, StoreFault } from '../../store/flow-store.ts';

/** Milliseconds for which a client without one is not looked up again. */
const RECHECK = 60_000;
/** Milliseconds for which the store remembers one. */
const MEMORY = 30 * 24 * 3_600_000;
/** Clients that are remembered here; beyond it, all are looked up anew. */
const LIMIT = 10_000;

type Known = { readonly seen: boolean; readonly until: number };

/**
 * Which clients get id_tokens from the token endpoint that cover the code (`c_hash`). Such a client may compare it with the
 * code that it holds, so that its codes are not wrapped (`wrap_codes: auto`).
 */
export class CodeHashes {
  readonly #store: FlowStore;
  readonly #known = new Map<string, Known>();

  constructor(store: FlowStore) {
    this.#store = store;
  }

  /** While the store cannot be reached, what this process knows. */
  isSeen(upstream: string, clientId: string): boolean | Promise<boolean> {
    const known = this.#known.get(keyOf(upstream, clientId));
    if (known !== undefined && known.until > Date.now()) return known.seen;
    return this.#lookUp(upstream, clientId, known?.seen ?? false);
  }

  /** Whether that is news. */
  note(upstream: string, clientId: string): boolean {
    const news = this.#known.get(keyOf(upstream, clientId))?.seen !== true;
    this.#remember(upstream, clientId, true);
    if (news) this.#store.saveTrait(upstream, clientId, 'c_hash', MEMORY).catch(ignoreFault);
    return news;
  }

  async #lookUp(upstream: string, clientId: string, otherwise: boolean): Promise<boolean> {
    try {
      const seen = await this.#store.hasTrait(upstream, clientId, 'c_hash');
      this.#remember(upstream, clientId, seen);
      return seen;
    } catch (error) {
      ignoreFault(error);
      return otherwise;
    }
  }

  #remember(upstream: string, clientId: string, seen: boolean): void {
    if (this.#known.size >= LIMIT) this.#known.clear();
    this.#known.set(keyOf(upstream, clientId), { seen, until: Date.now() + RECHECK });
  }
}

/** The store has counted and logged it. */
function ignoreFault(error: unknown): void {
  if (!(error instanceof StoreFault)) throw error;
}

function keyOf(upstream: string, clientId: string): string {
  return `${upstream} ${clientId}`;
}
