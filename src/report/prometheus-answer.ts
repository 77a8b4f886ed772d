import { isObject } from './reported-client.ts';

/** The values of one sum on several days. */
export type Series = {
  readonly labels: Readonly<Record<string, string>>;
  /** Epoch seconds, and a number. */
  readonly samples: readonly (readonly [at: number, value: number])[];
};

export type PrometheusAnswer =
  | { readonly outcome: 'series'; readonly series: readonly Series[] }
  /** Why the answer is missing or incomplete. */
  | { readonly outcome: 'failed'; readonly why: string }
  | { readonly outcome: 'unreadable' };

const UNREADABLE: PrometheusAnswer = { outcome: 'unreadable' };

/** Reads the answer of `/api/v1/query_range` (https://prometheus.io/docs/prometheus/latest/querying/api/). */
export function parsePrometheusAnswer(text: string): PrometheusAnswer {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return UNREADABLE;
  }
  if (!isObject(answer)) return UNREADABLE;
  const { status, error, warnings = [], data } = answer;
  if (status === 'error') return { outcome: 'failed', why: String(error) };
  if (status !== 'success' || !isObject(data) || data['resultType'] !== 'matrix') return UNREADABLE;
  // For example, a storage replica does not answer: a verdict on part of the logins would be wrong.
  if (Array.isArray(warnings) && warnings.length > 0) return { outcome: 'failed', why: String(warnings[0]) };
  const { result } = data;
  if (!Array.isArray(result)) return UNREADABLE;
  const series: Series[] = [];
  for (const one of result) {
    const read = readSeries(one);
    if (read === undefined) return UNREADABLE;
    series.push(read);
  }
  return { outcome: 'series', series };
}

function readSeries(value: unknown): Series | undefined {
  if (!isObject(value)) return undefined;
  const { metric, values } = value;
  if (!isObject(metric) || !Array.isArray(values)) return undefined;
  const labels = Object.entries(metric);
  if (!labels.every((label): label is [string, string] => typeof label[1] === 'string')) return undefined;
  const samples: [number, number][] = [];
  for (const sample of values) {
    const [at, number] = Array.isArray(sample) ? sample.map(Number) : [];
    if (at === undefined || number === undefined || !Number.isFinite(at) || !Number.isFinite(number))
      return undefined;
    samples.push([at, number]);
  }
  return { labels: Object.fromEntries(labels), samples };
}
