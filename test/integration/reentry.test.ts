import { describe, expect, test } from 'vitest';
import type { Mode } from '../../src/policy/mode.ts';
import { Browser } from '../support/browser.ts';
import { newPkcePair } from '../support/pkce-pair.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import type { Quirks } from '../support/upstreams/scripted-legacy-server.ts';
import { type Fields, Stage, type StageOptions } from './stage.ts';

const ALICE = { username: 'alice' };
const AUTHORIZE = '/oauth2/authorize';

type Login = Exclude<Quirks['login'], 'none'>;
const LOGINS: readonly Login[] = ['return_to', 'session', 'issue_at_login'];
const RETURNING: readonly Login[] = ['return_to', 'session'];
const MODES: readonly Mode[] = ['enforce', 'report'];

const each = <A, B>(as: readonly A[], bs: readonly B[]) => as.flatMap((a) => bs.map((b) => [a, b] as const));

const openWith = (login: Login, options: StageOptions = {}) => Stage.open({ ...options, quirks: { login } });

describe.each(each(LOGINS, MODES))('a server that logs in by %s, in %s', (login, mode) => {
  test('logs in through the gateway, without a violation', async () => {
    await using stage = await openWith(login, { mode });
    await using browser = new Browser();
    const { parameters, url } = await browser.login(stage.client.authorizeUrl({ state: stage.state }), ALICE);
    expect(`${url.origin}${url.pathname}`).toBe(stage.client.redirectUri);
    expect(parameters.get('state')).toBe(stage.state);
    expect((await stage.redeem(parameters.get('code') ?? undefined)).status).toBe(200);
    expect(stage.logLines('refusal').concat(stage.logLines('report_only_violation'))).toEqual([]);

    const metrics = await stage.gateway.metrics();
    expect(metrics.value('authorization_requests_total')).toBe(1);
    expect(metrics.value('authorization_requests_total', { client: 'spa', challenge_method: 'S256' })).toBe(
      1,
    );
    expect(metrics.value('codes_bound_total', { client: 'spa' })).toBe(1);
    expect(metrics.value('redemptions_total', { client: 'spa', result: 'verified' })).toBe(1);
  });

  test('keeps one state upstream through the whole login', async () => {
    await using stage = await openWith(login, { mode });
    await using browser = new Browser();
    await browser.login(stage.client.authorizeUrl({ state: stage.state }), ALICE);
    expect(new Set(stage.upstreamStates).size).toBe(1);
    expect(stage.upstreamStates).toHaveLength(login === 'issue_at_login' ? 1 : 2);
  });
});

describe.each(LOGINS)('an enforced client of a server that logs in by %s', (login) => {
  test('redeems its code only with the verifier of the first challenge', async () => {
    await using stage = await openWith(login);
    await using browser = new Browser();
    const { parameters } = await browser.login(stage.client.authorizeUrl(), ALICE);
    const code = parameters.get('code') ?? '';
    expect((await stage.redeem(code, { code_verifier: undefined })).status).toBe(400);
    expect((await stage.redeem(code, { code_verifier: newPkcePair().verifier })).status).toBe(400);
    expect(stage.upstream.tokenRequests).toEqual([]);
    expect((await stage.redeem(code)).status).toBe(200);
  });

  test('can log in twice at once in one browser, with equal states', async () => {
    await using stage = await openWith(login);
    const browsers = [new Browser(), new Browser()];
    const logins = await Promise.all(
      browsers.map((browser) => browser.login(stage.client.authorizeUrl({ state: 'equal' }), ALICE)),
    );
    expect(new Set(stage.upstreamStates).size).toBe(2);
    for (const { parameters } of logins) {
      expect(parameters.get('state')).toBe('equal');
      expect((await stage.redeem(parameters.get('code') ?? '')).status).toBe(200);
    }
    for (const browser of browsers) await browser[Symbol.asyncDispose]();
  });
});

