type Entry = {
  readonly key: string;
  record: string;
  readonly expiresAt: number;
  readonly lane: Lane;
  before: Entry | undefined;
  next: Entry | undefined;
};

/** The entries of one TTL, linked in insertion order, which is also their expiry order. */
type Lane = { readonly ttl: number; oldest: Entry | undefined; newest: Entry | undefined };

/** The limits: entries, and characters of keys and records. */
export type Quota = { readonly count: number; readonly size: number };

export type FoundRecord = { readonly record: string; readonly remaining: number };

/**
 * Records that expire, up to a quota: beyond it, the oldest record is dropped. Each TTL has its own lane, so expired and
 * oldest entries are at the head of a lane, and nothing is searched or sorted. All clients together have few TTLs. Times are
 * milliseconds of a monotonic clock.
 */
export class ExpiringRecords {
  readonly #quota: Quota;
  readonly #onExpired: (key: string, record: string, expiredAt: number) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #lanes = new Map<number, Lane>();
  #size = 0;

  constructor(quota: Quota, onExpired: (key: string, record: string, expiredAt: number) => void = () => {}) {
    this.#quota = quota;
    this.#onExpired = onExpired;
  }

  /** The number of entries, including expired ones that were not swept yet. */
  get count(): number {
    return this.#entries.size;
  }

  /** The characters of all keys and records. */
  get size(): number {
    return this.#size;
  }

  /** The live record of a key, and its remaining TTL. */
  get(key: string, now: number): FoundRecord | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expiresAt <= now) return undefined;
    return { record: entry.record, remaining: entry.expiresAt - now };
  }

  /** Adds a record, and drops an earlier one of the key. */
  add(key: string, record: string, now: number, ttl: number): void {
    this.remove(key);
    if (this.#quota.count === 0) return;
    this.#makeRoom(key.length + record.length);
    let lane = this.#lanes.get(ttl);
    if (lane === undefined) {
      lane = { ttl, oldest: undefined, newest: undefined };
      this.#lanes.set(ttl, lane);
    }
    const entry: Entry = {
      key,
      record: flat(record),
      expiresAt: now + ttl,
      lane,
      before: lane.newest,
      next: undefined,
    };
    if (lane.newest === undefined) lane.oldest = entry;
    else lane.newest.next = entry;
    lane.newest = entry;
    this.#entries.set(key, entry);
    this.#size += key.length + record.length;
  }

  /** Replaces a live record, and keeps its TTL. Returns whether there was one. */
  replace(key: string, record: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#size += record.length - entry.record.length;
    entry.record = flat(record);
    return true;
  }

  remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    const { lane, before, next } = entry;
    if (before === undefined) lane.oldest = next;
    else before.next = next;
    if (next === undefined) lane.newest = before;
    else next.before = before;
    if (lane.oldest === undefined) this.#lanes.delete(lane.ttl);
    this.#entries.delete(key);
    this.#size -= key.length + entry.record.length;
  }

  /** Drops expired entries. Each entry is dropped once, so a sweep with every operation is cheap. */
  sweep(now: number): void {
    for (const lane of this.#lanes.values()) {
      while (lane.oldest !== undefined && lane.oldest.expiresAt <= now) {
        const { key, record, expiresAt } = lane.oldest;
        this.remove(key);
        this.#onExpired(key, record, expiresAt);
      }
    }
  }

  #makeRoom(size: number): void {
    while (this.count > 0 && (this.count >= this.#quota.count || this.#size + size > this.#quota.size)) {
      let oldest: Entry | undefined;
      for (const { oldest: first, ttl } of this.#lanes.values()) {
        if (first === undefined) continue;
        if (oldest === undefined || first.expiresAt - ttl < oldest.expiresAt - oldest.lane.ttl)
          oldest = first;
      }
      if (oldest !== undefined) this.remove(oldest.key);
    }
  }
}

/** V8 keeps a concatenation as a tree of its parts, which takes up to three times the memory, until a character is read. */
function flat(text: string): string {
  text.charCodeAt(0);
  return text;
}
