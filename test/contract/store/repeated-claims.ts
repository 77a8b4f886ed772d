import { setImmediate } from 'node:timers/promises';
import type { Mock } from 'vitest';
import { type FlowStore, StoreFault } from '../../../src/store/flow-store.ts';
import { CODE, claim } from './store-operations.ts';

/** The results of many claims of one code. */
export type Claims = {
  /** Claims with a reply; the others were faults. */
  readonly answered: number;
  readonly outcomes: ReadonlySet<string>;
  /** Granted claims, and the number of connections (one per primary). */
  readonly claimed: number;
  readonly histories: number;
};

const AT_ONCE = 10;
const ENOUGH = 200;

/**
 * Claims a code repeatedly, until the event is over and enough claims were answered. The event begins with the claims, or
 * after some replies.
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
    // If every claim faults at once, other work must still get its turn.
    await setImmediate();
  }
  await happening;
  return { answered, outcomes, claimed, histories: histories.size };
}
