import type { Labels } from './cells.ts';

/** What one series of a histogram of durations has seen. Operators read seconds. */
export class HistogramCell {
  readonly #labels: Labels;
  readonly #bounds: readonly number[];
  /** How many fell into each bucket and no smaller one; in the last, what is past all bounds. */
  readonly #counts: Float64Array;
  #sum = 0;

  /** `bounds`: seconds, ascending. */
  constructor(labels: Labels, bounds: readonly number[]) {
    this.#labels = labels;
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(milliseconds: number): void {
    const seconds = milliseconds / 1000;
    // The sum would never be a number again.
    if (!Number.isFinite(seconds)) throw new TypeError(`no duration: ${milliseconds}`);
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && seconds > (bounds[bucket] as number)) bucket += 1;
    (this.#counts[bucket] as number) += 1;
    this.#sum += seconds;
  }

  /** The samples of a metric of this name, as prom-client's histograms have them. */
  samples(name: string) {
    const labels = this.#labels;
    let count = 0;
    const buckets = [...this.#bounds, '+Inf'].map((le, bucket) => {
      count += this.#counts[bucket] as number;
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}
