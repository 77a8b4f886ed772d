import type { ActivityStore } from '../activity/activity-store.ts';
import type { ClientActivity } from '../activity/client-activity.ts';
import { PastDays } from '../activity/history.ts';
import { type ActivityReport, NO_ACTIVITY, readActivity } from '../activity/read-activity.ts';
import { loadRefusals, type Refusal } from '../activity/refusal.ts';
import type { ReportedIssuer } from '../activity/reported-issuer.ts';

/** Milliseconds for which a reading is reused: several pages that refresh themselves must not multiply the load. */
const GOOD_FOR = 1_000;

export type ActivityReading = { readonly report: ActivityReport; readonly at: number };

type Sources = {
  readonly store: Pick<ActivityStore, 'loadActivity'>;
  /** Whether the store of the flows does (`FlowStore.keepsRecords`). */
  readonly keepsRecords: boolean;
  /** Those of the configuration in force. */
  readonly issuers: () => readonly ReportedIssuer[];
  /** Adds the counts of this process to the store, if it is reachable. */
  readonly flush: () => Promise<void>;
};

/** Reads the activity of clients for operators: one reading at a time. */
export class ActivityReader {
  readonly #sources: Sources;
  #past = new PastDays();
  #last: ActivityReading | undefined;
  #reading: Promise<ActivityReading> | undefined;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** The last successful reading. */
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

  /** The last violations of every client, by issuer, newest first. Throws a `StoreFault`. */
  async refusals(): Promise<Refusal[]> {
    const { issuers, store } = this.#sources;
    const all: Refusal[] = [];
    for (const { name } of issuers()) all.push(...(await loadRefusals(store, name)));
    return all;
  }

  /** The clients of the configuration, for use while there is no reading. */
  async withoutStore(now: number): Promise<readonly ClientActivity[]> {
    return (await readActivity(NO_ACTIVITY, this.#sources.issuers(), now)).clients;
  }

  /** Discards a reading that was made under a previous configuration. */
  forget(): void {
    this.#last = undefined;
    this.#past = new PastDays();
  }

  async #read(): Promise<ActivityReading> {
    const { issuers, flush, store, keepsRecords } = this.#sources;
    await flush().catch(() => {});
    const at = Date.now();
    const report = await readActivity(store, issuers(), at, { past: this.#past, keepsRecords });
    this.#last = { report, at };
    return this.#last;
  }
}
