import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type GatewayProcess, startGatewayProcess } from '../support/process.ts';
import { startRedis } from '../support/redis-server.ts';
import { SimpleClient, send } from '../support/simple-client.ts';
import {
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';

/** Starting a process and a reload take seconds each while many tests run. */
const PATIENCE = 30_000;
vi.setConfig({ testTimeout: 3 * PATIENCE });

const BIDI = '\u202eevil\u2066';

let directory: string;
let file: string;
let upstream: ScriptedLegacyServer;

const yaml = (log: string, store = '{kind: memory}') => `
listen: {address: 127.0.0.1:0}
admin: {address: 127.0.0.1:0}
log: {${log}}
store: ${store}
issuers:
  - name: corp
    upstream: {url: ${upstream.url}}
    clients: {spa: {redirect_uris: [https://app.example.com/cb]}}
`;

async function start(log: string, store?: string): Promise<GatewayProcess> {
  await writeFile(file, yaml(log, store));
  return startGatewayProcess(['serve', '--config', file]);
}

const lines = (gateway: GatewayProcess, event: string) =>
  gateway.stderr
    .filter((line) => line.includes(`"event":"${event}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-log-'));
  file = join(directory, 'gateway.yaml');
  upstream = await startScriptedLegacyServer();
});
afterEach(async () => {
  await upstream[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

test('log.requests: a line for each answered request, without its query, at any level', async () => {
  await using gateway = await start('level: error, requests: true');
  const client = new SimpleClient(gateway.url);
  const asked = client.authorizeUrl();
  const answer = await send(asked);
  await send(`${gateway.url}/inspect?secret=1`, { method: 'POST', body: 'x' });
  await vi.waitFor(() => expect(lines(gateway, 'request')).toHaveLength(2), PATIENCE);
  const [login, page] = lines(gateway, 'request');
  expect(login).toEqual({
    level: 'info',
    time: expect.any(String),
    event: 'request',
    request_id: expect.any(String),
    method: 'GET',
    path: '/oauth2/authorize',
    status: answer.status,
    endpoint: 'authorization',
    issuer: 'corp',
    client: 'spa',
    client_address: '127.0.0.1',
    duration_ms: expect.any(Number),
    upstream_ms: expect.any(Number),
    overhead_ms: expect.any(Number),
    msg: 'answered',
  });
  expect(page).toMatchObject({ method: 'POST', path: '/inspect', endpoint: 'other' });
  expect(page).not.toHaveProperty('client');
  expect(gateway.stderr.join('\n')).not.toMatch(/secret|the-state/);
});

test('level and requests change with a reload, and debug lines have the id of their request', async () => {
  await using gateway = await start('level: warn');
  const client = new SimpleClient(gateway.url);
  await client.redeem(await client.newCode());
  expect(gateway.stderr).toEqual([]);
  await writeFile(file, yaml('level: debug, requests: true'));
  gateway.signal('SIGHUP');
  await gateway.waitForLine(/"event":"config_loaded"/, AbortSignal.timeout(PATIENCE));
  await client.redeem(await client.newCode());
  await vi.waitFor(() => expect(lines(gateway, 'request')).toHaveLength(2), PATIENCE);
  const [login, redemption] = lines(gateway, 'request').map(({ request_id }) => request_id);
  expect(lines(gateway, 'authorization_request').map(({ request_id }) => request_id)).toEqual([login]);
  expect(lines(gateway, 'code_bound').map(({ request_id }) => request_id)).toEqual([login]);
  expect(lines(gateway, 'redemption').map(({ request_id }) => request_id)).toEqual([redemption]);
  const operations = lines(gateway, 'store_operation').filter(({ request_id }) => request_id !== undefined);
  expect(new Set(operations.map(({ request_id }) => request_id))).toEqual(new Set([login, redemption]));
  await writeFile(file, yaml('level: warn, requests: false'));
  gateway.signal('SIGHUP');
  await vi.waitFor(async () => {
    const length = gateway.stderr.length;
    await client.authorize();
    expect(gateway.stderr.length).toBe(length);
  }, PATIENCE);
});

test('a fault of Redis names the request, the Redis, and what to do', async () => {
  await using redis = await startRedis({ port: true });
  await using gateway = await start('level: info', `{kind: redis, redis: {url: "${redis.url}"}}`);
  await redis.stop();
  const answer = await new SimpleClient(gateway.url).authorize();
  expect(answer.status).toBe(503);
  const [fault] = await vi.waitFor(() => {
    const faults = lines(gateway, 'store_fault').filter(({ request_id }) => request_id !== undefined);
    expect(faults.length).toBeGreaterThan(0);
    return faults;
  }, PATIENCE);
  expect(fault).toMatchObject({
    request_id: answer.headers['x-request-id'],
    address: expect.stringMatching(/^redis:\/\/127\.0\.0\.1:\d+/),
    msg: expect.stringContaining('check that Redis runs'),
  });
});

test.each(['json', 'pretty'])('untrusted input cannot forge or garble a line (%s)', async (format) => {
  await using gateway = await start(`format: ${format}, requests: true`);
  const client = new SimpleClient(gateway.url);
  const nasty = `${BIDI}\r\n\u001b[2J\u0085\u2028`;
  await client.authorize({ client_id: nasty, code_challenge: undefined });
  await client.authorize({ redirect_uri: `https://app.example.com/${nasty}` });
  await send(client.authorizeUrl({ code_challenge: undefined }), {
    headers: { 'user-agent': 'a\u0085\u009bb' },
  });
  await gateway.waitForLine(/user_agent.*a\\+u0085/, AbortSignal.timeout(PATIENCE));
  expect(gateway.stderr.join('\n')).not.toMatch(
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/,
  );
});
