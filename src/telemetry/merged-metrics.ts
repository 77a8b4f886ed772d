import { AggregatorRegistry, type Registry } from 'prom-client';

/** All metrics of a process at one moment, as plain data. */
export type MetricsSnapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

const START_TIME = 'process_start_time_seconds';

/**
 * The metrics of several processes as one. What a process has counted stays in the sum when it ends: a counter that falls
 * looks to Prometheus like one that began again at 0, so that all the others had counted would be counted twice.
 */
export class MergedMetrics {
  readonly #own: Registry;
  readonly #latest = new Map<number, MetricsSnapshot>();
  #ended: Promise<MetricsSnapshot> = Promise.resolve([]);

  /** `own`: of the process that merges. */
  constructor(own: Registry) {
    this.#own = own;
  }

  /** A process that does not answer in time counts with what it said last. */
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
    // Its own first: of a metric that is `first`, only that counts.
    const snapshots = [this.#own.getMetricsAsJSON(), ...this.#latest.values(), this.#ended];
    const merged = AggregatorRegistry.aggregate(await Promise.all(snapshots));
    // Left out of a sum, for good reason; but when the gateway began is worth knowing.
    const startTime = this.#own.getSingleMetric(START_TIME);
    if (startTime !== undefined) merged.registerMetric(startTime);
    return merged.metrics();
  }
}
