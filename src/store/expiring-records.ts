type Entry = {
  readonly key: string;
  record: string;
  readonly expiresAt: number;
  readonly lane: Lane;
  before: Entry | undefined;
  next: Entry | undefined;
};

/** The entries of one pool and TTL, linked in insertion order, which is also their expiry order. */
type Lane = {
  readonly pool: Pool;
  readonly ttl: number;
  oldest: Entry | undefined;
  newest: Entry | undefined;
};

/** The limits of a pool: entries, and characters of keys and records. */
export type Quota = { readonly count: number; readonly size: number };

type Pool = { readonly quota: Quota; readonly lanes: Map<number, Lane>; count: number; size: number };

/**
 * Records that expire, in pools with a quota each: beyond it, the pool's oldest record is dropped, those that are over before all
 * others. Each TTL has its own lane, so these entries are at the head of a lane, and nothing is searched or sorted. All clients
 * together have few TTLs. Times are milliseconds of a monotonic clock.
 */
export class ExpiringRecords<Name extends string> {
  readonly #entries = new Map<string, Entry>();
  readonly #pools: Readonly<Record<Name, Pool>>;
  readonly #isOver: (key: string, record: string, remaining: number) => boolean;

  /** `isOver`: whether a record matters less than others. */
  constructor(
    quotas: Readonly<Record<Name, Quota>>,
    isOver: (key: string, record: string, remaining: number) => boolean,
  ) {
    this.#isOver = isOver;
    const pools = Object.entries<Quota>(quotas).map(([name, quota]) => [
      name,
      { quota, lanes: new Map(), count: 0, size: 0 },
    ]);
    this.#pools = Object.fromEntries(pools);
  }

  /** The live record of a key, and its remaining TTL. */
  get(key: string, now: number): { readonly record: string; readonly remaining: number } | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expiresAt <= now) return undefined;
    return { record: entry.record, remaining: entry.expiresAt - now };
  }

  /** Adds a record, and drops an earlier one of the key. */
  add(name: Name, key: string, record: string, now: number, ttl: number): void {
    this.remove(key);
    const pool = this.#pools[name];
    const size = key.length + record.length;
    this.#makeRoom(pool, size, now);
    const lane = pool.lanes.get(ttl) ?? { pool, ttl, oldest: undefined, newest: undefined };
    const before = lane.newest;
    const entry: Entry = { key, record: flat(record), expiresAt: now + ttl, lane, before, next: undefined };
    if (before === undefined) {
      lane.oldest = entry;
      pool.lanes.set(ttl, lane);
    } else before.next = entry;
    lane.newest = entry;
    this.#entries.set(key, entry);
    pool.count += 1;
    pool.size += size;
  }

  /** Replaces a live record by one of the same length, and keeps its TTL. */
  replace(key: string, record: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.record = flat(record);
  }

  remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    const { lane, before, next } = entry;
    const { pool } = lane;
    if (before === undefined) lane.oldest = next;
    else before.next = next;
    if (next === undefined) lane.newest = before;
    else next.before = before;
    if (lane.oldest === undefined) pool.lanes.delete(lane.ttl);
    this.#entries.delete(key);
    pool.count -= 1;
    pool.size -= key.length + entry.record.length;
  }

  /** Drops expired entries. Each entry is dropped once, so a sweep with every operation is cheap. */
  sweep(now: number): void {
    for (const name in this.#pools) {
      for (const lane of this.#pools[name].lanes.values()) {
        while (lane.oldest !== undefined && lane.oldest.expiresAt <= now) this.remove(lane.oldest.key);
      }
    }
  }

  #makeRoom(pool: Pool, size: number, now: number): void {
    const { quota, lanes } = pool;
    while (pool.count > 0 && (pool.count >= quota.count || pool.size + size > quota.size)) {
      let first: Entry | undefined;
      for (const { oldest } of lanes.values()) {
        if (oldest !== undefined && (first === undefined || this.#goesBefore(oldest, first, now)))
          first = oldest;
      }
      if (first !== undefined) this.remove(first.key);
    }
  }

  #goesBefore(entry: Entry, other: Entry, now: number): boolean {
    const isOver = ({ key, record, expiresAt }: Entry) => this.#isOver(key, record, expiresAt - now);
    if (isOver(entry) !== isOver(other)) return isOver(entry);
    return entry.expiresAt - entry.lane.ttl < other.expiresAt - other.lane.ttl;
  }
}

/** V8 keeps a concatenation as a tree of its parts, which takes up to three times the memory, until a character is read. */
function flat(text: string): string {
  text.charCodeAt(0);
  return text;
}
