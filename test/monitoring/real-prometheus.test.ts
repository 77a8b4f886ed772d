import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Prometheus, type Rule, startPrometheus } from '../support/prometheus.ts';
import { PANEL_QUERIES } from './dashboard-panels.ts';
import { ALERTS, RULE_FILES } from './rule-files.ts';
import { ScrapedStage } from './scraped-stage.ts';

let stage: ScrapedStage;
let prometheus: Prometheus;

beforeAll(async () => {
  stage = await ScrapedStage.open();
  prometheus = await startPrometheus(RULE_FILES, [
    {
      job_name: 'gateway',
      // As with the Prometheus operator: each target has a label with the name of one of ours.
      static_configs: [{ targets: [`127.0.0.1:${stage.adminPort}`], labels: { endpoint: 'admin' } }],
      relabel_configs: [{ action: 'labeldrop', regex: 'endpoint' }],
    },
  ]);
});
afterAll(async () => {
  await prometheus?.[Symbol.asyncDispose]();
  await stage?.[Symbol.asyncDispose]();
});

/** Simulates clients until everything was seen. If the test times out, the message says what is missing. */
async function until(missing: () => Promise<readonly string[]>, use = () => stage.round()): Promise<void> {
  const deadline = AbortSignal.timeout(45_000);
  for (;;) {
    await use();
    const names = await missing();
    if (names.length === 0) return;
    if (deadline.aborted) expect(names).toEqual([]);
  }
}

const spoken = new Set<string>();
const silentAlerts = (names: readonly string[]) => async (): Promise<readonly string[]> => {
  const rules = await prometheus.rules();
  const speaks = ({ name, alerts = [] }: Rule) => names.includes(name) && alerts.length > 0;
  const speaking = rules.filter(speaks).map(({ name }) => name);
  for (const name of speaking) spoken.add(name);
  return names.filter((name) => !speaking.includes(name));
};

/** Waits for the next evaluation, which has no event. */
const nextSecond = () => new Promise<void>((resolve) => setTimeout(resolve, 250));

test('a missing gateway is an alert', async () => {
  await until(silentAlerts(['PkceGatewayAbsent']), nextSecond);
});

test('every panel has data while clients use the gateway correctly and wrongly', {
  timeout: 60_000,
}, async () => {
  await stage.startGateway();
  await until(async () => {
    const answers = await Promise.all(
      PANEL_QUERIES.map(async ({ title, expr }) => ({ title, expr, samples: await prometheus.query(expr) })),
    );
    const empty = answers.filter(({ samples }) => !samples.some(({ value }) => !Number.isNaN(value)));
    return empty.map(({ title, expr }) => `${title}: ${expr}`);
  });
});

test('metrics keep their own endpoint', async () => {
  const samples = await prometheus.query(
    'sum by (endpoint, exported_endpoint) (pkce_gateway_rejections_total)',
  );
  expect(samples.map(({ labels }) => labels)).toEqual(
    expect.arrayContaining([{ endpoint: 'authorization' }, { endpoint: 'token' }]),
  );
  expect(
    samples.filter(({ labels }) => 'exported_endpoint' in labels || labels.endpoint === 'admin'),
  ).toEqual([]);
});

test('failures of clients and thefts are alerted', { timeout: 60_000 }, async () => {
  await until(
    silentAlerts([
      'PkceGatewayUpstreamErrors',
      'PkceGatewayRejectionSpike',
      'PkceGatewayVerifierMismatches',
      'PkceGatewayCodeReplays',
      'PkceGatewayCodesNotRedeemed',
    ]),
  );
});

test('an audit stream without a reader is alerted', { timeout: 60_000 }, async () => {
  await until(silentAlerts(['PkceGatewayAuditRecordsDropped']), () => stage.violate());
});

test('a slow store is alerted', { timeout: 60_000 }, async () => {
  await until(silentAlerts(['PkceGatewayOverheadHigh']), async () => {
    await stage.redis.call('CLIENT', 'PAUSE', '100', 'ALL');
    await stage.round();
  });
});

test('restarting workers and reached limits are alerted', { timeout: 60_000 }, async () => {
  for (let killed = 0; killed < 3; killed += 1) await stage.killWorker();
  using _crowd = await stage.crowd();
  const alerts = [
    'PkceGatewayWorkersRestarting',
    'PkceGatewayConnectionsDropped',
    'PkceGatewayFileDescriptorsShort',
  ];
  await until(silentAlerts(alerts), nextSecond);
});

test('a worker that does not restart is alerted', { timeout: 60_000 }, async () => {
  await until(silentAlerts(['PkceGatewayWorkersMissing']), () => {
    stage.endWorker();
    return nextSecond();
  });
});

test('faults of the store and a failed reload are alerted', { timeout: 60_000 }, async () => {
  await stage.breakConfiguration();
  stage.redis.pause();
  await until(
    silentAlerts([
      'PkceGatewayStoreUnreachable',
      'PkceGatewayStoreErrors',
      'PkceGatewayLoginsFailing',
      'PkceGatewayConfigReloadFailed',
    ]),
  );
  stage.redis.resume();
});

test('a gateway that ends is alerted', async () => {
  await stage.gateway.stop('SIGKILL');
  await until(silentAlerts(['PkceGatewayDown']), nextSecond);
});

test('Prometheus evaluated every rule, and every alert fired', async () => {
  const rules = await prometheus.rules();
  expect(rules.length).toBeGreaterThan(15);
  expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
  expect([...spoken].sort()).toEqual(ALERTS.map(({ alert }) => alert).sort());
  for (const { name } of rules.filter(({ type }) => type === 'recording')) {
    expect(await prometheus.query(`last_over_time(${name}[5m])`), name).not.toEqual([]);
  }
});
