import { expect, test } from 'vitest';
import { StoreFault } from '../../../src/store/flow-store.ts';
import { createTelemetry, type Telemetry } from '../../../src/telemetry/telemetry.ts';
import { UpstreamFault } from '../../../src/upstream/upstream-fault.ts';

const CONFIG = { level: 'silent', format: 'json', requests: false } as const;

/** The gateway's metrics after some events, without buckets and initial samples. */
async function countedBy(happen: (telemetry: Telemetry) => void) {
  const telemetry = await createTelemetry(CONFIG, '1.2.3');
  const lines = async () =>
    (await telemetry.metrics.registry.metrics())
      .split('\n')
      .filter((line) => line.startsWith('pkce_gateway_') && !/_bucket|file_descriptors/.test(line))
      .map((line) => line.slice('pkce_gateway_'.length));
  const before = new Set(await lines());
  happen(telemetry);
  return (await lines()).filter((line) => !before.has(line));
}

const subject = { issuer: 'corp', client: 'spa*', clientId: 'spa-1' };
const violation = {
  ...subject,
  endpoint: 'token',
  reason: 'code_replayed',
  requestId: 'r',
  clientAddress: '192.0.2.1',
  userAgent: undefined,
} as const;

test('every event counts under the labels of its metric', async () => {
  const counted = await countedBy(({ events, processEvents }) => {
    events.violation({ ...violation, mode: 'enforce' });
    events.violation({ ...violation, mode: 'report' });
    events.unplacedRequest({
      cause: 'host',
      requestId: 'r',
      clientAddress: '192.0.2.1',
      host: undefined,
      path: '/',
    });
    processEvents.unreadableRequest('malformed');
    processEvents.connectionDropped();
    events.authorizationRequested(subject, 'S256');
    events.codeBound(subject, { redirectUri: undefined, violations: [] });
    events.codeBound(subject, { redirectUri: undefined, violations: ['challenge_missing'] });
    events.redeemed(subject, 'verified');
    events.redeemed(subject, 'verified');
    events.storeOperation('ping', 250, undefined);
    events.storeOperation('saveFlow', 500, new StoreFault('store_timeout', 'late'));
    events.upstreamFault('corp', new UpstreamFault('timeout', 'late'), 'r');
    processEvents.auditRecordDropped();
    processEvents.workerEnded(1, 'exit 1', 100);
  });
  expect(counted).toEqual([
    'rejections_total{issuer="corp",client="spa*",endpoint="token",reason="code_replayed"} 1',
    'report_only_violations_total{issuer="corp",client="spa*",endpoint="token",reason="code_replayed"} 1',
    'violations_with_code_total{issuer="corp",client="spa*",reason="challenge_missing"} 1',
    'unplaced_requests_total{cause="host"} 1',
    'unplaced_requests_total{cause="malformed"} 1',
    'connections_dropped_total 1',
    'authorization_requests_total{issuer="corp",client="spa*",challenge_method="S256"} 1',
    'codes_bound_total{issuer="corp",client="spa*"} 2',
    'redemptions_total{issuer="corp",client="spa*",result="verified"} 2',
    'store_duration_seconds_sum{operation="ping",outcome="ok"} 0.25',
    'store_duration_seconds_count{operation="ping",outcome="ok"} 1',
    'store_duration_seconds_sum{operation="saveFlow",outcome="fault"} 0.5',
    'store_duration_seconds_count{operation="saveFlow",outcome="fault"} 1',
    'store_errors_total{operation="saveFlow"} 1',
    'upstream_errors_total{issuer="corp",kind="timeout"} 1',
    'audit_records_dropped_total 1',
    'worker_restarts_total 1',
  ]);
});

const answered = {
  requestId: 'r',
  method: 'GET',
  path: '/',
  status: 200,
  endpoint: 'token',
  issuer: 'corp',
  clientAddress: '192.0.2.1',
} as const;

test('a request counts while it is in flight, and at its end by endpoint and status class', async () => {
  const counted = await countedBy(({ events }) => {
    for (let i = 0; i < 4; i += 1) events.requestBegan('r');
    events.requestEnded({ ...answered, times: { total: 500, upstream: 250, overhead: 125 } });
    events.requestEnded({ ...answered, endpoint: 'other', status: 404, times: { total: 1000 } });
  });
  expect(counted).toEqual([
    'request_duration_seconds_sum{endpoint="token",status_class="2xx"} 0.5',
    'request_duration_seconds_count{endpoint="token",status_class="2xx"} 1',
    'request_duration_seconds_sum{endpoint="other",status_class="4xx"} 1',
    'request_duration_seconds_count{endpoint="other",status_class="4xx"} 1',
    'upstream_duration_seconds_sum{endpoint="token",status_class="2xx"} 0.25',
    'upstream_duration_seconds_count{endpoint="token",status_class="2xx"} 1',
    'overhead_seconds_sum{endpoint="token"} 0.125',
    'overhead_seconds_count{endpoint="token"} 1',
    'requests_in_flight 2',
  ]);
});

test('metrics without labels start at zero', async () => {
  const { metrics } = await createTelemetry(CONFIG, '1.2.3');
  const text = await metrics.registry.metrics();
  expect(text).toContain('\npkce_gateway_connections_dropped_total 0\n');
  expect(text).toContain('\npkce_gateway_requests_in_flight 0\n');
  expect(text).toMatch(/# TYPE pkce_gateway_overhead_seconds histogram\n\n# HELP/);
  expect(text).toMatch(/# TYPE pkce_gateway_codes_bound_total counter\n\n# HELP/);
});
