import { type ActivityBatch, applyChange } from './activity-store.ts';

/** The most fields that wait for the store: about 20 MB. */
export const UNSENT_LIMIT = 100_000;
/** Fields per batch: Redis adds them in about a millisecond. */
const BATCH_SIZE = 500;

/** Changes that wait for the store, added up until they are sent. */
export class UnsentChanges {
  readonly #records = new Map<string, Map<string, number | string>>();
  #size = 0;
  #lost = 0;

  /** Fields. */
  get size(): number {
    return this.#size;
  }

  add(record: string, field: string, change: number | string): void {
    const fields = this.#records.get(record) ?? new Map<string, number | string>();
    const held = fields.get(field);
    if (held === undefined) {
      if (this.#size >= UNSENT_LIMIT) {
        this.#lost += 1;
        return;
      }
      this.#size += 1;
      this.#records.set(record, fields);
    }
    fields.set(field, applyChange(held, change));
  }

  /** Takes a batch; `undefined`: nothing waits. */
  take(): ActivityBatch | undefined {
    for (const [record, fields] of this.#records) {
      const changes = new Map(fields.entries().take(BATCH_SIZE));
      for (const field of changes.keys()) fields.delete(field);
      if (fields.size === 0) this.#records.delete(record);
      this.#size -= changes.size;
      return { record, changes };
    }
    return undefined;
  }

  /** Puts back what could not be sent. A text that was set meanwhile is newer. */
  giveBack({ record, changes }: ActivityBatch): void {
    for (const [field, change] of changes) {
      const isOld = typeof change === 'string' && this.#records.get(record)?.has(field) === true;
      if (!isOld) this.add(record, field, change);
    }
  }

  /** The number of changes that did not fit since the last call. */
  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }
}
