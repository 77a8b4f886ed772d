import { ExpiringRecords, type FoundRecord, type Quota } from './expiring-records.ts';

/** A record with more characters counts as large. Records of usual clients have about 300. */
const LARGE = 1024;

/** Expiring records with a separate quota for large ones: a flood of huge redirect_uris evicts only large records. */
export class TieredRecords {
  readonly #small: ExpiringRecords;
  readonly #large: ExpiringRecords;

  constructor(
    quotas: { readonly small: Quota; readonly large: Quota },
    onExpired?: (key: string, record: string, expiredAt: number) => void,
  ) {
    this.#small = new ExpiringRecords(quotas.small, onExpired);
    this.#large = new ExpiringRecords(quotas.large, onExpired);
  }

  get(key: string, now: number): FoundRecord | undefined {
    return this.#small.get(key, now) ?? this.#large.get(key, now);
  }

  add(key: string, record: string, now: number, ttl: number): void {
    const [tier, other] = record.length > LARGE ? [this.#large, this.#small] : [this.#small, this.#large];
    other.remove(key);
    tier.add(key, record, now, ttl);
  }

  /** Whether there was one. */
  replace(key: string, record: string): boolean {
    return this.#small.replace(key, record) || this.#large.replace(key, record);
  }

  remove(key: string): void {
    this.#small.remove(key);
    this.#large.remove(key);
  }

  sweep(now: number): void {
    this.#small.sweep(now);
    this.#large.sweep(now);
  }
}
