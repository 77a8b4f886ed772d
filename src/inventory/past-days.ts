import type { ClientCounts } from './client-counts.ts';
import { dayOf } from './day.ts';
import type { CountsSource } from './inventory-store.ts';

/** Milliseconds for which a day that is over is not read again: only what was held up can still change it. */
const GOOD_FOR = 60_000;

type Kept = { readonly at: number; readonly counts: ReadonlyMap<string, ClientCounts> };

/** Any inventory, read again and again: of the days that are over, what was read lately. */
export class PastDays implements CountsSource {
  readonly #source: CountsSource;
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();

  constructor(source: CountsSource, now: () => number = Date.now) {
    this.#source = source;
    this.#now = now;
  }

  async loadCounts(issuer: string, day: number): Promise<ReadonlyMap<string, ClientCounts>> {
    const now = this.#now();
    for (const [key, { at }] of this.#kept) if (now - at >= GOOD_FOR) this.#kept.delete(key);
    const key = `${day} ${issuer}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept.counts;
    const counts = await this.#source.loadCounts(issuer, day);
    if (day < dayOf(now)) this.#kept.set(key, { at: now, counts });
    return counts;
  }
}
