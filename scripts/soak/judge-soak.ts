import { floors, type Sample, slopePerHour } from './slope.ts';
import type { SoakResult } from './soak.ts';

const MB = 1_000_000;

/**
 * `heap`: megabytes an hour, 0.8 KB for each login. `residentRise`: megabytes. Resident memory goes up for minutes and comes
 * down with a full collection, so that its slope depends on where the measurement ends; its heights do not.
 */
export const BOUNDS = { heap: 60, residentRise: 20 } as const;
/** Seconds of measurement that a slope needs to mean anything. */
const ENOUGH = 300;
/** Each long enough for the garbage collector to have been everywhere. */
const STRETCHES = 8;

/** The growth of the replica that ran throughout, after a third of the time to warm up. */
export type Growth = {
  /** Megabytes an hour. */
  readonly heap: number;
  readonly resident: number;
  /** By how many megabytes the highest of the last third is above the highest of the middle one. */
  readonly residentRise: number;
  /** Whether it was measured for long enough. */
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

/** Everything that is wrong; nothing, where all is well. */
export function judgeSoak(result: SoakResult): string[] {
  const { accounts, thefts, descriptorsBefore, descriptorsAfter, lastingKeys, internalErrors } = result;
  const growth = growthOf(result);
  return [
    ...accounts.unaccounted.map((what) => `unaccounted: ${what}`),
    ...accounts.doubled.map((kind) => `redeemed twice: ${kind}`),
    ...accounts.mismatched.map((what) => `the server's books differ: ${what}`),
    ...(thefts > 0 ? [`${thefts} token requests reached the server that must not`] : []),
    ...(descriptorsAfter > descriptorsBefore
      ? [`${descriptorsAfter - descriptorsBefore} file descriptors were not closed`]
      : []),
    ...(lastingKeys > 0 ? [`${lastingKeys} keys in Redis never expire`] : []),
    ...(growth.counts && growth.heap > BOUNDS.heap
      ? [`the heap grows by ${growth.heap.toFixed(1)} MB/h`]
      : []),
    ...(growth.counts && growth.residentRise > BOUNDS.residentRise
      ? [`resident memory has risen by ${growth.residentRise.toFixed(1)} MB`]
      : []),
    ...internalErrors.map((line) => `logged by a gateway: ${line}`),
  ];
}
