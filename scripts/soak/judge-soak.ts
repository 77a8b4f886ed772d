import { floors, type Sample, slopePerHour } from './slope.ts';
import type { SoakResult } from './soak.ts';

const MB = 1_000_000;

/**
 * `heap`: megabytes per hour, 0.8 KB per login. `residentRise`: megabytes. Resident memory rises for minutes and falls with a
 * full collection, so its slope depends on when the measurement ends; its peaks do not.
 */
export const BOUNDS = { heap: 60, residentRise: 20 } as const;
/** The minimum measurement for a meaningful slope, in seconds. */
const ENOUGH = 300;
/** Each is long enough for a full garbage collection. */
const STRETCHES = 8;

/** The growth of the replica that ran throughout, after a third of the time to warm up. */
export type Growth = {
  /** Megabytes per hour. */
  readonly heap: number;
  readonly resident: number;
  /** Megabytes by which the peak of the last third exceeds the peak of the middle third. */
  readonly residentRise: number;
  /** Whether the measurement was long enough. */
  readonly counts: boolean;
};

export function growthOf({ gauges, duration }: SoakResult): Growth {
  const warm = (samples: readonly Sample[]) => {
    const [first] = samples;
    const from = (first?.at ?? 0) + (duration * 1_000) / 3;
    return floors(
      samples.filter(({ at }) => at >= from),
      STRETCHES,
    );
  };
  const highest = (third: number) => {
    const [first] = gauges.resident;
    const from = (first?.at ?? 0) + (third * duration * 1_000) / 3;
    const within = gauges.resident.filter(
      ({ at }) => at >= from && (third === 2 || at < from + duration * 333),
    );
    return Math.max(...within.map(({ value }) => value));
  };
  return {
    heap: slopePerHour(warm(gauges.heap)) / MB,
    resident: slopePerHour(warm(gauges.resident)) / MB,
    residentRise: (highest(2) - highest(1)) / MB,
    counts: (duration * 2) / 3 >= ENOUGH,
  };
}

/** All problems of a run. */
export function judgeSoak(result: SoakResult): string[] {
  const { accounts, thefts, descriptorsBefore, descriptorsAfter, lastingKeys, internalErrors } = result;
  const growth = growthOf(result);
  return [
    ...accounts.unaccounted.map((what) => `unaccounted: ${what}`),
    ...accounts.doubled.map((kind) => `redeemed twice: ${kind}`),
    ...accounts.mismatched.map((what) => `the server counted differently: ${what}`),
    ...(thefts > 0 ? [`${thefts} token requests reached the server and must not`] : []),
    ...(descriptorsAfter > descriptorsBefore
      ? [`${descriptorsAfter - descriptorsBefore} file descriptors were not closed`]
      : []),
    ...(lastingKeys > 0 ? [`${lastingKeys} keys in Redis never expire`] : []),
    ...(growth.counts && growth.heap > BOUNDS.heap
      ? [`the heap grows by ${growth.heap.toFixed(1)} MB/h`]
      : []),
    ...(growth.counts && growth.residentRise > BOUNDS.residentRise
      ? [`resident memory rose by ${growth.residentRise.toFixed(1)} MB`]
      : []),
    ...internalErrors.map((line) => `logged by a gateway: ${line}`),
  ];
}
