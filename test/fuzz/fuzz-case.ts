import { type Written, writeDraft } from './draft.ts';
import { type Loot, pickBeginning } from './drafts.ts';
import { mutate, pickMutations } from './mutations.ts';
import { Random } from './random.ts';

/** One generated request. */
export type FuzzCase = {
  readonly id: string;
  /** The name of its draft. */
  readonly beginning: string;
  readonly method: string;
  /** Its mutations, in order. */
  readonly mutations: readonly string[];
  readonly written: Written;
  /** Whether it contains the victim's own verifier, and may redeem the code. */
  readonly honest: boolean;
  readonly loot: Loot;
};

/**
 * The request of a seed and a number: deterministic except for the loot. `without`: indices of mutations to omit, which
 * does not affect the others.
 */
export function makeCase(
  seed: string,
  index: number,
  loot: Loot,
  host: string,
  without: ReadonlySet<number> = new Set(),
): FuzzCase {
  const random = new Random(`${seed}/${index}`);
  const { name, draft, honest = false } = pickBeginning(random, loot);
  const mutations: string[] = [];
  for (const [place, mutation] of pickMutations(random).entries()) {
    if (without.has(place)) continue;
    mutate(draft, mutation, new Random(`${seed}/${index}/${place}`));
    mutations.push(mutation);
  }
  const id = `${index}`;
  const written = writeDraft(draft, host, id);
  return { id, beginning: name, method: draft.method, mutations, written, honest, loot };
}
