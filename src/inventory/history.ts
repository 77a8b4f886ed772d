import { setImmediate } from 'node:timers/promises';
import { UNLISTED } from '../policy/client-policy.ts';
import { type ClientCounts, mergeCounts } from './client-counts.ts';
import { periodDays } from './day.ts';
import type { CountsSource } from './inventory-store.ts';

/** Client ids without an entry that the inventory of an issuer shows: those with the most logins. */
export const UNLISTED_LIMIT = 1_000;

/** What one name did on each day of the period, the oldest first; `undefined` where it did nothing. */
export type History = (ClientCounts | undefined)[];

/** Reads the period of one issuer, name by name. Throws a `StoreFault`. */
export async function loadHistories(
  store: CountsSource,
  issuer: string,
  now: number,
): Promise<Map<string, History>> {
  const histories = new Map<string, History>();
  const days = periodDays(now);
  for (const [index, day] of days.entries()) {
    for (const [name, counts] of await store.loadCounts(issuer, day)) {
      let history = histories.get(name);
      if (history === undefined) {
        history = new Array<ClientCounts | undefined>(days.length).fill(undefined);
        histories.set(name, history);
      }
      history[index] = counts;
    }
    // A store in memory would answer all of it in one go, and hold up whoever logs in.
    await setImmediate();
  }
  return histories;
}

/** Puts one history on top of another, day by day. */
export function mergeHistory(into: History, from: History): void {
  for (const [index, counts] of from.entries()) {
    const held = into[index];
    if (counts === undefined) continue;
    if (held === undefined) {
      into[index] = counts;
      continue;
    }
    // Others may read the same records.
    const sum = { ...held, counts: new Map(held.counts) };
    mergeCounts(sum, counts);
    into[index] = sum;
  }
}

/** Of the client ids without an entry, the ones with the most codes, which only the upstream can hand out. */
export function busiestUnlisted(histories: ReadonlyMap<string, History>): string[] {
  const codes = (history: History) => history.reduce((sum, day) => sum + (day?.counts.get('bound') ?? 0), 0);
  return [...histories]
    .filter(([name, history]) => name !== UNLISTED && history.findLast((day) => day)?.unlisted === true)
    .map(([name, history]) => ({ name, codes: codes(history) }))
    .filter(({ codes }) => codes > 0)
    .sort((one, other) => other.codes - one.codes || (one.name < other.name ? -1 : 1))
    .slice(0, UNLISTED_LIMIT)
    .map(({ name }) => name);
}
