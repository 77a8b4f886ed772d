import {
  type ActivityBatch,
  type ActivityStore,
  applyChange,
  type Changes,
  RECORD_TTL,
} from './activity-store.ts';

type Kept = { readonly fields: Map<string, number | string>; expiresAt: number };

/** Activity in the memory of this process. */
export class MemoryActivityStore implements ActivityStore {
  readonly #records = new Map<string, Kept>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async addActivity(record: string, changes: Changes): Promise<void> {
    const now = this.#now();
    const kept = this.#live(record, now) ?? this.#create(record, now);
    kept.expiresAt = now + RECORD_TTL;
    for (const [field, change] of changes) {
      kept.fields.set(field, applyChange(kept.fields.get(field), change));
    }
  }

  async loadActivity(record: string): Promise<ReadonlyMap<string, string>> {
    const { fields } = this.#live(record, this.#now()) ?? { fields: new Map<string, number | string>() };
    return new Map([...fields].map(([field, value]) => [field, String(value)]));
  }

  /** Empties the store: a worker's counts move to the process with the admin listener. */
  take(): ActivityBatch[] {
    const taken = [...this.#records].map(([record, { fields }]) => ({ record, changes: fields }));
    this.#records.clear();
    return taken;
  }

  #live(record: string, now: number): Kept | undefined {
    const kept = this.#records.get(record);
    return kept !== undefined && kept.expiresAt > now ? kept : undefined;
  }

  #create(record: string, now: number): Kept {
    for (const [old, { expiresAt }] of this.#records) if (expiresAt <= now) this.#records.delete(old);
    const kept: Kept = { fields: new Map(), expiresAt: now };
    this.#records.set(record, kept);
    return kept;
  }
}
