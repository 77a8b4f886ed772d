import { UNLISTED } from '../policy/client-policy.ts';
import { type ClientCounts, mergeCounts } from './client-counts.ts';
import { decodeCounts, encodeCounts } from './counts-record.ts';
import { PERIOD_DAYS } from './day.ts';
import { type CountsBatch, FRESH_PER_DAY, type InventoryStore } from './inventory-store.ts';

type Day = { readonly records: Map<string, string>; readonly writers: Map<string, number>; fresh: number };

/** Counts in this process, gone with it. They are held encoded: that takes less room, and what is read is a copy. */
export class MemoryInventoryStore implements InventoryStore {
  /** By issuer, then by day. */
  readonly #issuers = new Map<string, Map<number, Day>>();

  async addCounts({ issuer, day, writer, sequence, entries }: CountsBatch): Promise<void> {
    const stored = this.#dayOf(issuer, day);
    if ((stored.writers.get(writer) ?? 0) >= sequence) return;
    stored.writers.set(writer, sequence);
    for (const { name, counts, fresh } of entries) {
      const isNew = fresh && !stored.records.has(name);
      if (isNew) stored.fresh += 1;
      add(stored.records, isNew && stored.fresh > FRESH_PER_DAY ? UNLISTED : name, counts);
    }
  }

  async loadCounts(issuer: string, day: number): Promise<ReadonlyMap<string, ClientCounts>> {
    const records = this.#issuers.get(issuer)?.get(day)?.records ?? [];
    const loaded = new Map<string, ClientCounts>();
    for (const [name, record] of records) {
      const counts = decodeCounts(record);
      if (counts !== undefined) loaded.set(name, counts);
    }
    return loaded;
  }

  #dayOf(issuer: string, day: number): Day {
    const days = this.#issuers.get(issuer) ?? new Map<number, Day>();
    this.#issuers.set(issuer, days);
    const known = days.get(day);
    if (known !== undefined) return known;
    for (const old of days.keys()) if (old <= day - PERIOD_DAYS) days.delete(old);
    const fresh: Day = { records: new Map(), writers: new Map(), fresh: 0 };
    days.set(day, fresh);
    return fresh;
  }
}

function add(records: Map<string, string>, name: string, counts: ClientCounts): void {
  const held = decodeCounts(records.get(name) ?? '');
  if (held === undefined) {
    records.set(name, encodeCounts(counts));
    return;
  }
  mergeCounts(held, counts);
  records.set(name, encodeCounts(held));
}
