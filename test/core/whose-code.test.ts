import { describe, expect, test } from 'vitest';
import { unsignedJwt } from '../support/unsigned-jwt.ts';
import { bringsCode, CoreStage, errorOf, REDIRECT_URI, STATE, UPSTREAM_CODE } from './core-stage.ts';

/** Ids that servers fold to the listed one. */
const DISGUISED: readonly (readonly [how: string, clientId: string])[] = [
  ['upper case', 'SPA'],
  ['a blank behind', 'spa '],
  ['a blank in front', ' spa'],
  ['a NUL behind', 'spa\0x'],
  ['full width', '\uff53\uff50\uff41'],
  ['a combining mark', 'spa\u0301'],
  ['a zero-width joiner', 's\u200dpa'],
  ['a tab', 'spa\t'],
];

describe('a client_id is compared as servers fold it', () => {
  test.each(DISGUISED)('in enforce, %s is refused', async (_, clientId) => {
    await using stage = await CoreStage.open();
    const answer = await stage.authorize({ client_id: clientId, code_challenge: undefined });
    expect(errorOf(answer).get('error')).toBe('invalid_request');
    expect(stage.received).toEqual([]);
    expect(stage.reasons('refusal')).toEqual(['client_id_ambiguous']);
  });

  test.each(DISGUISED)('in enforce, %s redeems nothing', async (_, clientId) => {
    await using stage = await CoreStage.open();
    const answer = await stage.redeem(UPSTREAM_CODE, { client_id: clientId, code_verifier: undefined });
    expect(answer.status).toBe(400);
    expect(stage.received).toEqual([]);
  });

  test('in report, it is forwarded unchanged, and counted for the listed client', async () => {
    await using stage = await CoreStage.open({ mode: 'report' });
    await stage.authorize({ client_id: 'SPA' });
    expect(new URLSearchParams(stage.last.query).get('client_id')).toBe('SPA');
    expect(stage.gateway.logLines.at(-1)).toMatchObject({ client: 'spa', reason: 'client_id_ambiguous' });
  });

  test('a pattern does not list an id that equals another client’s after folding', async () => {
    await using stage = await CoreStage.open({ clients: ['"SP*": {mode: report}'] });
    await stage.authorize({ client_id: 'SPA', code_challenge: undefined });
    expect(stage.received).toEqual([]);
    expect(stage.reasons('refusal')).toEqual(['client_id_ambiguous']);
  });
});

describe('an assertion that only some servers can read may name any client', () => {
  const PAR = '/oauth2/par';
  const endpoints = `pushed_authorization: [${PAR}]`;
  const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  const padded = unsignedJwt({ sub: 'spa' }).replace('.', '=.');

  test.each([
    ['padded', padded, JWT_BEARER, 400],
    ['padded, of no type', padded, '', 400],
    ['of the enforced client', unsignedJwt({ sub: 'spa' }), JWT_BEARER, 400],
    ['of another client', unsignedJwt({ sub: 'lax' }), JWT_BEARER, 200],
    ['in SAML', 'PHNhbWw-', JWT_BEARER.replace('jwt', 'saml2'), 200],
  ])('%s', async (_, client_assertion, client_assertion_type, status) => {
    await using stage = await CoreStage.open({ endpoints });
    const credentials = { client_assertion, client_assertion_type };
    const asked = { response_type: 'code', redirect_uri: 'https://lax.example.com/cb', state: STATE };
    expect((await stage.postForm(PAR, { ...asked, ...credentials })).status).toBe(status);
    const grant = { grant_type: 'authorization_code', code: UPSTREAM_CODE };
    expect((await stage.postForm('/oauth2/token', { ...grant, ...credentials })).status).toBe(status);
    expect(stage.received).toHaveLength(status === 200 ? 2 : 0);
  });
});

