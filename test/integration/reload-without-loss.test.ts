import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MetricSamples } from '../support/metric-samples.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/process.ts';
import { SimpleClient } from '../support/simple-client.ts';
import {
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';

/** Starting a process and a reload take seconds each while many tests run. */
const PATIENCE = 30_000;
vi.setConfig({ testTimeout: 3 * PATIENCE });

let directory: string;
let file: string;
let upstream: ScriptedLegacyServer;
let gateway: GatewayProcess;

const yaml = (mode: string, more = '') => `
listen: {address: 127.0.0.1:0, limits: {header_timeout: 60s}}
admin: {address: 127.0.0.1:0}
issuers:
  - name: corp
    upstream: {url: ${upstream.url}}
    unlisted_clients: {mode: ${mode}}
${more}`;

const lines = (event: string) => gateway.stderr.filter((line) => line.includes(`"event":"${event}"`));
const readiness = async () => (await fetch(`${gateway.adminUrl}/readyz`)).text();

async function start(): Promise<void> {
  gateway = await startGatewayProcess(['serve', '--config', file]);
  await gateway.waitForLine(/"event":"config_loaded"/, AbortSignal.timeout(PATIENCE));
}

async function reload(mode: string, more?: string): Promise<void> {
  const attempts = () => lines('config_loaded').length + lines('config_rejected').length;
  const before = attempts();
  await writeFile(file, yaml(mode, more));
  gateway.signal('SIGHUP');
  await vi.waitFor(() => expect(attempts()).toBeGreaterThan(before), PATIENCE);
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-reload-'));
  file = join(directory, 'gateway.yaml');
  upstream = await startScriptedLegacyServer();
  await writeFile(file, yaml('report'));
  await start();
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

test('a request whose body arrives before and after two reloads is answered, at a judged endpoint and elsewhere', async () => {
  const client = new SimpleClient(gateway.url);
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code: await client.newCode(),
    redirect_uri: client.redirectUri,
    client_id: client.clientId,
    code_verifier: client.pair.verifier,
  }).toString();
  const sent = ['/oauth2/token', '/echo'].map((path) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': form.length };
    const outgoing = request(`${gateway.url}${path}`, { method: 'POST', headers });
    outgoing.write(form.slice(0, 20));
    return { outgoing, answered: once(outgoing, 'response') };
  });
  const inFlight = async () => {
    const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    return new MetricSamples(text).value('requests_in_flight');
  };
  await vi.waitFor(async () => expect(await inFlight()).toBe(2), PATIENCE);
  await reload('enforce');
  await reload('report');
  for (const { outgoing } of sent) outgoing.end(form.slice(20));
  const statuses = await Promise.all(
    sent.map(async ({ answered }) => {
      const [response] = await answered;
      response.resume();
      return response.statusCode;
    }),
  );
  expect(statuses).toEqual([200, 200]);
});

test('missing upstream metadata during a reload affects no request', async () => {
  expect((await fetch(`${gateway.url}/.well-known/openid-configuration`)).status).toBe(200);
  upstream.quirks.metadata = 'none';
  await reload('enforce');
  expect(await readiness()).toBe('ok\n');
  const client = new SimpleClient(gateway.url);
  expect((await client.redeem(await client.newCode())).status).toBe(200);
  expect((await client.authorize({ code_challenge: undefined })).status).toBe(400);
  expect(lines('discovery_failed')).toEqual([]);
});

test('no configuration takes effect without endpoints, but an issuer that never had any blocks no reload', async () => {
  const further = `
  - name: other
    hosts: [other.example.com]
    upstream: {url: "http://127.0.0.1:1"}
`;
  await reload('enforce', further);
  const [rejected = '{}'] = lines('config_rejected');
  expect(JSON.parse(rejected).problems).toEqual([
    'issuer other: the upstream did not tell its endpoints; check that it can be reached, or name them under `endpoints`',
  ]);
  expect(await readiness()).toBe('ok\n');
  expect((await new SimpleClient(gateway.url).authorize({ code_challenge: undefined })).status).toBe(302);
  await gateway.stop();

  await start();
  expect(await readiness()).toMatch(/^not ready: the endpoints of issuer other are not known: /);
  await reload('report', further);
  expect(lines('config_loaded')).toHaveLength(2);
  expect((await new SimpleClient(gateway.url).authorize({ code_challenge: undefined })).status).toBe(302);
});
