import type { ActivityStore } from '../activity/activity-store.ts';
import { PastDays } from '../activity/history.ts';
import { type ActivityReport, type ReportedIssuer, readActivity } from '../activity/read-activity.ts';
import { loadRefusals, type Refusal } from '../activity/refusal.ts';

/** Milliseconds for which a reading answers everybody: pages that refresh themselves must not add up. */
const GOOD_FOR = 1_000;

export type ActivityReading = { readonly report: ActivityReport; readonly at: number };

type Sources = {
  readonly store: Pick<ActivityStore, 'loadActivity'>;
  /** The issuers of the configuration in force. */
  readonly issuers: () => readonly ReportedIssuer[];
  /** Adds what this process has counted to the store, as far as that is reachable. */
  readonly flush: () => Promise<void>;
};

/** Reads for operators what clients did: one reading at a time. */
export class ActivityReader {
  readonly #sources: Sources;
  #past = new PastDays();
  #last: ActivityReading | undefined;
  #reading: Promise<ActivityReading> | undefined;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** The last reading that worked. */
  get last(): ActivityReading | undefined {
    return this.#last;
  }

  /** Throws a `StoreFault`. */
  async read(): Promise<ActivityReading> {
    if (this.#last !== undefined && Date.now() - this.#last.at < GOOD_FOR) return this.#last;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** The last violations of every client, issuer by issuer, the newest first. Throws a `StoreFault`. */
  async refusals(): Promise<Refusal[]> {
    const { issuers, store } = this.#sources;
    const all: Refusal[] = [];
    for (const { name } of issuers()) all.push(...(await loadRefusals(store, name)));
    return all;
  }

  /** A reading under another configuration is no longer right. */
  forget(): void {
    this.#last = undefined;
    this.#past = new PastDays();
  }

  async #read(): Promise<ActivityReading> {
    const { issuers, flush, store } = this.#sources;
    await flush().catch(() => {});
    const at = Date.now();
    const report = await readActivity(store, issuers(), at, this.#past);
    this.#last = { report, at };
    return this.#last;
  }
}
