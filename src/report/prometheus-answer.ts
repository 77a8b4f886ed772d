import { isJsonObject, parseJsonObject } from '../oauth/json-object.ts';

/** The values of one sum on several days. */
export type Series = {
  readonly labels: Readonly<Record<string, string>>;
  /** Epoch seconds, and a number. */
  readonly samples: readonly (readonly [at: number, value: number])[];
};

export type PrometheusAnswer =
  | { readonly series: readonly Series[] }
  /** Why the answer is missing or incomplete. */
  | { readonly failure: string };

/**
 * Reads the answer of `/api/v1/query_range` (https://prometheus.io/docs/prometheus/latest/querying/api/). `undefined`: the
 * answer of something else.
 */
export function parsePrometheusAnswer(text: string): PrometheusAnswer | undefined {
  const { status, error, warnings, data } = parseJsonObject(text) ?? {};
  if (status === 'error') return { failure: String(error) };
  if (status !== 'success' || !isJsonObject(data) || data['resultType'] !== 'matrix') return undefined;
  // For example, a storage replica does not answer: a verdict on part of the logins would be wrong.
  if (Array.isArray(warnings) && warnings.length > 0) return { failure: String(warnings[0]) };
  const series = Array.isArray(data['result']) ? data['result'].map(readSeries) : [undefined];
  return series.every((one) => one !== undefined) ? { series } : undefined;
}

function readSeries(value: unknown): Series | undefined {
  if (!isJsonObject(value)) return undefined;
  const { metric, values } = value;
  if (!isJsonObject(metric) || !Array.isArray(values)) return undefined;
  if (!Object.values(metric).every((label) => typeof label === 'string')) return undefined;
  const samples = values.map((sample) => (Array.isArray(sample) ? sample.map(Number) : []));
  if (!samples.every(([at, count]) => Number.isFinite(at) && Number.isFinite(count))) return undefined;
  return { labels: metric as Series['labels'], samples: samples as unknown as Series['samples'] };
}
