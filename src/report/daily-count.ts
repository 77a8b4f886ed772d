const DAY = 86_400;

/**
 * PromQL: how far a counter has moved in the window of so many seconds, at most a day, that ends at the time of evaluation.
 * `increase()` alone would not do. It leaves out the first value of a series, and the first violation of a client begins a
 * series; and it extrapolates, which makes more of a few logins than there were.
 */
export function dailyCount(
  metric: string,
  labels: readonly string[],
  { selector, seconds }: { readonly selector: string; readonly seconds: number },
): string {
  const series = `pkce_gateway_${metric}${selector}`;
  const last = `last_over_time(${series}[${seconds}s])`;
  // Where the process was scraped on the day before, or started since, a new series began at 0. Otherwise nobody knows what it
  // had counted before Prometheus saw it.
  const beganAtZero = `(${wasScraped(selector, `[${DAY}s] offset ${seconds}s`)} or last_over_time(process_start_time_seconds${selector}[${seconds}s]) > time() - ${seconds})`;
  const before = `(last_over_time(${series}[${DAY}s] offset ${seconds}s) or 0 * ${last} and on (job, instance) ${beganAtZero} or min_over_time(${series}[${seconds}s]))`;
  const withoutRestart = `${last} - ${before} and resets(${series}[${seconds + DAY}s]) == 0`;
  // What two days have more than the first of them: so a restart between the two is seen.
  const both = `(increase(${series}[${seconds + DAY}s]) or 0 * ${last})`;
  const first = `(increase(${series}[${DAY}s] offset ${seconds}s) or 0 * ${last})`;
  const withRestart = `clamp_min(${both} - ${first}, 0) and ${last}`;
  return `sum by (${labels.join(', ')}) (${withoutRestart} or ${withRestart})`;
}

/** PromQL: the gateways that Prometheus scraped in a range, such as `[60s]`. */
export function wasScraped(selector: string, range: string): string {
  return `last_over_time(pkce_gateway_build_info${selector}${range})`;
}
