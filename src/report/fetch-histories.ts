import { dayOf, PERIOD_DAYS } from '../activity/activity-store.ts';
import { countsAtOnce } from '../activity/counted.ts';
import { emptyHistory, type History } from '../activity/history.ts';
import { dailyCount, wasScraped } from './daily-count.ts';
import { type Access, fetchText } from './fetch-text.ts';
import { parsePrometheusAnswer, type Series } from './prometheus-answer.ts';
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

const VIOLATION: Omit<Source, 'metric'> = {
  labels: ['endpoint', 'reason'],
  names: ({ endpoint = '', reason }) => [`!${reason}`, ...(countsAtOnce(endpoint) ? [`#${reason}`] : [])],
};
const SOURCES: readonly Source[] = [
  {
    metric: 'authorization_requests_total',
    labels: ['challenge_method'],
    names: ({ challenge_method: method = '' }) => [method],
  },
  { metric: 'codes_bound_total', labels: [], names: () => ['bound'] },
  { metric: 'redemptions_total', labels: ['result'], names: ({ result = '' }) => [result] },
  { metric: 'violations_with_code_total', labels: ['reason'], names: ({ reason }) => [`#${reason}`] },
  { metric: 'rejections_total', ...VIOLATION },
  { metric: 'report_only_violations_total', ...VIOLATION },
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

/** The counts of all gateways together on each day of the period, by `historyKey`. A text explains a failure. */
export async function fetchHistories(
  source: PrometheusSource,
  now: number,
): Promise<ReadonlyMap<string, History> | string> {
  const { url, job } = source;
  const selector = job === undefined ? '' : `{job=${JSON.stringify(job)}}`;
  const deadline = Date.now() + TIMEOUT;
  const ask = (query: (seconds: number) => string) => askByDay(source, query, { now, deadline });

  const scraped = await ask((seconds) => `count(${wasScraped(selector, `[${seconds}s]`)})`);
  if (typeof scraped === 'string') return scraped;
  if (scraped.length === 0) {
    const ofJob = job === undefined ? '' : ` of the job ${visible(job)}`;
    return `the Prometheus at ${url.origin} has no metrics of a gateway${ofJob} in the last ${PERIOD_DAYS} days: check that it scrapes the admin listener of each gateway`;
  }
  const histories = new Map<string, History>();
  for (const { metric, labels, names } of SOURCES) {
    const by = ['issuer', 'client', ...labels];
    const counts = await ask((seconds) => dailyCount(metric, by, { selector, seconds }));
    if (typeof counts === 'string') return counts;
    for (const { labels: of, day, count } of counts) {
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
): Promise<readonly DayCount[] | string> {
  const midnight = dayOf(now) * DAY;
  const today = Math.max(Math.floor(now / 1000) - midnight, 1);
  const past = { start: midnight - (PERIOD_DAYS - 2) * DAY, end: midnight, step: DAY, seconds: DAY };
  const present = { start: midnight + today, end: midnight + today, step: 1, seconds: today };
  const counts: DayCount[] = [];
  for (const { start, end, step, seconds } of [past, present]) {
    const range = { query: query(seconds), start: String(start), end: String(end), step: String(step) };
    const series = await queryRange(source, range, deadline);
    if (typeof series === 'string') return series;
    for (const { labels, samples } of series) {
      for (const [at, value] of samples) {
        const count = Math.round(value);
        // A day ends at the midnight that begins the next one.
        const day = PERIOD_DAYS - 1 - (midnight + DAY - Math.ceil(at / DAY) * DAY) / DAY;
        if (day >= 0 && day < PERIOD_DAYS && count > 0) counts.push({ labels, day, count });
      }
    }
  }
  return counts;
}

async function queryRange(
  { url, access }: PrometheusSource,
  parameters: Readonly<Record<string, string>>,
  deadline: number,
): Promise<readonly Series[] | string> {
  const endpoint = new URL(url);
  endpoint.pathname = url.pathname.endsWith('/')
    ? `${url.pathname}api/v1/query_range`
    : `${url.pathname}/api/v1/query_range`;
  endpoint.search = new URLSearchParams(parameters).toString();
  const fetched = await fetchText(endpoint, access, deadline - Date.now());
  const where = `the Prometheus at ${url.origin}`;
  if (fetched.outcome === 'unreachable') return `${where} cannot be reached: ${fetched.cause}`;
  if (fetched.outcome === 'too_long') return `${where} sends too much data: set --prometheus-job`;
  const { status, text } = fetched;
  if (status === 401 || status === 403)
    return `${where} answered ${status}: set --prometheus-token-file to a token that may query it`;
  const answer = parsePrometheusAnswer(text);
  if (answer.outcome === 'failed') return `${where} failed to answer a query: ${visible(answer.why)}`;
  if (answer.outcome === 'series' && status === 200) return answer.series;
  return `${url.origin}${endpoint.pathname} answered ${status}: check that --prometheus is the address of a Prometheus, with its path before /api/v1`;
}

function addTo(history: History, day: number, name: string, count: number): void {
  const counts = new Map(history[day]?.counts);
  counts.set(name, (counts.get(name) ?? 0) + count);
  history[day] = { counts, last: undefined };
}
