import { randomUUID } from 'node:crypto';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { Browser } from '../support/browser.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/process.ts';
import { startRedis } from '../support/redis-server.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { startRedisStage } from './redis-stage.ts';
import { REDIRECT_URI, Stage } from './stage.ts';

type Client = {
  readonly client: string;
  readonly authorization_requests: number;
  readonly codes_bound: number;
  readonly codes_redeemed: number;
  readonly violations: Readonly<Record<string, number>>;
};

async function clientsAt({ adminUrl }: { readonly adminUrl: string }): Promise<readonly Client[]> {
  const response = await fetch(`${adminUrl}/api/clients`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { clients: Client[] }).clients;
}

const clientAt = async (gateway: { readonly adminUrl: string }, name: string) =>
  (await clientsAt(gateway)).find(({ client }) => client === name);

/** A reading is cached for a second, and a replica is one flush behind. */
const SOON = { timeout: 15_000, interval: 100 };

const WITHOUT_PKCE = { code_challenge: undefined, code_challenge_method: undefined };

async function login(client: SimpleClient, fields: Readonly<Record<string, undefined>> = {}): Promise<void> {
  const verifier = 'code_challenge' in fields ? { code_verifier: undefined } : {};
  expect((await client.redeem(await client.newCode(fields), verifier)).status).toBe(200);
}

