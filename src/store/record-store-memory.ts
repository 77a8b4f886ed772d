import { codeMemoryOf } from './code-record.ts';
import { decideClaim, decideRelease } from './decide-claim.ts';
import { ExpiringRecords, type Quota } from './expiring-records.ts';
import type { ClaimRequest } from './flow-store.ts';
import type { ClaimOutcome, RecordStore } from './record-store.ts';
import { TieredRecords } from './tiered-records.ts';

export type MemoryQuotas = {
  /** Live flows and pushed requests. With flows of an hour, 100 000 allow 28 authorization requests per second. */
  readonly flows: { readonly small: Quota; readonly large: Quota };
  /** Codes that can still be redeemed; a wrapped code counts twice. */
  readonly codes: { readonly small: Quota; readonly large: Quota };
  /** Expired codes that are remembered. */
  readonly expiredCodes: { readonly small: Quota; readonly large: Quota };
  /** Traits of clients' servers. */
  readonly traits: Quota;
};

const MEBI = 1024 * 1024;
const LARGE = { count: 8_000, size: 8 * MEBI };

export const DEFAULT_QUOTAS: MemoryQuotas = {
  flows: { small: { count: 100_000, size: 48 * MEBI }, large: LARGE },
  codes: { small: { count: 100_000, size: 48 * MEBI }, large: LARGE },
  expiredCodes: { small: { count: 50_000, size: 16 * MEBI }, large: LARGE },
  traits: { count: 10_000, size: MEBI },
};

/**
 * Records in this process: for one worker, and lost with it. Each kind has its own quota and evicts only records of its kind:
 * endless flows or codes take no room from other kinds. Encoded records take half the memory of objects, and are checked like
 * those from Redis.
 */
export class MemoryRecordStore implements RecordStore {
  readonly #flows: TieredRecords;
  readonly #codes: TieredRecords;
  readonly #expiredCodes: TieredRecords;
  readonly #traits: ExpiringRecords;
  readonly #now: () => number;

  /** `now`: milliseconds of a monotonic clock. */
  constructor(options: { readonly quotas?: MemoryQuotas; readonly now?: () => number } = {}) {
    const { flows, codes, expiredCodes, traits } = options.quotas ?? DEFAULT_QUOTAS;
    this.#now = options.now ?? (() => performance.now());
    this.#flows = new TieredRecords(flows);
    this.#traits = new ExpiringRecords(traits);
    this.#expiredCodes = new TieredRecords(expiredCodes);
    this.#codes = new TieredRecords(codes, (key, record, expiredAt) =>
      this.#expiredCodes.add(key, record, expiredAt, codeMemoryOf(record)),
    );
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
    const held = this.#find(key, now)?.record;
    if (held !== undefined && (replaceable === undefined || !held.startsWith(replaceable))) return held;
    if (isCode(key)) this.#codes.add(key, record, now, ttl - codeMemoryOf(record));
    else this.#poolOf(key).add(key, record, now, ttl);
    return undefined;
  }

  async load(key: string): Promise<string | undefined> {
    return this.#find(key, this.#sweep())?.record;
  }

  async remove(key: string): Promise<void> {
    if (!isCode(key)) return this.#poolOf(key).remove(key);
    for (const records of [this.#codes, this.#expiredCodes]) records.remove(key);
  }

  async claim(key: string, claim: ClaimRequest): Promise<{ outcome: ClaimOutcome; record: string }> {
    const found = this.#find(key, this.#sweep());
    if (found === undefined) return { outcome: 'unknown', record: '' };
    const { outcome, next } = decideClaim(found.record, found.remaining, claim);
    if (next !== undefined) this.#replace(key, next);
    return { outcome, record: found.record };
  }

  async release(key: string, claimId: string): Promise<void> {
    const found = this.#find(key, this.#sweep());
    const next = found === undefined ? undefined : decideRelease(found.record, claimId);
    if (next !== undefined) this.#replace(key, next);
  }

  async ping(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  #find(key: string, now: number): { readonly record: string; readonly remaining: number } | undefined {
    if (!isCode(key)) return this.#poolOf(key).get(key, now);
    const live = this.#codes.get(key, now);
    if (live === undefined) return this.#expiredCodes.get(key, now);
    return { record: live.record, remaining: live.remaining + codeMemoryOf(live.record) };
  }

  #poolOf(key: string): TieredRecords | ExpiringRecords {
    return key.startsWith('stats:') ? this.#traits : this.#flows;
  }

  #replace(key: string, record: string): void {
    if (!this.#codes.replace(key, record)) this.#expiredCodes.replace(key, record);
  }

  #sweep(): number {
    const now = this.#now();
    this.#flows.sweep(now);
    this.#traits.sweep(now);
    // This fills the quota of expired codes, so that is swept after it.
    this.#codes.sweep(now);
    this.#expiredCodes.sweep(now);
    return now;
  }
}

function isCode(key: string): boolean {
  return key.startsWith('code:');
}