describe('a look-alike id that is listed itself', () => {
  const LOOK_ALIKE_URI = 'https://look-alike.example.com/cb';
  const listed = (settings: string) => [`SPA: {redirect_uris: [${LOOK_ALIKE_URI}], ${settings}}`];
  const begin = (stage: CoreStage, fields: Record<string, string | undefined> = {}) =>
    stage.authorize({ client_id: 'SPA', redirect_uri: LOOK_ALIKE_URI, ...fields });
  const WITHOUT_PKCE = { code_challenge: undefined, code_challenge_method: undefined };

  test.each(['mode: report', 'mode: off', 'enforce_percent: 0', 'enforce_from: 2999-01-01T00:00:00Z'])(
    'does not bypass the enforced client: %s',
    async (settings) => {
      await using stage = await CoreStage.open({ clients: listed(settings) });
      expect(errorOf(await begin(stage, WITHOUT_PKCE)).get('error')).toBe('invalid_request');
      expect(stage.received).toEqual([]);
      expect(stage.reasons('refusal')).toEqual(['challenge_missing']);
    },
  );

  test('is enforced if only its own entry says so, and so is the other', async () => {
    await using stage = await CoreStage.open({ mode: 'report', clients: listed('mode: enforce') });
    await begin(stage, WITHOUT_PKCE);
    await stage.authorize(WITHOUT_PKCE);
    expect(stage.received).toEqual([]);
    expect(stage.reasons('refusal')).toEqual(['challenge_missing', 'challenge_missing']);
  });

  test('logs in at its own redirect_uri with PKCE', async () => {
    await using stage = await CoreStage.open({ clients: listed('mode: report') });
    stage.respond = (_received, response) => {
      const query = new URLSearchParams({ code: UPSTREAM_CODE, state: stage.upstreamState });
      response.writeHead(302, { Location: `${LOOK_ALIKE_URI}?${query}` }).end();
    };
    const { location } = await begin(stage);
    expect(location?.searchParams.get('state')).toBe(STATE);
    const code = location?.searchParams.get('code') ?? '';
    const redemption = { client_id: 'SPA', redirect_uri: LOOK_ALIKE_URI };
    expect((await stage.redeem(code, { ...redemption, code_verifier: undefined })).status).toBe(400);
    expect((await stage.redeem(code, redemption)).status).toBe(200);
  });

  test('two reported clients stay reported', async () => {
    await using stage = await CoreStage.open({ mode: 'report', clients: listed('mode: report') });
    await begin(stage, WITHOUT_PKCE);
    expect(stage.received).toHaveLength(1);
    expect(stage.reasons('report_only_violation')).toEqual(['challenge_missing']);
  });
});

test.each(['app-1', 'app-*'])(
  'a login that %s began in report ends, although its place is enforced meanwhile',
  async (entry) => {
    const uri = 'https://app-1.example.com/cb';
    const from = new Date(Date.now() + 1_000).toISOString();
    await using stage = await CoreStage.open({
      clients: [`"${entry}": {enforce_from: ${from}, redirect_uris: [${uri}]}`],
    });
    const own = { client_id: 'app-1', redirect_uri: uri, code_challenge: undefined };
    const state = await stage.begin(own);
    await expect
      .poll(async () => (await stage.authorize(own)).location?.search, { timeout: 5_000 })
      .toContain('error=');
    stage.redirectTo(`${uri}?code=${UPSTREAM_CODE}&state=${encodeURIComponent(state)}`);
    const { location } = await stage.send('/login/done');
    expect(location?.searchParams.get('code')).toBe(UPSTREAM_CODE);
    expect(location?.searchParams.get('state')).toBe(STATE);
    const redemption = { client_id: 'app-1', redirect_uri: uri, code_verifier: undefined };
    expect((await stage.redeem(UPSTREAM_CODE, redemption)).status).toBe(200);
  },
);

test('a preserved state is found, although many other clients have the same place', async () => {
  const uri = 'https://shared.example.com/cb';
  const others = Array.from({ length: 9 }, (_, index) => `other-${index}: {redirect_uris: [${uri}]}`);
  await using stage = await CoreStage.open({
    clients: [...others, `own: {state: preserve, redirect_uris: [${uri}]}`],
  });
  const state = await stage.begin({ client_id: 'own', redirect_uri: uri });
  stage.redirectTo(`${uri}?code=${UPSTREAM_CODE}&state=${encodeURIComponent(state)}`);
  const { location } = await stage.send('/login/done');
  expect(stage.reasons('refusal')).toEqual([]);
  expect(location?.searchParams.get('state')).toBe(STATE);
});

const LAX = 'lax: {mode: report}';

