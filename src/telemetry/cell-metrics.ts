import { Counter, Gauge, Histogram, type Metric, type Registry } from 'prom-client';
import { type Cells, createCells, type Labels } from './cells.ts';
import { HistogramCell } from './histogram-cell.ts';

/** What one series of a counter or gauge stands at. */
export type NumberCell = { readonly labels: Labels; value: number };

type Description<Names extends readonly string[]> = {
  readonly name: string;
  readonly help: string;
  readonly labelNames: Names;
};

type Sample = { readonly metricName?: string; readonly labels: object; readonly value: number };

/**
 * Metrics that are counted in cells, which prom-client reads when it is asked for them. Its own find a series by a text of
 * all its labels, made anew at every event.
 */
export class CellMetrics {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  counter<const Names extends readonly string[]>(of: Description<Names>): Cells<Names, NumberCell> {
    const { cells, all } = createCells(of.labelNames, newNumberCell);
    this.#register(of, new Counter({ ...of, registers: [] }), () => all);
    return cells;
  }

  gauge<const Names extends readonly string[]>(of: Description<Names>): Cells<Names, NumberCell> {
    const { cells, all } = createCells(of.labelNames, newNumberCell);
    this.#register(of, new Gauge({ ...of, registers: [] }), () => all);
    return cells;
  }

  histogram<const Names extends readonly string[]>(
    of: Description<Names> & { readonly buckets: readonly number[] },
  ): Cells<Names, HistogramCell> {
    const { cells, all } = createCells(of.labelNames, (labels) => new HistogramCell(labels, of.buckets));
    // A copy, since it freezes them: what is frozen is slower to read.
    const described = new Histogram({ ...of, buckets: [...of.buckets], registers: [] });
    this.#register(of, described, () => all.flatMap((cell) => cell.samples(of.name)));
    return cells;
  }

  /** `described`: it has checked the names and says what kind of metric this is; nothing is ever counted in it. */
  #register(
    { name, help, labelNames }: Description<readonly string[]>,
    described: Metric,
    samples: () => readonly Sample[],
  ): void {
    const get = async () => ({ ...(await described.get()), values: samples() });
    // More than these a registry does not ask of a metric: those of an aggregated one have no more either.
    this.#registry.registerMetric({ name, help, labelNames, get } as unknown as Metric);
  }
}

function newNumberCell(labels: Labels): NumberCell {
  return { labels, value: 0 };
}
