import { type ClientCounts, type Counted, count, mergeCounts, newClientCounts } from './client-counts.ts';
import type { CountsBatch, CountsEntry } from './inventory-store.ts';

/** Records of one client and day that may wait for the store: some 20 MB. */
export const UNSENT_LIMIT = 50_000;
/** Entries of one batch: few enough for the store to add them in about a millisecond. */
const BATCH_SIZE = 100;

/** Where something counts. */
export type Place = {
  readonly issuer: string;
  readonly day: number;
  readonly name: string;
  readonly unlisted?: boolean;
  readonly fresh?: boolean;
};

type Entry = CountsEntry & { fresh: boolean };
type Entries = Map<string, Entry>;

/** Counts on their way to the store. */
export class UnsentCounts {
  readonly #writer: string;
  #sequence = 0;
  /** By issuer, then by day. */
  #open = new Map<string, Map<number, Entries>>();
  #openSize = 0;
  /** Closed, in their order: what was sent once is sent as it was, until the store has said that it has it. */
  #batches: CountsBatch[] = [];
  #batchedSize = 0;
  #dropped = 0;

  /** `writer`: no other process has the same. */
  constructor(writer: string) {
    this.#writer = writer;
  }

  /** Records of one client and day. */
  get size(): number {
    return this.#openSize + this.#batchedSize;
  }

  count(place: Place, what: Counted, now: number): void {
    const counts = this.#at(place, now);
    if (counts !== undefined) count(counts, what, now);
  }

  /** Counts that stand under another name so far go over to this one. */
  move(to: Place, counts: ClientCounts, from: string): void {
    const taken = this.#at({ issuer: to.issuer, day: to.day, name: from }, counts.lastSeen);
    const given = this.#at(to, counts.firstSeen);
    if (taken === undefined || given === undefined) return;
    mergeCounts(given, counts);
    for (const [what, number] of counts.counts)
      taken.counts.set(what, (taken.counts.get(what) ?? 0) - number);
  }

  /** What is to be sent, one after the other; `sent` tells that one has arrived. */
  *batches(): Generator<CountsBatch> {
    if (this.#batches.length === 0) this.#close();
    yield* [...this.#batches];
    if (this.#openSize > 0 && this.#batches.length === 0) {
      this.#close();
      yield* [...this.#batches];
    }
  }

  sent(batch: CountsBatch): void {
    this.#batches = this.#batches.filter((other) => other !== batch);
    this.#batchedSize -= batch.entries.length;
  }

  /** Records that did not fit since it was asked last. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  #at({ issuer, day, name, unlisted = false, fresh = false }: Place, now: number): ClientCounts | undefined {
    const entries = this.#entriesOf(issuer, day);
    const known = entries.get(name);
    if (known !== undefined) return known.counts;
    if (this.size >= UNSENT_LIMIT) {
      this.#dropped += 1;
      return undefined;
    }
    const counts = newClientCounts(now, unlisted);
    entries.set(name, { name, counts, fresh });
    this.#openSize += 1;
    return counts;
  }

  #entriesOf(issuer: string, day: number): Entries {
    let days = this.#open.get(issuer);
    if (days === undefined) {
      days = new Map();
      this.#open.set(issuer, days);
    }
    let entries = days.get(day);
    if (entries === undefined) {
      entries = new Map();
      days.set(day, entries);
    }
    return entries;
  }

  #close(): void {
    for (const [issuer, days] of this.#open) {
      for (const [day, entries] of days) {
        const all = [...entries.values()];
        for (let start = 0; start < all.length; start += BATCH_SIZE) {
          this.#sequence += 1;
          const part = all.slice(start, start + BATCH_SIZE);
          this.#batches.push({ issuer, day, writer: this.#writer, sequence: this.#sequence, entries: part });
        }
      }
    }
    this.#batchedSize += this.#openSize;
    this.#open = new Map();
    this.#openSize = 0;
  }
}
