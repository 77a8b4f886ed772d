/** Days that the inventory reaches back, today among them. */
export const PERIOD_DAYS = 14;

const MILLISECONDS = 86_400_000;

/** A day in UTC, so that all replicas mean the same one: its number since 1970. */
export function dayOf(now: number): number {
  return Math.floor(now / MILLISECONDS);
}

/** `2026-11-22` */
export function dayText(day: number): string {
  return new Date(day * MILLISECONDS).toISOString().slice(0, 10);
}

/** The days of the period that ends at a moment, the oldest first. */
export function periodDays(now: number): number[] {
  const today = dayOf(now);
  return Array.from({ length: PERIOD_DAYS }, (_, i) => today - PERIOD_DAYS + 1 + i);
}