describe('no lax flow takes a code to an enforced place', () => {
  test('a live prefix of a report client in the state of an enforced one’s login', async () => {
    await using stage = await CoreStage.open({ clients: [LAX] });
    const lax = await stage.begin({ client_id: 'lax', redirect_uri: 'https://lax.example.com/cb' });
    stage.redirectTo(`${REDIRECT_URI}?code=${UPSTREAM_CODE}&state=${encodeURIComponent(lax)}`);
    const answer = await stage.send('/login/done');
    expect([answer.status, answer.location, answer.text.includes(UPSTREAM_CODE)]).toEqual([
      400,
      undefined,
      false,
    ]);
    expect(stage.reasons('refusal')).toEqual(['flow_unknown']);
  });

  test('a report client that requests the enforced client’s redirect_uri', async () => {
    await using stage = await CoreStage.open({ clients: [LAX] });
    const lax = await stage.begin({ client_id: 'lax', code_challenge: undefined });
    stage.redirectTo(stage.callback(lax));
    expect(bringsCode(await stage.send('/login/done'))).toBe(false);
    expect(stage.reasons('refusal')).toEqual(['flow_unknown']);
  });

  test.each([
    ['another query', `${REDIRECT_URI}?x=1&`],
    ['the host in upper case', 'https://APP.example.com/cb?'],
    ['a dot behind the host', 'https://app.example.com./cb?'],
    ['the default port', 'https://app.example.com:443/cb?'],
    ['user information', 'https://x@app.example.com/cb?'],
    ['an encoded letter', 'https://app.example.com/%63b?'],
    ['dot segments', 'https://app.example.com/x/../cb?'],
    ['a path below', 'https://app.example.com/cb/x?'],
    ['backslashes', 'https:\\\\app.example.com\\cb?'],
    ['a tab in the scheme', 'ht\ttps://app.example.com/cb?'],
  ])('%s is the enforced place too', async (_, target) => {
    await using stage = await CoreStage.open();
    stage.respond = (_received, response) => {
      response.writeHead(302, { Location: `${target}code=${UPSTREAM_CODE}&state=s` }).end();
    };
    const answer = await stage.send('/login/done');
    expect([answer.status, answer.headers['location']]).toEqual([400, undefined]);
    expect(stage.reasons('refusal')).toEqual(['flow_unknown']);
  });

  test('a login begun at a laxer issuer before the same server', async () => {
    await using stage = await CoreStage.open({ clients: [LAX] });
    const lax = await stage.begin({ client_id: 'spa' });
    // Every look-up finds the same record: `spa` is enforced, and so is its flow.
    stage.redirectTo(stage.callback(lax));
    const { location } = await stage.send('/elsewhere');
    const code = location?.searchParams.get('code') ?? '';
    expect((await stage.redeem(code, { client_id: 'lax', code_verifier: undefined })).status).toBe(400);
    expect((await stage.redeem(code)).status).toBe(200);
  });
});

