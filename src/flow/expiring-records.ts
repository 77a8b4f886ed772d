type Entry = {
  readonly key: string;
  record: string;
  readonly expiresAt: number;
  next: Entry | undefined;
};

/** The entries of one TTL, linked in the order of their insertion, which is that of their expiry. */
type Lane = { readonly ttl: number; oldest: Entry | undefined; newest: Entry | undefined };

/**
 * Records that expire. Every TTL has a lane of its own, so that whatever has expired, or is the oldest, stands at the
 * head of a lane: nothing is ever searched or sorted, and an entry costs one link. Clients have few TTLs between them.
 * Times are milliseconds of a clock that does not go back.
 */
export class ExpiringRecords {
  readonly #entries = new Map<string, Entry>();
  readonly #lanes = new Map<number, Lane>();
  #count = 0;
  #size = 0;

  /** Entries that are held, the expired ones that were not swept yet among them. */
  get count(): number {
    return this.#count;
  }

  /** Characters of all keys and records. */
  get size(): number {
    return this.#size;
  }

  /** The live record of a key, and how long it has yet to live. */
  get(key: string, now: number): { readonly record: string; readonly remaining: number } | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expiresAt <= now) return undefined;
    return { record: entry.record, remaining: entry.expiresAt - now };
  }

  add(key: string, record: string, now: number, ttl: number): void {
    const entry: Entry = { key, record, expiresAt: now + ttl, next: undefined };
    const lane = this.#lanes.get(ttl);
    if (lane?.newest === undefined) {
      this.#lanes.set(ttl, { ttl, oldest: entry, newest: entry });
    } else {
      lane.newest.next = entry;
      lane.newest = entry;
    }
    this.#entries.set(key, entry);
    this.#count += 1;
    this.#size += key.length + record.length;
  }

  /** Puts another record in the place of a live one, which keeps its TTL. */
  replace(key: string, record: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#size += record.length - entry.record.length;
    entry.record = record;
  }

  /** The live record of a key, which is gone with it. Its entry is swept when its time comes. */
  take(key: string, now: number): string | undefined {
    const found = this.get(key, now);
    this.#entries.delete(key);
    return found?.record;
  }

  /** Forgets what has expired. Every entry is forgotten once, so that a sweep on each insertion costs next to nothing. */
  sweep(now: number): void {
    for (const lane of this.#lanes.values()) {
      while (lane.oldest !== undefined && lane.oldest.expiresAt <= now) this.#dropOldest(lane);
    }
  }

  /** Forgets the entry that was added first; says whether there was one. */
  evictOldest(): boolean {
    let oldest: Lane | undefined;
    let addedAt = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes.values()) {
      if (lane.oldest !== undefined && lane.oldest.expiresAt - lane.ttl < addedAt) {
        oldest = lane;
        addedAt = lane.oldest.expiresAt - lane.ttl;
      }
    }
    if (oldest === undefined) return false;
    this.#dropOldest(oldest);
    return true;
  }

  #dropOldest(lane: Lane): void {
    const entry = lane.oldest;
    if (entry === undefined) return;
    lane.oldest = entry.next;
    if (entry.next === undefined) this.#lanes.delete(lane.ttl);
    // A key may have been added anew since it expired.
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
    this.#count -= 1;
    this.#size -= entry.key.length + entry.record.length;
  }
}
