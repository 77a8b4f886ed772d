const DAY = 86_400;

/**
 * PromQL: the increase of a counter in the window of this many seconds, at most a day, that ends at the time of evaluation.
 * `increase()` alone is not sufficient: it ignores the first value of a series, and the first violation of a client begins a
 * series; and it extrapolates, which inflates a small number of logins.
 */
export function dailyCount(
  metric: string,
  labels: readonly string[],
  { selector, seconds }: { readonly selector: string; readonly seconds: number },
): string {
  const series = `pkce_gateway_${metric}${selector}`;
  const last = `last_over_time(${series}[${seconds}s])`;
  // If the process was scraped on the day before, or started since, a new series began at 0. Otherwise its count before the first
  // scrape is unknown.
  const beganAtZero = `(${wasScraped(selector, `[${DAY}s] offset ${seconds}s`)} or last_over_time(process_start_time_seconds${selector}[${seconds}s]) > time() - ${seconds})`;
  const before = `(last_over_time(${series}[${DAY}s] offset ${seconds}s) or 0 * ${last} and on (job, instance) ${beganAtZero} or min_over_time(${series}[${seconds}s]))`;
  const withoutRestart = `${last} - ${before} and resets(${series}[${seconds + DAY}s]) == 0`;
  // The increase of two days minus that of the first one, so that a restart between them is noticed.
  const both = `(increase(${series}[${seconds + DAY}s]) or 0 * ${last})`;
  const first = `(increase(${series}[${DAY}s] offset ${seconds}s) or 0 * ${last})`;
  const withRestart = `clamp_min(${both} - ${first}, 0) and ${last}`;
  return `sum by (${labels.join(', ')}) (${withoutRestart} or ${withRestart})`;
}

/** PromQL: the gateways that Prometheus scraped in a range, such as `[60s]`. */
export function wasScraped(selector: string, range: string): string {
  return `last_over_time(pkce_gateway_build_info${selector}${range})`;
}
