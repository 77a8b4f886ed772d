import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MetricSamples } from '../support/metric-samples.ts';
import { type GatewayProcess, runCommand, startGatewayProcess } from '../support/process.ts';
import { startRedis } from '../support/redis-server.ts';
import { SimpleClient, send } from '../support/simple-client.ts';
import {
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';

type Line = Readonly<Record<string, unknown>>;

const WITHOUT_PKCE = { code_challenge: undefined, code_challenge_method: undefined };

let directory: string;
let config: string;
let audit: string;
let upstream: ScriptedLegacyServer;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-audit-'));
  config = join(directory, 'gateway.yaml');
  audit = join(directory, 'audit.jsonl');
  upstream = await startScriptedLegacyServer();
});
afterEach(async () => {
  await upstream[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const yaml = (settings: string, top = '') => `
listen: {address: 127.0.0.1:0, trusted_proxies: [127.0.0.1]}
admin: {address: 127.0.0.1:0}
${settings === '' ? '' : `audit: {${settings}}`}
${top}
issuers:
  - name: corp
    upstream: {url: "${upstream.url}"}
    clients: {spa: {redirect_uris: [https://app.example.com/cb]}, "old-*": {mode: report}}
`;

async function start(settings: string, top?: string): Promise<GatewayProcess> {
  await writeFile(config, yaml(settings, top));
  return startGatewayProcess(['serve', '--config', config]);
}

const linesIn = async (file: string): Promise<Line[]> =>
  (await readFile(file, 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

async function violate(gateway: GatewayProcess, requestHeaders: Record<string, string> = {}, client = 'spa') {
  const url = new SimpleClient(gateway.url, client).authorizeUrl(WITHOUT_PKCE);
  return send(url, { headers: requestHeaders });
}

const logged = (gateway: GatewayProcess, event: string) =>
  gateway.stderr.filter((line) => line.includes(`"event":"${event}"`));

describe('a line for each violation', () => {
  test('in order, with client and reason; none for legitimate requests', async () => {
    await using gateway = await start(`destination: ${audit}, address: truncated`);
    const from = { 'x-forwarded-for': '198.51.100.23', 'user-agent': 'browser/1' };
    const refused = await violate(gateway, from);
    const reported = await violate(gateway, { 'x-forwarded-for': '2001:db8:1:2::3' }, 'old-7');
    const client = new SimpleClient(gateway.url);
    const code = await client.newCode();
    await client.redeem(code, { code_verifier: undefined });
    expect((await client.redeem(code)).status).toBe(200);
    expect(await gateway.stop()).toBe(0);

    const lines = await linesIn(audit);
    expect(lines[0]).toEqual({
      schema: 'pkce-gateway/audit/1',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      event: 'refusal',
      issuer: 'corp',
      client: 'spa',
      client_id: 'spa',
      endpoint: 'authorization',
      reason: 'challenge_missing',
      mode: 'enforce',
      request_id: refused.headers['x-request-id'],
      detail: null,
      client_address: '198.51.100.0',
      user_agent: 'browser/1',
    });
    const request_id = reported.headers['x-request-id'];
    expect(lines.slice(1)).toMatchObject([
      {
        event: 'report_only_violation',
        client: 'old-*',
        client_id: 'old-7',
        client_address: '2001:db8:1::',
        request_id,
      },
      // A code on its way to the place of another, enforced client.
      {
        event: 'refusal',
        client: 'spa',
        client_id: null,
        endpoint: 'authorization_response',
        reason: 'flow_unknown',
        detail: 'https://app.example.com/cb',
        request_id,
      },
      { event: 'refusal', endpoint: 'token', reason: 'verifier_missing', client_address: '127.0.0.0' },
    ]);
    // The log has the same violations with the same ids.
    const ids = [...logged(gateway, 'refusal'), ...logged(gateway, 'report_only_violation')].map(
      (line) => JSON.parse(line).request_id,
    );
    expect(new Set(lines.map(({ request_id }) => request_id))).toEqual(new Set(ids));
  });

  test('on standard output', async () => {
    await using gateway = await start('destination: stdout, address: none');
    await violate(gateway);
    const line = await gateway.waitForLine(/"pkce-gateway\/audit\/1"/);
    expect(gateway.stdout).toContain(line);
    expect(JSON.parse(line)).toMatchObject({ client_address: null, reason: 'challenge_missing' });
  });

  test('of two processes, with whole lines', async () => {
    await using redis = await startRedis({ port: true });
    const store = `workers: 2\n${redis.store}`;
    await using gateway = await start(`destination: ${audit}`, store);
    await Promise.all(Array.from({ length: 100 }, () => violate(gateway)));
    expect(await gateway.stop()).toBe(0);
    const lines = await linesIn(audit);
    expect(new Set(lines.map(({ request_id }) => request_id)).size).toBe(100);
    const workers = new Set(logged(gateway, 'refusal').map((line) => JSON.parse(line).worker));
    expect([...workers].sort()).toEqual([1, 2]);
  });

  test('nowhere by default', async () => {
    await using gateway = await start('');
    await violate(gateway);
    await gateway.waitForLine(/"event":"refusal"/);
    expect(await gateway.stop()).toBe(0);
    expect([...gateway.stdout, ...gateway.stderr].join('')).not.toContain('/audit/');
  });
});

describe('rotation', () => {
  test('with SIGHUP: from then on, lines go to the new file', async () => {
    await using gateway = await start(`destination: ${audit}`);
    await violate(gateway);
    await vi.waitFor(async () => expect(await linesIn(audit)).toHaveLength(1), 10_000);
    await rename(audit, `${audit}.1`);
    gateway.signal('SIGHUP');
    await vi.waitFor(async () => expect(await linesIn(audit)).toEqual([]), 10_000);
    await violate(gateway);
    expect(await gateway.stop()).toBe(0);
    expect([(await linesIn(`${audit}.1`)).length, (await linesIn(audit)).length]).toEqual([1, 1]);
  });

  test('without SIGHUP: soon, and no line is lost', async () => {
    await using gateway = await start(`destination: ${audit}`);
    await violate(gateway);
    await vi.waitFor(async () => expect(await linesIn(audit)).toHaveLength(1), 10_000);
    await rename(audit, `${audit}.1`);
    let sent = 1;
    await vi.waitFor(
      async () => {
        await violate(gateway);
        sent += 1;
        await linesIn(audit);
      },
      { timeout: 15_000, interval: 100 },
    );
    expect(await gateway.stop()).toBe(0);
    const lines = [...(await linesIn(`${audit}.1`)), ...(await linesIn(audit))];
    expect(lines).toHaveLength(sent);
  });
});

describe('a destination that cannot be written', () => {
  test('a full disk delays no login; the log reports it once, and no line is lost yet', async () => {
    await using gateway = await start('destination: /dev/full');
    const client = new SimpleClient(gateway.url);
    for (let i = 0; i < 5; i++) {
      expect((await violate(gateway)).location?.searchParams.get('error')).toBe('invalid_request');
    }
    expect((await client.redeem(await client.newCode())).status).toBe(200);
    await gateway.waitForLine(/"event":"audit_trouble".*ENOSPC/);
    const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    expect(new MetricSamples(text).value('audit_records_dropped_total')).toBe(0);
    expect(await gateway.stop()).toBe(0);
    expect(logged(gateway, 'audit_trouble')).toHaveLength(1);
  });

  test.each([
    ['is in no folder', '/nowhere/audit.jsonl', /ENOENT/],
    ['is a folder', '/tmp', /EISDIR/],
  ])(
    'a file that %s: the gateway does not start, and prints the reason in one line',
    async (_, path, why) => {
      await writeFile(config, yaml(`destination: ${path}`));
      const { exitCode, stderr } = await runCommand(['serve', '--config', config]);
      expect(exitCode).toBe(1);
      const [line = '', ...others] = stderr.split('\n').filter((text) => !text.startsWith('{'));
      expect(line).toMatch(/^pkce-gateway: cannot start: audit\.destination: /);
      expect(line).toMatch(why);
      expect(others).toEqual([]);
    },
  );
});

test('a changed destination needs a restart, and the log says so', async () => {
  await using gateway = await start('');
  await writeFile(config, yaml(`destination: ${audit}`));
  gateway.signal('SIGHUP');
  await gateway.waitForLine(/"event":"restart_needed".*audit: a change takes effect with a restart/);
});