describe.each(RETURNING)('with a POST to a server that logs in by %s', (login) => {
  test('the flow is still bound to the challenge', async () => {
    await using stage = await openWith(login);
    await using browser = new Browser();
    const url = stage.client.authorizeUrl();
    const start = await browser.visit(`${url.origin}${AUTHORIZE}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: url.searchParams.toString(),
    });
    const { parameters } = await browser.continueLogin(start, ALICE, stage.client.redirectUri);
    const code = parameters.get('code') ?? '';
    expect((await stage.redeem(code, { code_verifier: undefined })).status).toBe(400);
    expect((await stage.redeem(code)).status).toBe(200);
  });
});

/** A flow whose user has not logged in yet, with its upstream state. */
async function beginFlow(stage: Stage): Promise<{ readonly state: string; readonly back: Fields }> {
  await stage.authorize();
  const state = stage.upstreamStates.at(-1) ?? '';
  // The parameters that the server returns after login: all except the challenge, which it never saw.
  return { state, back: { state, code_challenge: undefined, code_challenge_method: undefined } };
}

/** The user of the first flow logs in: its code needs the first verifier. */
async function expectFirstFlowIntact(stage: Stage, back: Fields): Promise<void> {
  stage.upstream.quirks.login = 'none';
  const { location } = await stage.authorize(back);
  expect(location?.searchParams.get('state')).toBe(stage.state);
  const code = location?.searchParams.get('code') ?? '';
  expect((await stage.redeem(code, { code_verifier: undefined })).json.error).toBe('invalid_grant');
  expect((await stage.redeem(code)).status).toBe(200);
}

test.each(MODES)('a consent form without the response_mode continues the flow, in %s', async (mode) => {
  await using stage = await openWith('return_to', { mode });
  await stage.authorize({ response_mode: 'fragment' });
  const state = stage.upstreamStates.at(-1) ?? '';
  stage.upstream.quirks.login = 'none';
  const { location } = await stage.authorize({ state });
  expect(location?.searchParams.get('state')).toBe(stage.state);
  expect((await stage.redeem(location?.searchParams.get('code') ?? undefined)).status).toBe(200);
  expect((await stage.gateway.metrics()).value('authorization_requests_total')).toBe(1);
});

describe('a live flow', () => {
  const OTHERS: readonly (readonly [what: string, fields: Fields, reason: string])[] = [
    ['another client_id', { client_id: 'open' }, 'challenge_missing'],
    ['an unlisted client_id', { client_id: 'stranger' }, 'challenge_missing'],
    ['no client_id', { client_id: undefined }, 'client_id_missing'],
    ['another redirect_uri', { redirect_uri: 'https://evil.example/cb' }, 'redirect_uri_not_allowed'],
    ['no redirect_uri', { redirect_uri: undefined }, 'challenge_missing'],
    ['another response_type', { response_type: 'code id_token' }, 'response_type_not_allowed'],
    ['no response_type', { response_type: undefined }, 'response_type_not_allowed'],
    ['a made-up prefix', { state: `pge${'A'.repeat(28)}.x` }, 'challenge_missing'],
  ];
  test.each(OTHERS)('is not re-entered with %s', async (_, fields, reason) => {
    await using stage = await openWith('return_to');
    const { back } = await beginFlow(stage);
    const asked = stage.upstream.requests.to(AUTHORIZE).length;
    const answer = await stage.authorize({ ...back, ...fields });
    expect(stage.logLines('refusal')).toEqual([expect.objectContaining({ reason })]);
    expect(answer.location?.searchParams.get('code') ?? undefined).toBeUndefined();
    expect(stage.upstream.requests.to(AUTHORIZE)).toHaveLength(asked);
    await expectFirstFlowIntact(stage, back);
  });

  test('is not overwritten by another client with the same state, even with a challenge', async () => {
    await using stage = await openWith('return_to');
    const { state, back } = await beginFlow(stage);
    const mallory = newPkcePair();
    stage.upstream.quirks.login = 'none';
    const theirs = await stage.authorize({
      state,
      client_id: 'open',
      redirect_uri: 'https://evil.example/cb',
      code_challenge: mallory.challenge,
    });
    // A separate flow, with its own state, in which the first one is just text.
    expect(theirs.location?.origin).toBe('https://evil.example');
    expect(theirs.location?.searchParams.get('state')).toBe(state);
    expect(stage.upstreamStates.at(-1)).not.toBe(state);
    await expectFirstFlowIntact(stage, back);
  });

  test('keeps its challenge: its state with another challenge begins another flow', async () => {
    await using stage = await openWith('return_to');
    const { state } = await beginFlow(stage);
    const mallory = newPkcePair();
    stage.upstream.quirks.login = 'none';
    const { location } = await stage.authorize({ state, code_challenge: mallory.challenge });
    // The client does not know this state: its login is unchanged.
    expect(location?.searchParams.get('state')).toBe(state);
    const code = location?.searchParams.get('code') ?? '';
    expect((await stage.redeem(code)).json.error).toBe('invalid_grant');
    expect((await stage.redeem(code, { code_verifier: mallory.verifier })).status).toBe(200);
  });

  const UNJUDGED: readonly (readonly [what: string, fields: Fields, reason: string])[] = [
    ['a request object', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_object_not_allowed'],
    ['a request_uri', { request_uri: 'https://evil.example/request.jwt' }, 'request_uri_unknown'],
    [
      'a response_mode that cannot be followed',
      { response_mode: 'okta_post_message' },
      'response_mode_not_allowed',
    ],
  ];
  test.each(UNJUDGED)('does not let %s in by re-entry', async (_, fields, reason) => {
    await using stage = await openWith('return_to');
    const { back } = await beginFlow(stage);
    await stage.authorize({ ...back, ...fields });
    expect(stage.logLines('refusal')).toEqual([expect.objectContaining({ reason })]);
    await expectFirstFlowIntact(stage, back);
  });

  test('of another gateway is unknown', async () => {
    await using other = await openWith('return_to');
    await using stage = await openWith('return_to');
    const { back } = await beginFlow(other);
    await stage.authorize(back);
    expect(stage.logLines('refusal')).toEqual([expect.objectContaining({ reason: 'challenge_missing' })]);
  });
});

describe.each(MODES)('a flow that expired before its user returned, in %s', (mode) => {
  const openOn = (redis: RedisServer) =>
    Stage.open({
      mode,
      quirks: { login: 'return_to' },
      top: redis.store,
    });

  /** The data in Redis after a TTL passed. */
  async function expireFlows(redis: RedisServer): Promise<void> {
    const keys = (await redis.dumpAll()).map(({ key }) => key).filter((key) => key.includes('flow:'));
    expect(keys).not.toEqual([]);
    await redis.call('DEL', ...keys);
  }

  test(mode === 'enforce' ? 'ends with its own state at the client' : 'goes on, counted', async () => {
    await using redis = await startRedis();
    await using stage = await openOn(redis);
    const { back } = await beginFlow(stage);
    await expireFlows(redis);
    stage.upstream.quirks.login = 'none';
    const { location } = await stage.authorize(back);
    expect(location?.searchParams.get('state')).toBe(stage.state);
    expect(location?.searchParams.get('error') ?? undefined).toBe(
      mode === 'enforce' ? 'invalid_request' : undefined,
    );
    expect(location?.searchParams.has('code')).toBe(mode === 'report');
    const event = mode === 'enforce' ? 'refusal' : 'report_only_violation';
    expect(stage.logLines(event)).toEqual([
      expect.objectContaining({ reason: 'challenge_missing', client: 'spa' }),
    ]);
  });

  test('begins again if the request has its challenge', async () => {
    await using redis = await startRedis();
    await using stage = await openOn(redis);
    const { state } = await beginFlow(stage);
    await expireFlows(redis);
    stage.upstream.quirks.login = 'none';
    const { location } = await stage.authorize({ state });
    expect(location?.searchParams.get('state')).toBe(stage.state);
    expect((await stage.redeem(location?.searchParams.get('code') ?? '')).status).toBe(200);
  });

  test('no longer exists when the upstream answers', async () => {
    await using redis = await startRedis();
    await using stage = await openOn(redis);
    const { state } = await beginFlow(stage);
    await expireFlows(redis);
    Object.assign(stage.upstream.quirks, { login: 'none', state: 'dropped', extraParameters: { state } });
    const answer = await stage.authorize({ state: 'another' });
    if (mode === 'enforce') {
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('flow_unknown');
    } else {
      expect(answer.location?.searchParams.get('state')).toBe(stage.state);
      expect(answer.location?.searchParams.has('code')).toBe(true);
    }
  });
});
