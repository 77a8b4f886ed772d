import { describe, expect, test } from 'vitest';
import { newPkcePair } from '../support/pkce-pair.ts';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import type { RecordedRequest } from '../support/request-log.ts';
import { Stage } from './stage.ts';

const AUTHORIZE = '/oauth2/authorize';
const TOKEN = '/oauth2/token';
const FORM = 'Content-Type: application/x-www-form-urlencoded';
const WITHOUT_PKCE = { code_challenge: undefined, code_challenge_method: undefined };
const WITHOUT_VERIFIER = { code_verifier: undefined };

const violations = (stage: Stage) =>
  stage.gateway.logLines
    .filter(({ event }) => event === 'refusal' || event === 'report_only_violation')
    .map(({ mode, client, endpoint, reason }) => ({ mode, client, endpoint, reason }));

const entriesOf = (list: URLSearchParams | undefined, without = '') =>
  [...(list ?? [])].filter(([name]) => name !== without);

test.each(['report', 'enforce'] as const)(
  '%s: every authorization request counts once, by its challenge',
  async (mode) => {
    await using stage = await Stage.open({ mode });
    await stage.newCode();
    await stage.send(stage.client.authorizeUrl(WITHOUT_PKCE));
    await stage.send(stage.client.authorizeUrl({ code_challenge: 'too-short' }));
    await stage.send(stage.client.authorizeUrl({ response_type: 'token' }));
    const repeated = stage.client.authorizeUrl();
    for (const prompt of ['none', 'login']) repeated.searchParams.append('prompt', prompt);
    await stage.send(repeated);
    const metrics = await stage.gateway.metrics();
    const counted = ['S256', 'plain', 'none'].map((method) =>
      metrics.value('authorization_requests_total', { client: 'spa', challenge_method: method }),
    );
    expect(counted).toEqual([3, 0, 2]);
  },
);

describe('report', () => {
  test('a client without PKCE logs in exactly as before', async () => {
    await using stage = await Stage.open({ mode: 'report' });
    stage.upstream.quirks.newCode = () => 'the-code';
    const asked = stage.client.authorizeUrl({ state: stage.state, ...WITHOUT_PKCE, scope: 'openid a+b' });

    const answer = await stage.send(asked);
    const [received] = stage.upstream.requests.to(AUTHORIZE);
    expect(entriesOf(received?.query, 'state')).toEqual(entriesOf(asked.searchParams, 'state'));
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toBe(`${stage.client.redirectUri}?code=the-code&state=${stage.state}`);

    const tokens = await stage.redeem('the-code', WITHOUT_VERIFIER);
    expect(tokens.status).toBe(200);
    expect(tokens.json).toMatchObject({ access_token: expect.any(String), sub: 'alice' });
    expect(stage.upstream.tokenRequests.map(({ form }) => entriesOf(form))).toEqual([
      stage.tokenFields('the-code', WITHOUT_VERIFIER),
    ]);
    expect(violations(stage)).toEqual([
      { mode: 'report', client: 'spa', endpoint: 'authorization', reason: 'challenge_missing' },
    ]);
    const metrics = await stage.gateway.metrics();
    expect(metrics.value('authorization_requests_total', { client: 'spa', challenge_method: 'none' })).toBe(
      1,
    );
    expect(metrics.value('redemptions_total', { client: 'spa', result: 'unverified' })).toBe(1);
  });

  test('a replay is passed on, and the upstream decides', async () => {
    await using stage = await Stage.open({ mode: 'report', quirks: { codes: 'reusable' } });
    const code = await stage.newCode();
    expect((await stage.redeem(code)).status).toBe(200);
    expect((await stage.redeem(code)).status).toBe(200);
    stage.upstream.quirks.codes = 'single_use';
    expect((await stage.redeem(code)).json).toEqual({ error: 'invalid_grant' });
    expect(stage.upstream.tokenRequests).toHaveLength(3);
    expect(violations(stage).map(({ reason }) => reason)).toEqual(['code_replayed', 'code_replayed']);
  });

  test.each(['GET', 'DELETE'])('a %s without a body stays without one', async (method) => {
    await using stage = await Stage.open({ mode: 'report' });
    await stage.send(`${TOKEN}?grant_type=authorization_code&code=x`, { method });
    const [received] = stage.upstream.tokenRequests;
    expect(received?.method).toBe(method);
    expect(received?.target).toBe(`${TOKEN}?grant_type=authorization_code&code=x`);
    expect(received?.headers['transfer-encoding']).toBeUndefined();
  });
});

