import { AggregatorRegistry, type Registry } from 'prom-client';

/** All metrics of a process at one moment, as plain data. */
export type MetricsSnapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

const START_TIME = 'process_start_time_seconds';

/**
 * The merged metrics of several processes. Counts of a process stay in the sum when it ends: Prometheus treats a decreasing
 * counter as one that restarted at 0, and would count the other processes twice.
 */
export class MergedMetrics {
  readonly #own: Registry;
  readonly #latest = new Map<number, MetricsSnapshot>();
  #ended: Promise<MetricsSnapshot> = Promise.resolve([]);

  /** `own`: the metrics of the merging process. */
  constructor(own: Registry) {
    this.#own = own;
  }

  /** A process that does not answer in time counts with its last metrics. */
  update(process: number, snapshot: MetricsSnapshot): void {
    this.#latest.set(process, snapshot);
  }

  end(process: number): void {
    const latest = this.#latest.get(process) ?? [];
    this.#latest.delete(process);
    const counted = latest.filter(({ type }) => String(type) !== 'gauge');
    this.#ended = this.#ended.then((ended) =>
      AggregatorRegistry.aggregate([ended, counted]).getMetricsAsJSON(),
    );
  }

  async render(): Promise<string> {
    // Its own metrics come first: for a `first` metric, only these count.
    const snapshots = [this.#own.getMetricsAsJSON(), ...this.#latest.values(), this.#ended];
    const merged = AggregatorRegistry.aggregate(await Promise.all(snapshots));
    // A sum would be meaningless, but the start time of the gateway is useful.
    const startTime = this.#own.getSingleMetric(START_TIME);
    if (startTime !== undefined) merged.registerMetric(startTime);
    return merged.metrics();
  }
}
