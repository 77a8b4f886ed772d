import { readdirSync, readFileSync } from 'node:fs';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds: from a proxied page on the same host to a login that waits for a slow directory. */
const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Seconds: the time of the gateway itself and of its store. */
const OWN_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5];

export const METRICS_CONTENT_TYPE: string = Registry.PROMETHEUS_CONTENT_TYPE;

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * Every metric of the gateway. Labels are bounded: issuers, configured client entries and fixed words. With workers, each
 * process has all of them, and they are added up; of a gauge that is `first`, only that of the primary counts.
 */
export function createMetrics(build: { readonly version: string; readonly node: string }) {
  const registry = new Registry();
  const named = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) => ({
    name: `pkce_gateway_${name}`,
    help,
    labelNames,
    registers: [registry],
  });
  const counter = <L extends string = never>(...of: Parameters<typeof named<L>>) => new Counter(named(...of));
  const histogram = <L extends string>(buckets: readonly number[], ...of: Parameters<typeof named<L>>) =>
    new Histogram({ ...named(...of), buckets: [...buckets] });
  const first = <L extends string = never>(...of: Parameters<typeof named<L>>) =>
    new Gauge({ ...named(...of), aggregator: 'first' });

  collectDefaultMetrics({ register: registry });
  const violation = ['issuer', 'client', 'endpoint', 'reason'] as const;
  const metrics = {
    registry,
    rejections: counter('rejections_total', 'Requests refused, by reason.', violation),
    reportOnlyViolations: counter(
      'report_only_violations_total',
      'Requests that would have been refused if their client were enforced, by reason.',
      violation,
    ),
    violationsWithCode: counter(
      'violations_with_code_total',
      'Requests counted in `pkce_gateway_report_only_violations_total` that nobody can make up, by reason: authorization requests whose login got a code, and token requests that redeem such a code or that the server accepted. Only these, and responses that would have been refused, count against the readiness of the client.',
      ['issuer', 'client', 'reason'],
    ),
    unplacedRequests: counter(
      'unplaced_requests_total',
      'Requests refused before their issuer and endpoint were known, by cause (malformed, head_too_large, head_too_slow, version, host, target, issuer_unknown, path_unknown, endpoints_unknown, upgrade).',
      ['cause'],
    ),
    connectionsDropped: counter(
      'connections_dropped_total',
      'Connections closed at once, because `listen.limits.connections` was reached.',
    ),
    authorizationRequests: counter(
      'authorization_requests_total',
      'Authorization requests, including pushed and refused ones, by code_challenge_method (S256, plain, none).',
      ['issuer', 'client', 'challenge_method'],
    ),
    codesBound: counter('codes_bound_total', 'Codes seen in responses and bound to their flow.', [
      'issuer',
      'client',
    ]),
    redemptions: counter(
      'redemptions_total',
      'Codes presented at the token endpoint, by result (verified, unverified, refused, upstream_error).',
      ['issuer', 'client', 'result'],
    ),
    requestDuration: histogram(
      REQUEST_BUCKETS,
      'request_duration_seconds',
      'From the request head to the end of the response.',
      ['endpoint', 'status_class'],
    ),
    upstreamDuration: histogram(
      REQUEST_BUCKETS,
      'upstream_duration_seconds',
      'From sending a request upstream to the head of its response.',
      ['endpoint', 'status_class'],
    ),
    overhead: histogram(
      OWN_BUCKETS,
      'overhead_seconds',
      'From the request head to the response head, without the time of the upstream.',
      ['endpoint'],
    ),
    requestsInFlight: new Gauge(named('requests_in_flight', 'Requests being answered.')),
    storeDuration: histogram(
      OWN_BUCKETS,
      'store_duration_seconds',
      'Store operations, by outcome (ok, fault).',
      ['operation', 'outcome'],
    ),
    storeErrors: counter('store_errors_total', 'Store operations that failed.', ['operation']),
    storeUp: new Gauge({
      ...named(
        'store_up',
        '1 while the store is reachable, else 0; with workers, 0 if one of them cannot reach it.',
      ),
      aggregator: 'min',
    }),
    upstreamErrors: counter(
      'upstream_errors_total',
      'Requests that the upstream did not answer, by kind (unreachable, timeout, reset, protocol, busy).',
      ['issuer', 'kind'],
    ),
    logLinesDropped: counter(
      'log_lines_dropped_total',
      'Lines of the log that were lost, because the reader of standard error was slow or gone.',
    ),
    auditRecordsDropped: counter(
      'audit_records_dropped_total',
      'Lines of the audit stream that were lost, because its destination was full, slow or gone.',
    ),
    configLastReloadSuccessful: first(
      'config_last_reload_successful',
      '1 if the last reload took effect, else 0.',
    ),
    configLastReloadSuccess: first(
      'config_last_reload_success_timestamp_seconds',
      'When the configuration in force was loaded (Unix time).',
    ),
    workers: first('workers', 'Processes that should serve.'),
    workersReady: first('workers_ready', 'Processes that serve.'),
    workerRestarts: counter(
      'worker_restarts_total',
      'Processes that ended unexpectedly, or hung, and were replaced.',
    ),
    descriptorUse: new Gauge({
      ...named(
        'file_descriptors_used_ratio',
        'Open file descriptors as a share of their limit (0 to 1), in the process where it is largest.',
      ),
      aggregator: 'max',
      collect() {
        const use = readDescriptorUse();
        if (use !== undefined) this.set(use);
      },
    }),
    buildInfo: first('build_info', 'Always 1; the labels contain the versions.', ['version', 'node']),
  };
  metrics.buildInfo.set({ ...build }, 1);
  metrics.storeUp.set(1);
  return metrics;
}

/** The share of this process's file descriptors that is in use, from 0 to 1. `undefined` if the system does not say. */
function readDescriptorUse(): number | undefined {
  try {
    const limit = Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
    // Without the descriptor that the count itself uses.
    return limit > 0 ? (readdirSync('/proc/self/fd').length - 1) / limit : undefined;
  } catch (error) {
    // No descriptor is left for the count.
    return error instanceof Error && 'code' in error && error.code === 'EMFILE' ? 1 : undefined;
  }
}
