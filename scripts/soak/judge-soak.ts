import { floors, type Sample, slopePerHour } from './slope.ts';
import type { SoakResult } from './soak.ts';

const MB = 1_000_000;

/** Megabytes an hour: of the heap, 0.8 KB for each login. Resident memory goes up and down by more than that. */
export const BOUNDS = { heap: 60, resident: 300 } as const;
/** Seconds of measurement that a slope needs to mean anything. */
const ENOUGH = 300;
/** Each long enough for the garbage collector to have been everywhere. */
const STRETCHES = 8;

/** The growth of the replica that ran throughout, after a third of the time to warm up. */
export type Growth = { readonly heap: number; readonly resident: number; readonly counts: boolean };

export function growthOf({ gauges, duration }: SoakResult): Growth {
  const warm = (samples: readonly Sample[]) => {
    const [first] = samples;
    const from = (first?.at ?? 0) + (duration * 1_000) / 3;
    return floors(
      samples.filter(({ at }) => at >= from),
      STRETCHES,
    );
  };
  return {
    heap: slopePerHour(warm(gauges.heap)) / MB,
    resident: slopePerHour(warm(gauges.resident)) / MB,
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
    ...(growth.counts && growth.resident > BOUNDS.resident
      ? [`resident memory grows by ${growth.resident.toFixed(1)} MB/h`]
      : []),
    ...internalErrors.map((line) => `logged by a gateway: ${line}`),
  ];
}