describe('/api/clients about a client', () => {
  test('with PKCE, one without, and one without traffic', async () => {
    await using stage = await Stage.open({ mode: 'report' });
    const { url } = stage.gateway;
    await login(new SimpleClient(url, 'spa', REDIRECT_URI));
    await login(new SimpleClient(url, 'new-here', 'https://new.example.com/cb'), WITHOUT_PKCE);
    const noCounts = { authorization_requests: 0, codes_bound: 0, codes_redeemed: 0, violations: {} };
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    const day = expect.stringMatching(/^\d{4}-\d\d-\d\d$/);
    await vi.waitFor(
      async () =>
        expect(await clientsAt(stage.gateway)).toEqual([
          {
            issuer: 'corp',
            client: 'spa',
            listed: true,
            owner: 'web-team@example.com',
            mode: 'report',
            enforce_from: null,
            enforce_percent: null,
            authorization_requests: 1,
            methods: { S256: 1, plain: 0, none: 0 },
            codes_bound: 1,
            codes_redeemed: 1,
            codes_redeemed_unverified: 0,
            violations: {},
            violations_counted: {},
            last_violation: null,
            first_seen: day,
            last_seen: day,
            redirect_uris: [REDIRECT_URI],
            redirect_uris_listed: true,
            code_hash_seen: false,
            shared_place: null,
            needs_store: false,
            sees_verifiers: true,
            verdict: 'nearly ready: 1 login in 1 day',
          },
          expect.objectContaining({ client: 'open', ...noCounts, verdict: 'no traffic', first_seen: null }),
          expect.objectContaining({
            client: 'new-here',
            listed: false,
            redirect_uris_listed: false,
            methods: { S256: 0, plain: 0, none: 1 },
            codes_redeemed_unverified: 1,
            last_violation: { at: time, reason: expect.stringMatching(/^(challenge|verifier)_missing$/) },
            verdict: expect.stringMatching(/^not ready: .*challenge_missing ×1 \(.*enable PKCE with S256/),
          }),
          // Its first request was counted here before the server issued a code.
          expect.objectContaining({ client: '_unlisted', ...noCounts }),
        ]),
      SOON,
    );
  });

  test('is 503 while the store is unreachable, and complete afterwards', async () => {
    await using stage = await startRedisStage({ policy: 'mode: report' });
    const [gateway] = stage.gateways;
    await login(stage.client);
    await vi.waitFor(async () => expect((await clientAt(gateway, 'spa'))?.codes_redeemed).toBe(1), SOON);
    await stage.redis.stop();
    // The prefix is sufficient for a report login; without a binding its code is unknown.
    await login(stage.client);
    await vi.waitFor(async () => {
      const away = await fetch(`${gateway.adminUrl}/api/clients`);
      expect(away.status).toBe(503);
      expect(await away.json()).toMatchObject({ error: 'temporarily_unavailable' });
    }, SOON);
    await stage.redis.start();
    await stage.ready();
    await login(stage.client);
    // Redis lost its data, but the counts since then are kept.
    await vi.waitFor(
      async () =>
        expect(await clientAt(gateway, 'spa')).toMatchObject({
          authorization_requests: 2,
          codes_redeemed: 2,
        }),
      SOON,
    );
  });
});

test('made-up client_ids are not recorded, and displace no real client', async () => {
  await using stage = await Stage.open({ mode: 'report', quirks: { login: 'return_to' } });
  await using browser = new Browser();
  const real = new SimpleClient(stage.gateway.url, 'real-client', REDIRECT_URI);
  const loginAs = async () => {
    const { parameters } = await browser.login(real.authorizeUrl(WITHOUT_PKCE), { username: 'bob' });
    await real.redeem(parameters.get('code') ?? '', { code_verifier: undefined });
  };
  await loginAs();
  const flood = [
    '<script>alert(1)</script>',
    '=cmd()',
    'a\u0000b',
    '\u202egnp',
    '_unlisted',
    ' real-client',
    'real-client ',
  ];
  while (flood.length < 1_500) flood.push(randomUUID());
  for (let start = 0; start < flood.length; start += 50) {
    const some = flood.slice(start, start + 50);
    await Promise.all(
      some.map((id) => new SimpleClient(stage.gateway.url, id, REDIRECT_URI).authorize(WITHOUT_PKCE)),
    );
  }
  await loginAs();
  await vi.waitFor(async () => {
    const clients = await clientsAt(stage.gateway);
    expect(clients.map(({ client }) => client)).toEqual(['spa', 'open', 'real-client', '_unlisted']);
    expect(clients[2]).toMatchObject({ authorization_requests: 2, codes_bound: 2, codes_redeemed: 2 });
    // Some of them break several rules, and begin no flow.
    expect(clients[3]?.violations['challenge_missing']).toBeGreaterThan(1_490);
    expect(clients[3]).toMatchObject({ codes_bound: 0 });
  }, SOON);
});

test('refused client ids without an entry: made-up ones put nobody in trouble, a real one keeps its last violation', async () => {
  await using stage = await Stage.open({ mode: 'enforce' });
  const at = (id: string) => new SimpleClient(stage.gateway.url, id, 'https://real.example.com/cb');
  for (let i = 0; i < 30; i += 1) await at(`made-up-${i}`).authorize(WITHOUT_PKCE);
  await at('real-client').authorize(WITHOUT_PKCE);
  await login(at('real-client'));
  await vi.waitFor(async () => {
    const [, , real, unlisted] = await clientsAt(stage.gateway);
    const reason = 'challenge_missing';
    expect(real).toMatchObject({ client: 'real-client', codes_redeemed: 1, last_violation: { reason } });
    expect(unlisted).toMatchObject({
      client: '_unlisted',
      violations: { challenge_missing: 30 },
      verdict: 'ready',
    });
  }, SOON);
});

/** Starts processes that share one Redis, in front of one server. */
async function startOnRedis() {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  const upstream = stack.use(await startScriptedLegacyServer());
  const directory = stack.use(await mkdtempDisposable(join(tmpdir(), 'pkce-gateway-activity-')));
  const resources = stack.move();
  return {
    async start(clients: string, workers = 1): Promise<GatewayProcess> {
      const file = join(directory.path, 'gateway.yaml');
      await writeFile(
        file,
        `listen: {address: "127.0.0.1:0"}
admin: {address: "127.0.0.1:0"}
workers: ${workers}
${redis.store}
issuers: [{name: corp, upstream: {url: "${upstream.url}"}, ${clients}}]
`,
      );
      return startGatewayProcess(['serve', '--config', file]);
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

describe('two gateways on one Redis', () => {
  test('report the same counts; each flushes its counts on SIGTERM; the counts outlive them', async () => {
    await using shared = await startOnRedis();
    const start = () => shared.start('unlisted_clients: {mode: report}');
    await using one = await start();
    await using two = await start();
    const at = (gateway: GatewayProcess, id: string) => new SimpleClient(gateway.url, id);
    for (const gateway of [one, two, two]) await login(at(gateway, 'portal'));
    await login(at(two, 'legacy'), WITHOUT_PKCE);

    const withoutUnlisted = async (gateway: GatewayProcess) =>
      (await clientsAt(gateway)).filter(({ client }) => client !== '_unlisted');
    await vi.waitFor(async () => {
      const seen = await withoutUnlisted(one);
      expect(seen).toMatchObject([
        { client: 'portal', codes_bound: 3, codes_redeemed: 3 },
        { client: 'legacy', codes_bound: 1, codes_redeemed: 1 },
      ]);
      expect(await withoutUnlisted(two)).toEqual(seen);
    }, SOON);
    await login(at(one, 'portal'));
    await login(at(one, 'portal'));
    expect(await one.stop()).toBe(0);
    await vi.waitFor(
      async () => expect(await clientAt(two, 'portal')).toMatchObject({ codes_bound: 5, codes_redeemed: 5 }),
      SOON,
    );
    expect(await two.stop()).toBe(0);

    // A new process knows the clients that the others learned: their requests do not count as unlisted.
    await using three = await start();
    await vi.waitFor(async () => expect((await clientAt(three, 'portal'))?.codes_redeemed).toBe(5), SOON);
    const { authorization_requests, violations } = (await clientAt(three, '_unlisted')) ?? {};
    await at(three, 'legacy').authorize(WITHOUT_PKCE);
    await vi.waitFor(
      async () =>
        expect(await clientAt(three, 'legacy')).toMatchObject({ authorization_requests: 2, codes_bound: 2 }),
      SOON,
    );
    expect(await clientAt(three, '_unlisted')).toMatchObject({ authorization_requests, violations });
  });
});

test('several workers share one activity, which their primary reads', async () => {
  await using shared = await startOnRedis();
  await using gateway = await shared.start('clients: {portal: {mode: report}}', 2);
  for (let i = 0; i < 12; i += 1) await login(new SimpleClient(gateway.url, 'portal'));
  await vi.waitFor(
    async () =>
      expect(await clientAt(gateway, 'portal')).toMatchObject({ codes_bound: 12, codes_redeemed: 12 }),
    SOON,
  );
  const page = await (await fetch(gateway.adminUrl)).text();
  expect(page).toMatch(/portal[\s\S]*100 % S256/);
  expect(await gateway.stop()).toBe(0);
});
