import { describe, expect, test } from 'vitest';
import { startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { newPkcePair } from '../support/pkce-pair.ts';
import { startRedis } from '../support/redis-server.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { Stage } from './stage.ts';

const WITHOUT_PKCE = { code_challenge: undefined, code_challenge_method: undefined };
const WITHOUT_VERIFIER = { code_verifier: undefined };
/** So many logins draw 50 % on one side only once in 2^60 runs. */
const BOTH_SIDES = 60;

/** `e` or `r`: how the flow began, as its prefix tells the upstream. */
const letterOf = (state: string | undefined) => /^pg([er])/.exec(state ?? '')?.[1];

describe('how many logins are enforced', () => {
  // Binomial, 240 draws: eight standard deviations on either side, which chance leaves once in 10^15 runs.
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
    // The refused ones too: to the client, which has its redirect_uri configured.
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

test('both halves of a login agree, at any replica, whatever the percentage is there by then', async () => {
  await using redis = await startRedis();
  await using upstream = await startScriptedLegacyServer();
  const start = (percent: number) =>
    startGatewayUnderTest({
      upstream: upstream.url,
      issuer: `unlisted_clients: {enforce_percent: ${percent}}`,
      top: `store: {kind: redis, redis: {url: "${redis.url}"}}`,
    });
  await using half = await start(50);
  await using none = await start(0);
  await using all = await start(100);
  const client = new SimpleClient(half.url);
  const seen = new Set<string>();
  for (let i = 0; i < BOTH_SIDES; i++) {
    const code = await client.newCode();
    const letter = letterOf(upstream.requests.to('/oauth2/authorize').at(-1)?.query.get('state') ?? '');
    const elsewhere = new SimpleClient((i % 2 === 0 ? none : all).url);
    const enforced = letter === 'e';
    // A code of the gateway's own is one of an enforced flow.
    expect(code.startsWith('pgc_')).toBe(enforced);
    const theft = await elsewhere.redeem(code, { code_verifier: newPkcePair().verifier });
    expect(theft.status).toBe(enforced ? 400 : 200);
    if (enforced) {
      const own = await elsewhere.redeem(code, { code_verifier: client.pair.verifier });
      expect(own.status).toBe(200);
    }
    seen.add(`${letter} ${i % 2}`);
  }
  expect([...seen].sort()).toEqual(['e 0', 'e 1', 'r 0', 'r 1']);
});

describe('with 50', () => {
  test('a re-entry is the flow that it was, and is not drawn again', async () => {
    await using stage = await Stage.open({ policy: 'enforce_percent: 50' });
    for (let i = 0; i < BOTH_SIDES; i++) {
      await stage.authorize();
      const [state] = stage.upstreamStates.slice(-1);
      const code = await stage.newCode({ ...WITHOUT_PKCE, state });
      expect(letterOf(stage.upstreamStates.at(-1))).toBe(letterOf(state));
      expect(code.startsWith('pgc_')).toBe(letterOf(state) === 'e');
    }
    expect(stage.logLines('refusal').concat(stage.logLines('report_only_violation'))).toEqual([]);
  });

  test('a pushed request is drawn when it is pushed', async () => {
    await using stage = await Stage.open({ policy: 'enforce_percent: 50' });
    for (let i = 0; i < BOTH_SIDES; i++) {
      const form = new URLSearchParams(stage.client.authorizeUrl().searchParams);
      const pushed = await stage.postForm('/oauth2/par', form);
      expect(pushed.status).toBe(201);
      const asked = new URL(`${stage.gateway.url}/oauth2/authorize`);
      asked.searchParams.set('client_id', 'spa');
      asked.searchParams.set('request_uri', String(pushed.json.request_uri));
      const code = (await stage.send(asked)).location?.searchParams.get('code') ?? '';
      const [received] = stage.upstream.requests.to('/oauth2/par').slice(-1);
      expect(code.startsWith('pgc_')).toBe(letterOf(received?.form.get('state') ?? '') === 'e');
      const theft = await stage.redeem(code, WITHOUT_VERIFIER);
      expect(theft.status).toBe(code.startsWith('pgc_') ? 400 : 200);
    }
  });

  test('a preserved state is found again in the mode in which its flow began', async () => {
    await using stage = await Stage.open({ issuer: PRESERVED });
    for (let i = 0; i < BOTH_SIDES; i++) {
      const code = await stage.newCode({ state: `${stage.state}-${i}` });
      const theft = await stage.redeem(code, WITHOUT_VERIFIER);
      expect(theft.status).toBe(code.startsWith('pgc_') ? 400 : 200);
    }
  });

  test('the bare code of a login that is enforced has no way around: two readings, another path, nobody named', async () => {
    await using stage = await Stage.open({ policy: 'enforce_percent: 50, wrap_codes: false' });
    let enforced = 0;
    for (let i = 0; i < BOTH_SIDES && enforced < 5; i++) {
      const code = await stage.newCode();
      if (letterOf(stage.upstreamStates.at(-1)) !== 'e') continue;
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
    expect(stage.upstream.requests.all.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  test('a code of no flow goes on and is reported: a login that is not enforced may have lost its own', async () => {
    await using stage = await Stage.open({ policy: 'enforce_percent: 99' });
    stage.upstream.quirks.codes = 'reusable';
    for (let i = 0; i < 20; i++) await stage.redeem('nobodys-code');
    expect(stage.logLines('refusal')).toEqual([]);
    expect(stage.logLines('report_only_violation')).toHaveLength(20);
    expect(stage.upstream.tokenRequests).toHaveLength(20);
  });

  test('what cannot be told to be of a client is refused: it may be a way around the flows that are enforced', async () => {
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
