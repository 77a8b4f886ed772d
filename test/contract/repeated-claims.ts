import { setImmediate } from 'node:timers/promises';
import type { Mock } from 'vitest';
import { type FlowStore, StoreFault } from '../../src/flow/flow-store.ts';
import { CHALLENGE } from '../support/sample-flow.ts';
import { CODE } from './store-operations.ts';

/** What many claims of one code came to. */
export type Claims = {
  /** Claims that Redis answered; the others were faults. */
  readonly answered: number;
  readonly outcomes: ReadonlySet<string>;
  /** How many connections they were answered on, each of which is to one primary. */
  readonly histories: number;
  readonly claimedByHistory: ReadonlyMap<number, number>;
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
  const claimedByHistory = new Map<number, number>();
  let answered = 0;
  let happening: Promise<void> | undefined;
  let over = false;
  const begin = () =>
    event().finally(() => {
      over = true;
    });
  /** Between two reports that Redis is there, every answer is that of one primary. */
  const history = () => onStateChange.mock.calls.filter(([state]) => state === 'ready').length;
  const claimOnce = async () => {
    try {
      const { outcome } = await store.claimBinding(code, CHALLENGE);
      answered += 1;
      outcomes.add(outcome);
      histories.add(history());
      if (outcome === 'claimed') claimedByHistory.set(history(), (claimedByHistory.get(history()) ?? 0) + 1);
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
  return { answered, outcomes, histories: histories.size, claimedByHistory };
}
