import { dayOf, PERIOD_DAYS } from '../activity/activity-store.ts';
import { countsAtOnce } from '../activity/counted.ts';
import { emptyHistory, type History } from '../activity/history.ts';
import { parseJsonObject } from '../oauth/json-object.ts';
import { dailyCount, wasScraped } from './daily-count.ts';
import { type Access, fetchText, ReportFault } from './fetch-text.ts';
import { listOf, object, recordOf, type Shaped, text } from './json-shape.ts';
import { visible } from './report-table.ts';

/** Milliseconds for all queries together. */
const TIMEOUT = 120_000;
const DAY = 86_400;

type Labels = Readonly<Record<string, string>>;

/** A metric, its labels other than issuer and client, and the names of `Counted` under which a sample counts. */
type Source = {
  readonly metric: string;
  readonly labels: readonly string[];
  readonly names: (labels: Labels) => readonly string[];
};

function violations(metric: string, mode: 'enforce' | 'report'): Source {
  const names: Source['names'] = ({ endpoint = '', reason }) => {
    return [`!${reason}`, ...(countsAtOnce({ endpoint, mode }) ? [`#${reason}`] : [])];
  };
  return { metric, labels: ['endpoint', 'reason'], names };
}

const SOURCES: readonly Source[] = [
  {
    metric: 'authorization_requests_total',
    labels: ['challenge_method'],
    names: ({ challenge_method: method = '' }) => [method],
  },
  { metric: 'codes_bound_total', labels: [], names: () => ['bound'] },
  { metric: 'redemptions_total', labels: ['result'], names: ({ result = '' }) => [result] },
  { metric: 'violations_with_code_total', labels: ['reason'], names: ({ reason }) => [`#${reason}`] },
  violations('rejections_total', 'enforce'),
  violations('report_only_violations_total', 'report'),
];

/** An unambiguous key for issuer and client. */
export function historyKey(issuer: string, client: string): string {
  return JSON.stringify([issuer, client]);
}

export type PrometheusSource = {
  /** The address before `/api/v1`. */
  readonly url: URL;
  readonly access: Access;
  /** Counts only what this job of Prometheus scraped. */
  readonly job: string | undefined;
};

/** The counts of all gateways together on each day of the period, by `historyKey`. Throws a `ReportFault`. */
export async function fetchHistories(
  source: PrometheusSource,
  now: number,
): Promise<ReadonlyMap<string, History>> {
  const { url, job } = source;
  const selector = job === undefined ? '' : `{job=${JSON.stringify(job)}}`;
  const deadline = Date.now() + TIMEOUT;
  const ask = (query: (seconds: number) => string) => askByDay(source, query, { now, deadline });

  const scraped = await ask((seconds) => `count(${wasScraped(selector, `[${seconds}s]`)})`);
  if (scraped.length === 0) {
    const ofJob = job === undefined ? '' : ` of the job ${visible(job)}`;
    throw new ReportFault(
      `the Prometheus at ${url.origin} has no metrics of a gateway${ofJob} in the last ${PERIOD_DAYS} days: check that it scrapes the admin listener of each gateway`,
    );
  }
  const histories = new Map<string, History>();
  for (const { metric, labels, names } of SOURCES) {
    const by = ['issuer', 'client', ...labels];
    for (const { labels: of, day, count } of await ask((seconds) =>
      dailyCount(metric, by, { selector, seconds }),
    )) {
      const key = historyKey(of['issuer'] ?? '', of['client'] ?? '');
      const history = histories.get(key) ?? emptyHistory();
      histories.set(key, history);
      for (const name of names(of)) addTo(history, day, name, count);
    }
  }
  return histories;
}

type DayCount = { readonly labels: Labels; readonly day: number; readonly count: number };

/** Queries the past days, which end at midnight in UTC, and today until now. `day`: the index in a `History`. */
async function askByDay(
  source: PrometheusSource,
  query: (seconds: number) => string,
  { now, deadline }: { readonly now: number; readonly deadline: number },
): Promise<readonly DayCount[]> {
  const midnight = dayOf(now) * DAY;
  const today = Math.max(Math.floor(now / 1000) - midnight, 1);
  const past = { start: midnight - (PERIOD_DAYS - 2) * DAY, end: midnight, step: DAY, seconds: DAY };
  const present = { start: midnight + today, end: midnight + today, step: 1, seconds: today };
  const counts: DayCount[] = [];
  for (const { start, end, step, seconds } of [past, present]) {
    const range = { query: query(seconds), start: String(start), end: String(end), step: String(step) };
    for (const { metric, values } of await queryRange(source, range, deadline)) {
      for (const [at, value] of values) {
        const count = Math.round(Number(value));
        // A day ends at the midnight that begins the next one.
        const day = PERIOD_DAYS - 1 - (midnight + DAY - Math.ceil(at / DAY) * DAY) / DAY;
        if (day >= 0 && day < PERIOD_DAYS && count > 0) counts.push({ labels: metric, day, count });
      }
    }
  }
  return counts;
}

const isSample = (value: unknown): value is readonly [at: number, count: string] =>
  Array.isArray(value) && value.length === 2 && value.every((part) => Number.isFinite(Number(part)));

/** The values of sums on several days: epoch seconds, and a number as text. */
const isMatrix = object({
  resultType: (type): type is 'matrix' => type === 'matrix',
  result: listOf(object({ metric: recordOf(text), values: listOf(isSample) })),
});

/** https://prometheus.io/docs/prometheus/latest/querying/api/ */
async function queryRange(
  { url, access }: PrometheusSource,
  parameters: Readonly<Record<string, string>>,
  deadline: number,
): Promise<Shaped<typeof isMatrix>['result']> {
  const endpoint = new URL(url);
  endpoint.pathname = `${url.pathname.replace(/\/$/, '')}/api/v1/query_range`;
  endpoint.search = new URLSearchParams(parameters).toString();
  const fetched = await fetchText(endpoint, access, deadline - Date.now());
  const where = `the Prometheus at ${url.origin}`;
  if ('cause' in fetched) throw new ReportFault(`${where} cannot be reached: ${fetched.cause}`);
  if (fetched.text === undefined) throw new ReportFault(`${where} sends too much data: set --prometheus-job`);
  if (fetched.status === 401 || fetched.status === 403)
    throw new ReportFault(
      `${where} answered ${fetched.status}: set --prometheus-token-file to a token that may query it`,
    );
  const { status, error, warnings, data } = parseJsonObject(fetched.text) ?? {};
  // For example, a storage replica does not answer: a verdict on part of the logins would be wrong.
  const [warning] = Array.isArray(warnings) ? warnings : [];
  const failure = status === 'error' ? error : isMatrix(data) ? warning : undefined;
  if (failure !== undefined)
    throw new ReportFault(`${where} failed to answer a query: ${visible(String(failure))}`);
  if (fetched.status === 200 && status === 'success' && isMatrix(data)) return data.result;
  throw new ReportFault(
    `${url.origin}${endpoint.pathname} answered ${fetched.status}: check that --prometheus is the address of a Prometheus, with its path before /api/v1`,
  );
}

function addTo(history: History, day: number, name: string, count: number): void {
  const counts = new Map(history[day]?.counts);
  counts.set(name, (counts.get(name) ?? 0) + count);
  history[day] = { counts, last: undefined };
}