describe('the first binding of a code stays', () => {
  test('an open redirect does not wrap a stolen code again under the thief’s flow', async () => {
    await using stage = await CoreStage.open();
    const thief = await stage.begin();
    const stolen = 'stolen-code-0123456789abcdef';
    stage.redirectTo(stage.callback(thief, stolen));
    const target = encodeURIComponent(stage.callback(thief, stolen));
    const answer = await stage.send(`/logout?post_logout_redirect_uri=${target}`);
    expect(answer.headers['location'] ?? '').not.toContain('code=');
    expect(stage.reasons('refusal')).toEqual(['response_ambiguous']);
  });

  test('a page with two codes for one flow brings neither', async () => {
    await using stage = await CoreStage.open();
    const state = await stage.begin();
    const codes = ['one-code-0123456789abcdef', 'other-code-0123456789abcdef'];
    const links = codes.map((code) => `<a href="${stage.callback(state, code).replaceAll('&', '&amp;')}">`);
    stage.respond = (_received, response) =>
      void response.writeHead(200, { 'Content-Type': 'text/html' }).end(links.join('\n'));
    const { text } = await stage.send('/login/done');
    for (const code of codes) expect(text).not.toContain(code);
    expect(text).not.toContain('pgc_');
    expect(stage.reasons('refusal')).toEqual(['response_ambiguous']);
  });

  test('a code that is bound to another flow is not bound again', async () => {
    await using stage = await CoreStage.open();
    const victim = await stage.begin();
    stage.redirectTo(stage.callback(victim));
    const { location } = await stage.send('/login/done');
    const thief = await stage.begin();
    stage.redirectTo(stage.callback(thief));
    expect((await stage.send('/login/done')).headers['location'] ?? '').not.toContain('code=');
    expect(stage.reasons('refusal')).toEqual(['response_ambiguous']);
    expect((await stage.redeem(location?.searchParams.get('code') ?? '')).status).toBe(200);
  });

  test('a repeated response gives the same code, which can be redeemed once', async () => {
    await using stage = await CoreStage.open();
    const state = await stage.begin();
    stage.redirectTo(stage.callback(state));
    const codes = [];
    for (let i = 0; i < 2; i += 1) {
      codes.push((await stage.send('/login/done')).location?.searchParams.get('code') ?? '');
    }
    expect(codes[1]).toBe(codes[0]);
    expect(codes[0]).not.toBe(UPSTREAM_CODE);
    expect((await stage.redeem(codes[0])).status).toBe(200);
    await stage.send('/login/done');
    expect((await stage.redeem(codes[0])).status).toBe(400);
    expect(stage.reasons('refusal')).toEqual(['code_replayed']);
  });

  test('the upstream’s own code is worthless to an observer', async () => {
    await using stage = await CoreStage.open({ clients: [LAX] });
    const state = await stage.begin();
    stage.redirectTo(stage.callback(state));
    await stage.send('/login/done');
    for (const client of ['spa', 'lax', 'stranger']) {
      expect((await stage.redeem(UPSTREAM_CODE, { client_id: client })).status).toBe(400);
    }
    expect(stage.received.filter(({ path }) => path === '/oauth2/token')).toEqual([]);
  });
});

describe('a code under another grant', () => {
  test.each(['refresh_token', 'password', 'device', 'urn:ietf:params:oauth:grant-type:device_code'])(
    'is a redemption if the code is bound: %s',
    async (grantType) => {
      await using stage = await CoreStage.open({ policy: 'wrap_codes: false' });
      const state = await stage.begin();
      stage.redirectTo(stage.callback(state));
      await stage.send('/login/done');
      const fields = { grant_type: grantType, code_verifier: undefined, client_id: 'stranger' };
      expect((await stage.redeem(UPSTREAM_CODE, fields)).status).toBe(400);
      expect(stage.received.filter(({ path }) => path === '/oauth2/token')).toEqual([]);
    },
  );

  test('belongs to that grant if it is not bound: a device polls', async () => {
    await using stage = await CoreStage.open();
    expect((await stage.redeem('device-code', { grant_type: 'device', client_id: 'spa' })).status).toBe(200);
    expect(new URLSearchParams(stage.last.body).get('code')).toBe('device-code');
    expect(stage.reasons('refusal')).toEqual([]);
  });
});

test('preserve without a state blocks no login: the prefix is the state', async () => {
  await using stage = await CoreStage.open({ policy: 'state: preserve' });
  await stage.authorize({ state: undefined, code_challenge: 'A'.repeat(43) });
  const state = await stage.begin({ state: undefined });
  expect(state).toHaveLength(32);
  stage.redirectTo(stage.callback(state));
  const { location } = await stage.send('/login/done');
  expect(location?.searchParams.has('state')).toBe(false);
  expect((await stage.redeem(location?.searchParams.get('code') ?? '')).status).toBe(200);
  expect(STATE).not.toBe('');
});

test('a relative redirect leads to the host of the request, whatever its path looks like', async () => {
  const place = 'http://login.example.com/app/cb';
  await using stage = await CoreStage.open({
    issuer: 'public_url: http://login.example.com',
    clients: [`app: {mode: enforce, redirect_uris: ["${place}"]}`],
  });
  stage.redirectTo(`/app/cb?code=${UPSTREAM_CODE}`);
  expect(bringsCode(await stage.send('//evil.example.com/step'))).toBe(false);
  expect(stage.reasons('refusal')).toEqual(['flow_unknown']);
});