describe('off', () => {
  const ISSUER = 'unlisted_clients: {mode: enforce}\nclients: {old: {mode: off}}';
  // The gateway itself would write all of this differently.
  const ODD =
    'client_id=old&&b=%7e+x%20y&state=a+b&B=%2f%2F&redirect_uri=https://old.example.com/cb&scope=%zz&scope=&';

  const bytesOf = ({ method, target, body, headers }: RecordedRequest) => ({
    method,
    target,
    body,
    type: headers['content-type'],
  });

  const BODIES: readonly (readonly [what: string, path: string, body: string])[] = [
    ['an authorization request', AUTHORIZE, ODD],
    ['a token request', TOKEN, `grant_type=authorization_code&code=nobodys+code&code_verifier=short&${ODD}`],
    ['a plain redemption', TOKEN, 'grant_type=authorization_code&code=a%2db&client_id=old&scope=a+b%7e'],
    ['another grant', TOKEN, 'grant_type=client_credentials&client_id=old&scope=a+b%7e&&'],
  ];
  test.each(BODIES)('every byte of the body of %s reaches the upstream', async (_, path, body) => {
    await using stage = await Stage.open({ issuer: ISSUER });
    await sendRaw(stage.gateway.url, rawRequest(`POST ${path}?tenant=%7e+1 HTTP/1.1`, [FORM], body));
    expect(stage.upstream.requests.to(path).map(bytesOf)).toEqual([
      { method: 'POST', target: `${path}?tenant=%7e+1`, body, type: 'application/x-www-form-urlencoded' },
    ]);
    expect(violations(stage)).toEqual([]);
  });

  test.each(['GET', 'HEAD'])('every byte of the query reaches the upstream: %s', async (method) => {
    await using stage = await Stage.open({ issuer: ISSUER });
    await sendRaw(stage.gateway.url, rawRequest(`${method} ${AUTHORIZE}?${ODD} HTTP/1.1`, []), {
      until: 'close',
    });
    expect(stage.upstream.requests.to(AUTHORIZE).map(bytesOf)).toEqual([
      { method, target: `${AUTHORIZE}?${ODD}`, body: '', type: undefined },
    ]);
    expect(violations(stage)).toEqual([]);
  });

  test('its own PKCE is left to the upstream', async () => {
    await using stage = await Stage.open({ issuer: ISSUER });
    const { location } = await stage.authorize({ client_id: 'old' });
    expect(location?.searchParams.get('state')).toBe(stage.state);
    const { challenge, verifier } = stage.client.pair;
    expect(stage.upstream.requests.to(AUTHORIZE)[0]?.query.get('code_challenge')).toBe(challenge);
    const code = location?.searchParams.get('code') ?? '';
    expect((await stage.redeem(code, { client_id: 'old' })).status).toBe(200);
    expect(stage.upstream.tokenRequests[0]?.form.get('code_verifier')).toBe(verifier);
    const metrics = await stage.gateway.metrics();
    for (const counter of ['authorization_requests_total', 'codes_bound_total', 'redemptions_total']) {
      expect(metrics.value(counter)).toBe(0);
    }
  });
});

describe('enforce_from', () => {
  const openFrom = (moment: Date) =>
    Stage.open({ issuer: `clients: {spa: {mode: enforce, enforce_from: ${moment.toISOString()}}}` });

  test('in the future: report', async () => {
    await using stage = await openFrom(new Date(Date.now() + 3_600_000));
    const code = await stage.newCode(WITHOUT_PKCE);
    expect((await stage.redeem(code, WITHOUT_VERIFIER)).status).toBe(200);
    expect(violations(stage).map(({ mode }) => mode)).toEqual(['report']);
  });

  test('in the past: enforce', async () => {
    await using stage = await openFrom(new Date(Date.now() - 3_600_000));
    expect((await stage.authorize(WITHOUT_PKCE)).status).toBe(400);
    expect(violations(stage).map(({ mode }) => mode)).toEqual(['enforce']);
  });

  test('passing during a login: a flow that began in report ends in report', async () => {
    await using stage = await openFrom(new Date(Date.now() + 1_000));
    const code = await stage.newCode(WITHOUT_PKCE);
    await expect.poll(async () => (await stage.authorize(WITHOUT_PKCE)).status).toBe(400);
    expect((await stage.redeem(code, WITHOUT_VERIFIER)).status).toBe(200);
    expect((await stage.redeem(await stage.newCode(), WITHOUT_VERIFIER)).status).toBe(400);
  });
});

