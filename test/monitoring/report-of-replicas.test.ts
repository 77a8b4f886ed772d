import { randomBytes } from 'node:crypto';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type GatewayProcess, runCommand, startGatewayProcess } from '../support/process.ts';
import { type Prometheus, startPrometheus } from '../support/prometheus.ts';
import { SimpleClient, send } from '../support/simple-client.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';

const WITHOUT_PKCE = { code_challenge: undefined, code_challenge_method: undefined };
const SOON = { timeout: 45_000, interval: 250 };

type Reported = Readonly<Record<string, unknown>> & { readonly client: string };

const cleanup = new AsyncDisposableStack();
let one: GatewayProcess;
let other: GatewayProcess;
let prometheus: Prometheus;

/** Two gateways that share only a key, and a Prometheus that scrapes both. */
beforeAll(async () => {
  const upstream = cleanup.use(await startScriptedLegacyServer());
  const directory = cleanup.use(await mkdtempDisposable(join(tmpdir(), 'pkce-gateway-replicas-')));
  const key = randomBytes(32).toString('base64url');
  const start = async (adminPort: number) => {
    const file = join(directory.path, `gateway-${adminPort}.yaml`);
    await writeFile(
      file,
      `
listen: {address: 127.0.0.1:0}
admin: {address: "127.0.0.1:${adminPort}"}
store: {kind: sealed, sealed: {keys: ["${key}"]}}
issuers:
  - name: corp
    upstream: {url: "${upstream.url}"}
    unlisted_clients: {mode: report}
    clients:
      spa: {mode: enforce, redirect_uris: [https://spa.example.com/cb]}
      late: {mode: report}
      own-codes: {mode: report, wrap_codes: false}
`,
    );
    return cleanup.use(await startGatewayProcess(['serve', '--config', file]));
  };
  const ports = [await freePort(), await freePort()] as const;
  [one, other] = [await start(ports[0]), await start(ports[1])];
  const targets = ports.map((port) => `127.0.0.1:${port}`);
  prometheus = cleanup.use(
    await startPrometheus([], [{ job_name: 'gateway', static_configs: [{ targets }] }]),
  );
});
afterAll(() => cleanup.disposeAsync());

/** Each has its own redirect_uri: that of an enforced client is only for its codes. */
const clientAt = ({ url }: GatewayProcess, clientId: string) =>
  new SimpleClient(url, clientId, `https://${clientId}.example.com/cb`);

/** Begins at one replica, and redeems at the other. */
async function logIn(
  from: GatewayProcess,
  to: GatewayProcess,
  clientId: string,
  { pkce }: { readonly pkce: boolean },
): Promise<void> {
  const client = clientAt(from, clientId);
  const { location } = await client.authorize(pkce ? {} : WITHOUT_PKCE);
  const code = location?.searchParams.get('code') ?? 'none';
  const fields = client.tokenFields(code, pkce ? {} : { code_verifier: undefined });
  const answer = await send(`${to.url}/oauth2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  });
  expect(answer.status).toBe(200);
}

const report = (...args: readonly string[]) =>
  runCommand(['report', '--admin', one.adminUrl, '--prometheus', prometheus.url, ...args]);

async function reported(...args: readonly string[]): Promise<ReadonlyMap<string, Reported>> {
  const { exitCode, stdout, stderr } = await report('--format', 'json', ...args);
  expect(exitCode, stderr).toBe(0);
  const { clients } = JSON.parse(stdout) as { clients: readonly Reported[] };
  return new Map(clients.map((client) => [client.client, client]));
}

test('the counts of two replicas are one sum, with one verdict', { timeout: 90_000 }, async () => {
  for (let i = 0; i < 4; i += 1) await logIn(one, other, 'spa', { pkce: true });
  for (let i = 0; i < 3; i += 1) await logIn(other, one, 'spa', { pkce: true });
  await logIn(one, one, 'late', { pkce: true });
  // Only the other replica has seen it.
  await logIn(other, other, 'late', { pkce: false });
  await clientAt(other, 'late').authorize(WITHOUT_PKCE);
  await logIn(one, one, 'new-here', { pkce: true });
  await logIn(other, other, 'new-there', { pkce: true });

  await vi.waitFor(async () => {
    const clients = await reported('--prometheus-job', 'gateway');
    expect(clients.get('spa')).toMatchObject({
      authorization_requests: 7,
      methods: { S256: 7, plain: 0, none: 0 },
      codes_bound: 7,
      codes_redeemed: 7,
      violations: {},
      redirect_uris: ['https://spa.example.com/cb'],
      verdict: 'ready',
    });
    expect(clients.get('late')).toMatchObject({
      authorization_requests: 3,
      codes_bound: 3,
      codes_redeemed: 2,
      codes_redeemed_unverified: 2,
      violations: { challenge_missing: 2 },
      violations_counted: { challenge_missing: 2 },
      last_violation: { at: expect.stringMatching(/T00:00:00\.000Z$/), reason: 'challenge_missing' },
      verdict: expect.stringMatching(/^not ready: 2 requests would have been refused .*challenge_missing ×2/),
    });
    expect(clients.get('own-codes')?.verdict).toMatch(/^not ready: needs a store/);
    expect(clients.get('new-here')?.verdict).toMatch(/^not ready: its counts are those of one gateway/);
    expect(clients.has('new-there')).toBe(false);
    expect(clients.get('_unlisted')).toMatchObject({ codes_bound: 2, codes_redeemed: 2 });
  }, SOON);
  // Without Prometheus, each reports its own counts.
  const alone = await runCommand(['report', '--admin', one.adminUrl, '--client', 'late', '--format', 'csv']);
  expect(alone.stdout).toContain('nearly ready: 1 login in 1 day');
});

test.each([
  ['table', /^spa +enforce +7 +100% +7 +100% +0 {2}ready$/m],
  ['csv', /^corp,spa,,enforce,7,7,0,0,7,7,0,,,ready,https:\/\/spa\.example\.com\/cb/m],
  ['yaml', /^ {6}# not ready: its counts are those of one gateway.*\n {6}new-here:\n {8}mode: report$/m],
])('as %s', async (format, expected) => {
  const { stdout } = await report('--format', format);
  expect(stdout).toMatch(expected);
});

test('it names the gateway that saw the redirect URIs', async () => {
  expect((await report('--format', 'yaml')).stdout).toContain(
    `# Only the gateway at ${one.adminUrl} saw them: add those that the others saw.\n`,
  );
  expect((await report('--client', 'spa')).stdout).toContain(
    `redirect URIs seen by ${one.adminUrl} alone:\n  https://spa.example.com/cb\n`,
  );
});

test('a job without a gateway is a failure, not a report of idle clients', async () => {
  const { exitCode, stdout, stderr } = await report('--prometheus-job', 'gateways');
  expect([exitCode, stdout]).toEqual([1, '']);
  expect(stderr).toContain('has no metrics of a gateway of the job gateways in the last 14 days');
});
