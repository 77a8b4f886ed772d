import { setImmediate } from 'node:timers/promises';
import type { Mock } from 'vitest';
import { type FlowStore, StoreFault } from '../../../src/store/flow-store.ts';
import { CODE, claim } from './store-operations.ts';

/** What many claims of one code came to. */
export type Claims = {
  /** Claims that Redis answered; the others were faults. */
  readonly answered: number;
  readonly outcomes: ReadonlySet<string>;
  /** Claims that a caller was given, on how many connections, each of which is to one primary. */
  readonly claimed: number;
  readonly histories: number;
};

const AT_ONCE = 10;
const ENOUGH = 200;

/**
 * Claims a code over and over, until the event is over and enough of the claims have been answered. The event begins
 * with the claims, or once some have been answered.
 */
export async function claimThroughout(
  store: FlowStore,
  onStateChange: Mock,
  event: () => Promise<void>,
  { code = CODE, answeredBefore = 0 } = {},
): Promise<Claims> {
  const outcomes = new Set<string>();
  const histories = new Set<number>();
  let claimed = 0;
  let answered = 0;
  let happening: Promise<void> | undefined;
  let over = false;
  const begin = () =>
    event().finally(() => {
      over = true;
    });
  const claimOnce = async () => {
    try {
      const outcome = await claim(store, code);
      answered += 1;
      outcomes.add(outcome);
      histories.add(onStateChange.mock.calls.filter(([state]) => state === 'ready').length);
      if (outcome === 'claimed') claimed += 1;
    } catch (fault) {
      if (!(fault instanceof StoreFault)) throw fault;
    }
  };
  while (!over || answered < ENOUGH) {
    if (answered >= answeredBefore) happening ??= begin();
    await Promise.all(Array.from({ length: AT_ONCE }, claimOnce));
    // Where every claim is a fault at once, everything else must have its turn all the same.
    await setImmediate();
  }
  await happening;
  return { answered, outcomes, claimed, histories: histories.size };
}
