/** A measurement: time (milliseconds) and value. */
export type Sample = { readonly at: number; readonly value: number };

const HOUR = 3_600_000;

/** The growth of a series per hour, by linear regression. 0 for fewer than two samples. */
export function slopePerHour(samples: readonly Sample[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const at = mean(samples.map((sample) => sample.at));
  const value = mean(samples.map((sample) => sample.value));
  const spread = samples.reduce((sum, sample) => sum + (sample.at - at) ** 2, 0);
  const joint = samples.reduce((sum, sample) => sum + (sample.at - at) * (sample.value - value), 0);
  return samples.length < 2 || spread === 0 ? 0 : (joint / spread) * HOUR;
}

/**
 * The lowest sample in each of several stretches of equal length. A heap rises and falls with the garbage collector: only what
 * remains after a collection can be a leak.
 */
export function floors(samples: readonly Sample[], stretches: number): Sample[] {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return [];
  const length = (last.at - first.at) / stretches;
  const lowest = new Map<number, Sample>();
  for (const sample of samples) {
    const stretch = Math.min(stretches - 1, Math.floor((sample.at - first.at) / length));
    const known = lowest.get(stretch);
    if (known === undefined || sample.value < known.value) lowest.set(stretch, sample);
  }
  return [...lowest.values()];
}
