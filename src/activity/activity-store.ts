/** Changes to a record, by field: a number is added to the current value, a text replaces it. */
export type Changes = ReadonlyMap<string, number | string>;

export function applyChange(held: number | string | undefined, change: number | string): number | string {
  return typeof change === 'number' && typeof held === 'number' ? held + change : change;
}

/** Changes of one record, on their way to the store. */
export type ActivityBatch = { readonly record: string; readonly changes: Changes };

/**
 * Where activity is kept, for all replicas. A record is a map of fields, named by `dayRecord` or `refusalRecord`, which expires
 * `RECORD_TTL` after its last change. Every operation touches one key, and throws a `StoreFault` on failure.
 */
export interface ActivityStore {
  /** Makes all of these changes. After a fault, either all or none were made. */
  addActivity(record: string, changes: Changes): Promise<void>;
  loadActivity(record: string): Promise<ReadonlyMap<string, string>>;
}

/** The number of days that readiness covers, including today. */
export const PERIOD_DAYS = 14;

const DAY = 86_400_000;

/** Milliseconds. */
export const RECORD_TTL = (PERIOD_DAYS + 1) * DAY;

/** The activity of an issuer's clients on one day. */
export function dayRecord(issuer: string, day: number): string {
  return `${issuer}:${dayText(day)}`;
}

/** The last violations of each client of an issuer. */
export function refusalRecord(issuer: string): string {
  return `${issuer}:refusals`;
}

/** Epoch milliseconds of a stored moment in seconds; `undefined`: it is damaged. */
export function momentOf(seconds: unknown): number | undefined {
  const at = new Date(Number(seconds) * 1000).getTime();
  return Number.isNaN(at) ? undefined : at;
}

/** A day as its number since 1970, in UTC, so that all replicas agree on it. */
export function dayOf(now: number): number {
  return Math.floor(now / DAY);
}

/** Cached, because all counts are of the same day. */
let lastDay: number | undefined;
let lastDayText = '';

/** `2026-11-22` */
export function dayText(day: number): string {
  if (day !== lastDay) {
    lastDayText = new Date(day * DAY).toISOString().slice(0, 10);
    lastDay = day;
  }
  return lastDayText;
}

/** The days of the period that ends at a moment, oldest first. */
export function periodDays(now: number): number[] {
  const today = dayOf(now);
  return Array.from({ length: PERIOD_DAYS }, (_, i) => today - PERIOD_DAYS + 1 + i);
}

/** When the period that ends at a moment began, in epoch milliseconds. */
export function startOfPeriod(now: number): number {
  return (dayOf(now) - PERIOD_DAYS + 1) * DAY;
}
