import { decideClaim, decideRelease, isOver } from './code-record.ts';
import { ExpiringRecords, type Quota } from './expiring-records.ts';
import type { ClaimRequest } from './flow-store.ts';
import type { ClaimOutcome, RecordStore } from './record-store.ts';

const MEBI = 1024 * 1024;
/** A record with more characters counts as large. Records of usual clients have about 300. */
const LARGE_FROM = 1024;
const LARGE: Quota = { count: 8_000, size: 8 * MEBI };

/** Large records have their own quotas: a flood of huge redirect_uris evicts only large records. */
export const DEFAULT_QUOTAS = {
  /** Flows and pushed requests. With flows of an hour, 100 000 allow 28 authorization requests per second. */
  flows: { count: 100_000, size: 48 * MEBI },
  largeFlows: LARGE,
  /** Codes, also expired ones that are remembered, which are dropped first; a wrapped code counts twice. */
  codes: { count: 100_000, size: 48 * MEBI },
  largeCodes: LARGE,
  /** Traits of clients' servers. */
  traits: { count: 10_000, size: MEBI },
} as const satisfies Record<string, Quota>;

type PoolName = keyof typeof DEFAULT_QUOTAS;
export type MemoryQuotas = Readonly<Record<PoolName, Quota>>;

/**
 * Records in this process: for one worker, and lost with it. Each kind has its own quota and evicts only records of its kind:
 * endless flows or codes take no room from other kinds. Encoded records take half the memory of objects, and are checked like
 * those from Redis.
 */
export class MemoryRecordStore implements RecordStore {
  readonly #records: ExpiringRecords<PoolName>;
  readonly #now: () => number;

  /** `now`: milliseconds of a monotonic clock. */
  constructor(options: { readonly quotas?: MemoryQuotas; readonly now?: () => number } = {}) {
    this.#records = new ExpiringRecords<PoolName>(
      options.quotas ?? DEFAULT_QUOTAS,
      (key, record, remaining) => isCode(key) && isOver(record, remaining),
    );
    this.#now = options.now ?? (() => performance.now());
  }

  // No method awaits between reading and writing, so each is atomic.

  async save(key: string, record: string, ttl: number): Promise<void> {
    await this.saveUnlessHeld(key, record, ttl);
  }

  async saveUnlessHeld(
    key: string,
    record: string,
    ttl: number,
    replaceable?: string,
  ): Promise<string | undefined> {
    const now = this.#sweep();
    const held = this.#records.get(key, now)?.record;
    if (held !== undefined && (replaceable === undefined || !held.startsWith(replaceable))) return held;
    this.#records.add(poolOf(key, record), key, record, now, ttl);
    return undefined;
  }

  async load(key: string): Promise<string | undefined> {
    return this.#records.get(key, this.#sweep())?.record;
  }

  async remove(key: string): Promise<void> {
    this.#records.remove(key);
  }

  async claim(key: string, claim: ClaimRequest): Promise<{ outcome: ClaimOutcome; record: string }> {
    const found = this.#records.get(key, this.#sweep());
    if (found === undefined) return { outcome: 'unknown', record: '' };
    const { outcome, next } = decideClaim(found.record, found.remaining, claim);
    if (next !== undefined) this.#records.replace(key, next);
    return { outcome, record: found.record };
  }

  async release(key: string, claimId: string): Promise<void> {
    const found = this.#records.get(key, this.#sweep());
    const next = found === undefined ? undefined : decideRelease(found.record, claimId);
    if (next !== undefined) this.#records.replace(key, next);
  }

  async ping(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  #sweep(): number {
    const now = this.#now();
    this.#records.sweep(now);
    return now;
  }
}

function poolOf(key: string, record: string): PoolName {
  const isLarge = record.length > LARGE_FROM;
  if (isCode(key)) return isLarge ? 'largeCodes' : 'codes';
  if (key.startsWith('stats:')) return 'traits';
  return isLarge ? 'largeFlows' : 'flows';
}

function isCode(key: string): boolean {
  return key.startsWith('code:');
}
