import { describe, expect, test } from 'vitest';
import { startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { newPkcePair } from '../support/pkce-pair.ts';
import { startRedis } from '../support/redis-server.ts';
import { SimpleClient, send } from '../support/simple-client.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { Stage } from './stage.ts';

const WITHOUT_PKCE = { code_challenge: undefined, code_challenge_method: undefined };
const WITHOUT_VERIFIER = { code_verifier: undefined };
/** This number of logins draws only one side of 50 % once in 2^60 runs. */
const BOTH_SIDES = 60;

/** The draw of a flow: only an enforced one gets a wrapped code. */
const isEnforced = (code: string) => code.startsWith('pgc_');

describe('the share of enforced logins', () => {
  // Binomial, 240 draws: eight standard deviations on either side, exceeded by chance once in 10^15 runs.
  test.each([
    [0, 0, 0],
    [25, 7, 113],
    [50, 58, 182],
    [100, 240, 240],
  ])('enforce_percent: %s', async (percent, least, most) => {
    await using stage = await Stage.open({ policy: `enforce_percent: ${percent}` });
    const statuses = await Promise.all(
      Array.from({ length: 240 }, async () => (await stage.client.authorize(WITHOUT_PKCE)).status),
    );
    // Refused ones too: the error goes to the configured redirect_uri.
    expect(new Set(statuses)).toEqual(new Set([302]));
    const passed = stage.upstream.requests.to('/oauth2/authorize').length;
    expect(240 - passed).toBeGreaterThanOrEqual(least);
    expect(240 - passed).toBeLessThanOrEqual(most);
    const metrics = await stage.gateway.metrics();
    expect(metrics.value('rejections_total', { client: 'spa' })).toBe(240 - passed);
    expect(metrics.value('report_only_violations_total', { client: 'spa' })).toBe(passed);
  });

  test('before enforce_from: none', async () => {
    const from = new Date(Date.now() + 3_600_000).toISOString();
    await using stage = await Stage.open({ policy: `enforce_percent: 99, enforce_from: ${from}` });
    for (let i = 0; i < 20; i++) await stage.client.newCode(WITHOUT_PKCE);
  });
});

describe('at replicas whose percentages are 50, 0 and 100', () => {
  async function openReplicas() {
    const stack = new AsyncDisposableStack();
    const redis = stack.use(await startRedis());
    const upstream = stack.use(await startScriptedLegacyServer());
    const start = async (percent: number) => {
      const issuer = `unlisted_clients: {enforce_percent: ${percent}}`;
      const options = { upstream: upstream.url, issuer, top: redis.store };
      return stack.use(await startGatewayUnderTest(options)).url;
    };
    const client = new SimpleClient(await start(50));
    const others = [new SimpleClient(await start(0)), new SimpleClient(await start(100))] as const;
    return { client, others, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  }
  const BOTH_WAYS_AT_BOTH = ['false 0', 'false 1', 'true 0', 'true 1'];

  test('both halves of a login agree: its first replica draws', async () => {
    await using replicas = await openReplicas();
    const { client, others } = replicas;
    const seen = new Set<string>();
    for (let i = 0; i < BOTH_SIDES; i++) {
      const code = await client.newCode();
      const enforced = isEnforced(code);
      const elsewhere = others[i % 2] as SimpleClient;
      const theft = await elsewhere.redeem(code, { code_verifier: newPkcePair().verifier });
      expect(theft.status).toBe(enforced ? 400 : 200);
      if (enforced) {
        const own = await elsewhere.redeem(code, { code_verifier: client.pair.verifier });
        expect(own.status).toBe(200);
      }
      seen.add(`${enforced} ${i % 2}`);
    }
    expect([...seen].sort()).toEqual(BOTH_WAYS_AT_BOTH);
  });

  test('a pushed request is drawn when it is pushed', async () => {
    await using replicas = await openReplicas();
    const { client, others } = replicas;
    const seen = new Set<string>();
    for (let i = 0; i < BOTH_SIDES; i++) {
      const elsewhere = others[i % 2] as SimpleClient;
      const request_uri = await push(client);
      const code = await elsewhere.newCode({ request_uri });
      const theft = await elsewhere.redeem(code, WITHOUT_VERIFIER);
      expect(theft.status).toBe(isEnforced(code) ? 400 : 200);
      // Its second use enters its flow again, at any replica.
      expect(isEnforced(await client.newCode({ request_uri }))).toBe(isEnforced(code));
      seen.add(`${isEnforced(code)} ${i % 2}`);
    }
    expect([...seen].sort()).toEqual(BOTH_WAYS_AT_BOTH);
  });
});

/** The reference of a pushed request. */
async function push(client: SimpleClient): Promise<string> {
  const { origin, searchParams } = client.authorizeUrl();
  const pushed = await send(`${origin}/oauth2/par`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: searchParams.toString(),
  });
  expect(pushed.status).toBe(201);
  return String(pushed.json.request_uri);
}

describe('with 50', () => {
  test('a re-entry continues its flow, and does not draw again', async () => {
    await using stage = await Stage.open({ policy: 'enforce_percent: 50' });
    const seen = new Set<boolean>();
    for (let i = 0; i < BOTH_SIDES; i++) {
      const first = await stage.newCode();
      const [state] = stage.upstreamStates.slice(-1);
      for (let again = 0; again < 3; again++) {
        const code = await stage.newCode({ ...WITHOUT_PKCE, state });
        expect([stage.upstreamStates.at(-1), isEnforced(code)]).toEqual([state, isEnforced(first)]);
      }
      seen.add(isEnforced(first));
    }
    expect(seen.size).toBe(2);
    expect(stage.logLines('refusal').concat(stage.logLines('report_only_violation'))).toEqual([]);
  });

  test('a re-entry with a repeated parameter is judged in the mode of its flow', async () => {
    await using stage = await Stage.open({ policy: 'enforce_percent: 50' });
    const seen = new Set<boolean>();
    for (let i = 0; i < BOTH_SIDES; i++) {
      const enforced = isEnforced(await stage.newCode());
      const url = stage.client.authorizeUrl({ ...WITHOUT_PKCE, state: stage.upstreamStates.at(-1) });
      const { location } = await send(`${url}&ui_locales=en&ui_locales=de`);
      const error = location?.searchParams.get('error');
      expect([error, location?.searchParams.has('code')]).toEqual(
        enforced ? ['invalid_request', false] : [null, true],
      );
      seen.add(enforced);
    }
    expect(seen.size).toBe(2);
  });

  test('a preserved state keeps the mode in which its flow began', async () => {
    await using stage = await Stage.open({ issuer: PRESERVED });
    for (let i = 0; i < BOTH_SIDES; i++) {
      const code = await stage.newCode({ state: `${stage.state}-${i}` });
      const theft = await stage.redeem(code, WITHOUT_VERIFIER);
      expect(theft.status).toBe(isEnforced(code) ? 400 : 200);
    }
  });

  test('the bare code of an enforced login cannot bypass: two readings, another path, no client', async () => {
    await using stage = await Stage.open({ policy: 'enforce_percent: 50, wrap_codes: false' });
    let enforced = 0;
    for (let i = 0; i < BOTH_SIDES && enforced < 5; i++) {
      const code = await stage.newCode();
      // A bare code does not show how its flow was drawn: a wrong verifier does.
      const theft = await stage.redeem(code, { code_verifier: stage.wrongVerifier() });
      if (theft.status === 200) continue;
      enforced += 1;
      const fields = new URLSearchParams(stage.tokenFields(code, WITHOUT_VERIFIER));
      const statuses = [
        (await stage.postForm('/oauth2/token', `${fields}&code=x`)).status,
        (await stage.postForm('/oauth2/token', `${fields}&client_id=open`)).status,
        (await stage.postForm('/oauth2//token', fields)).status,
        (await stage.postForm('/elsewhere', fields)).status,
        (await stage.redeem(code, { ...WITHOUT_VERIFIER, client_id: undefined })).status,
      ];
      expect(statuses).toEqual([400, 400, 400, 400, 400]);
    }
    expect(enforced).toBe(5);
    const posts = stage.upstream.requests.all.filter(({ method }) => method === 'POST');
    expect(posts.filter(({ form }) => !form.has('code_verifier'))).toEqual([]);
  });

  test('a code without a flow is forwarded and reported: a login that is not enforced may have lost its flow', async () => {
    await using stage = await Stage.open({ policy: 'enforce_percent: 99' });
    stage.upstream.quirks.codes = 'reusable';
    for (let i = 0; i < 20; i++) await stage.redeem('nobodys-code');
    expect(stage.logLines('refusal')).toEqual([]);
    expect(stage.logLines('report_only_violation')).toHaveLength(20);
    expect(stage.upstream.tokenRequests).toHaveLength(20);
  });

  test('a request with an unclear client is refused: it may bypass the enforced flows', async () => {
    await using stage = await Stage.open({ policy: 'enforce_percent: 1' });
    for (let i = 0; i < 20; i++) {
      const answer = await stage.postForm('/oauth2/TOKEN', 'grant_type=authorization_code&code=x');
      expect(answer.status).toBe(400);
    }
    expect(new Set(stage.logLines('refusal').map(({ reason }) => reason))).toEqual(
      new Set(['path_ambiguous']),
    );
  });
});

const PRESERVED = `clients:
  spa: {enforce_percent: 50, state: preserve, redirect_uris: ["https://app.example.com/cb"]}`;