describe('rejected unlisted clients', () => {
  const ISSUER = 'unlisted_clients: {mode: reject}\nclients: {spa: {}}';

  test('begin nothing, with PKCE or without, and redeem nothing', async () => {
    await using stage = await Stage.open({ issuer: ISSUER });
    for (const fields of [{}, WITHOUT_PKCE, { client_id: 'SPA' }, { client_id: 'spa2' }]) {
      expect((await stage.authorize({ client_id: 'stranger', ...fields })).status).toBe(400);
    }
    const unknown = 'client_unknown';
    const reasons = [unknown, unknown, 'client_id_ambiguous', unknown];
    expect(violations(stage).map(({ reason }) => reason)).toEqual(reasons);
    for (const grant of ['authorization_code', 'refresh_token', 'client_credentials', 'password']) {
      const fields = { client_id: 'stranger', grant_type: grant, refresh_token: 'x' };
      expect((await stage.redeem('a-code', fields)).status).toBe(400);
    }
    expect(stage.upstream.requests.to(AUTHORIZE).concat(stage.upstream.tokenRequests)).toEqual([]);
  });

  test('do not affect listed clients', async () => {
    await using stage = await Stage.open({ issuer: ISSUER });
    expect((await stage.redeem(await stage.newCode())).status).toBe(200);
  });
});

describe('an entry for a prefix', () => {
  const ISSUER = [
    'unlisted_clients: {mode: off}',
    'clients: {agent-*: {mode: enforce}, agent-old-*: {mode: report}, agent-old-1: {mode: off}}',
  ].join('\n');
  const EXPECTED: readonly (readonly [client: string, entry: string, refused: boolean])[] = [
    ['agent-', 'agent-*', true],
    ['agent-7', 'agent-*', true],
    ['agent-*', 'agent-*', true],
    ['AGENT-7', 'agent-*', true],
    ['agent-old-', 'agent-old-*', false],
    ['agent-old-12', 'agent-old-*', false],
  ];
  test.each(EXPECTED)('%s is judged by the entry %s, its metric label', async (client, entry, refused) => {
    await using stage = await Stage.open({ issuer: ISSUER });
    const answer = await stage.authorize({ ...WITHOUT_PKCE, client_id: client });
    expect(answer.status).toBe(refused ? 400 : 302);
    const counter = refused ? 'rejections_total' : 'report_only_violations_total';
    expect((await stage.gateway.metrics()).value(counter, { client: entry })).toBe(1);
    expect(stage.gateway.logLines.at(-1)).toMatchObject({ client: entry, client_id: client });
  });

  test.each(['agent-old-1', 'agent'])('%s matches no entry', async (client) => {
    await using stage = await Stage.open({ issuer: ISSUER });
    const answer = await stage.authorize({ ...WITHOUT_PKCE, client_id: client });
    expect(answer.status).toBe(302);
    expect(violations(stage)).toEqual([]);
  });
});

describe('plain, if it is allowed', () => {
  const verifier = newPkcePair().verifier;
  test.each(['plain', undefined])('method %s: the verifier is the challenge', async (method) => {
    await using stage = await Stage.open({ policy: 'methods: [S256, plain]' });
    const code = await stage.newCode({ code_challenge: verifier, code_challenge_method: method });
    expect((await stage.redeem(code)).json.error).toBe('invalid_grant');
    expect((await stage.redeem(code, { code_verifier: verifier })).status).toBe(200);
    const metrics = await stage.gateway.metrics();
    expect(metrics.value('authorization_requests_total', { challenge_method: 'plain' })).toBe(1);
  });

  test('S256 still works, and its challenge is no verifier', async () => {
    await using stage = await Stage.open({ policy: 'methods: [S256, plain]' });
    const code = await stage.newCode();
    const theft = await stage.redeem(code, { code_verifier: stage.client.pair.challenge });
    expect(theft.json.error).toBe('invalid_grant');
    expect((await stage.redeem(code)).status).toBe(200);
  });
});
