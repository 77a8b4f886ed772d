import {
  type ActivityBatch,
  type ActivityStore,
  applyChange,
  type Changes,
  RECORD_TTL,
} from './activity-store.ts';

export class MemoryActivityStore implements ActivityStore {
  readonly #records = new Map<string, { readonly fields: Map<string, number | string>; expiresAt: number }>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async addActivity(record: string, changes: Changes): Promise<void> {
    const now = this.#now();
    for (const [name, { expiresAt }] of this.#records) if (expiresAt <= now) this.#records.delete(name);
    const fields = this.#records.get(record)?.fields ?? new Map<string, number | string>();
    for (const [field, change] of changes) fields.set(field, applyChange(fields.get(field), change));
    this.#records.set(record, { fields, expiresAt: now + RECORD_TTL });
  }

  async loadActivity(record: string): Promise<ReadonlyMap<string, string>> {
    const kept = this.#records.get(record);
    const fields = kept !== undefined && kept.expiresAt > this.#now() ? [...kept.fields] : [];
    return new Map(fields.map(([field, value]) => [field, String(value)]));
  }

  /** Empties the store: a worker's counts move to the process with the admin listener. */
  take(): ActivityBatch[] {
    const taken = [...this.#records].map(([record, { fields }]) => ({ record, changes: fields }));
    this.#records.clear();
    return taken;
  }
}
