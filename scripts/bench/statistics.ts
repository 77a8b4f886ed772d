/** Where the middle of some measurements is, and how far they lie apart. */
export type Summary = { readonly median: number; readonly low: number; readonly high: number };

/** `low` and `high`: the quartiles, so that one disturbed round does not stand for all. */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

/** Round by round: what disturbed both in one round cancels out. */
export function ratios(values: readonly number[], baseline: readonly number[]): number[] {
  return values.flatMap((value, round) => {
    const base = baseline[round];
    return base === undefined || base === 0 ? [] : [value / base];
  });
}

export function quantile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}
