type Entry = {
  readonly key: string;
  record: string;
  readonly expiresAt: number;
  readonly lane: Lane;
  before: Entry | undefined;
  next: Entry | undefined;
};

/** The entries of one TTL, linked in the order of their insertion, which is that of their expiry. */
type Lane = { readonly ttl: number; oldest: Entry | undefined; newest: Entry | undefined };

/** How much may be held: entries, and characters of their keys and records. */
export type Quota = { readonly count: number; readonly size: number };

export type FoundRecord = { readonly record: string; readonly remaining: number };

/**
 * Records that expire, up to a quota: beyond it, the one that was added first makes room. Every TTL has a lane of its own,
 * so that the entries that have expired, and the oldest, stand at the head of a lane: nothing is ever searched or sorted.
 * Clients have few TTLs between them. Times are milliseconds of a clock that does not go back.
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

  /** Entries that are held, the expired ones that were not swept yet among them. */
  get count(): number {
    return this.#entries.size;
  }

  /** Characters of all keys and records. */
  get size(): number {
    return this.#size;
  }

  /** The live record of a key, and how long it has yet to live. */
  get(key: string, now: number): FoundRecord | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expiresAt <= now) return undefined;
    return { record: entry.record, remaining: entry.expiresAt - now };
  }

  /** Adds a record; one that the key has is gone. */
  add(key: string, record: string, now: number, ttl: number): void {
    this.remove(key);
    this.#makeRoom(key.length + record.length);
    let lane = this.#lanes.get(ttl);
    if (lane === undefined) {
      lane = { ttl, oldest: undefined, newest: undefined };
      this.#lanes.set(ttl, lane);
    }
    const entry: Entry = { key, record, expiresAt: now + ttl, lane, before: lane.newest, next: undefined };
    if (lane.newest === undefined) lane.oldest = entry;
    else lane.newest.next = entry;
    lane.newest = entry;
    this.#entries.set(key, entry);
    this.#size += key.length + record.length;
  }

  /** Puts another record in the place of a live one, which keeps its TTL. */
  replace(key: string, record: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#size += record.length - entry.record.length;
    entry.record = record;
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

  /** Forgets what has expired. Every entry is forgotten once, so that a sweep with each operation costs next to nothing. */
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
