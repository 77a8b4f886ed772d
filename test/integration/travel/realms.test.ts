import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Browser } from '../../support/browser.ts';
import { type GatewayUnderTest, startGatewayUnderTest } from '../../support/gateway-under-test.ts';
import { newPkcePair } from '../../support/pkce-pair.ts';
import { type Answer, send } from '../../support/simple-client.ts';
import { signJwt } from '../../support/upstreams/scripted/jwts.ts';
import {
  type Quirks,
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../../support/upstreams/scripted-legacy-server.ts';
import { REDIRECT_URI } from '../stage.ts';
import { arrivalOf } from './journey.ts';

// The upstream of all these has one set of codes, request_uris and sessions. A code does not show where it was requested,
// so records belong to the upstream: each is found and protected at every issuer.

const REALM_ENDPOINTS = `endpoints:
  authorization: ["/realms/{realm}/oauth2/authorize"]
  token: ["/realms/{realm}/oauth2/token"]
  pushed_authorization: ["/realms/{realm}/oauth2/par"]
  metadata: ["/realms/{realm}/.well-known/openid-configuration"]
`;
const POLICY = `redirect_uris: ["${REDIRECT_URI}"], request_objects: allow`;

type Fields = Readonly<Record<string, string | undefined>>;
type Place = { readonly path: string; readonly host?: string };

let upstream: ScriptedLegacyServer;
let gateway: GatewayUnderTest;
const pair = newPkcePair();

afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

async function post(place: Place, endpoint: string, fields: Fields): Promise<Answer> {
  const host: Record<string, string> = place.host === undefined ? {} : { host: place.host };
  return send(`${gateway.url}${place.path}/oauth2/${endpoint}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...host },
    body: new URLSearchParams(defined(fields)).toString(),
  });
}

const defined = (fields: Fields) =>
  Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined);

const request = (fields: Fields = {}): Fields => ({
  response_type: 'code',
  client_id: 'spa',
  redirect_uri: REDIRECT_URI,
  state: 'the-state',
  code_challenge: pair.challenge,
  code_challenge_method: 'S256',
  ...fields,
});

const authorize = (place: Place, fields: Fields = {}) => post(place, 'authorize', request(fields));
const codeOf = (answer: Answer) => arrivalOf(answer).values.code ?? '';
const redeem = (place: Place, code: string) =>
  post(place, 'token', {
    grant_type: 'authorization_code',
    code,
    client_id: 'spa',
    redirect_uri: REDIRECT_URI,
    code_verifier: pair.verifier,
  });
const refusals = () =>
  gateway.logLines
    .filter(({ event }) => event === 'refusal')
    .map(({ endpoint, reason }) => `${endpoint} ${reason}`);

const TWO_PLACES: readonly (readonly [
  what: string,
  a: Place,
  b: Place,
  start: (policy: string) => Promise<GatewayUnderTest>,
])[] = [
  [
    'two realms of one issuer',
    { path: '/realms/a' },
    { path: '/realms/b' },
    (policy) =>
      startGatewayUnderTest({
        upstream: upstream.url,
        issuer: `${REALM_ENDPOINTS}clients: {spa: {${policy}}}`,
      }),
  ],
  [
    'two segments of one issuer that are no realms',
    { path: '/realms/a' },
    { path: '/realms/b' },
    (policy) =>
      startGatewayUnderTest({
        upstream: upstream.url,
        issuer: `${REALM_ENDPOINTS.replaceAll('{realm}', '{*}')}clients: {spa: {${policy}}}`,
      }),
  ],
  [
    'two issuers by path, with discovered endpoints',
    { path: '/realms/a' },
    { path: '/realms/b' },
    (policy) => {
      const issuer = (name: string) =>
        `  - {name: ${name}, paths: [/realms/${name}], upstream: {url: "${upstream.url}"}, clients: {spa: {${policy}}}}`;
      const rest = `  - {name: rest, upstream: {url: "${upstream.url}"}, unlisted_clients: {mode: off}}`;
      return startGatewayUnderTest({
        upstream: upstream.url,
        issuers: [issuer('a'), rest, issuer('b')].join('\n'),
      });
    },
  ],
  [
    'two issuers by host',
    { path: '', host: 'a.example.com' },
    { path: '', host: 'b.example.com' },
    (policy) => {
      const issuer = (name: string) =>
        `  - {name: ${name}, hosts: [${name}.example.com], upstream: {url: "${upstream.url}"}, clients: {spa: {${policy}}}}`;
      return startGatewayUnderTest({ upstream: upstream.url, issuers: `${issuer('a')}\n${issuer('b')}` });
    },
  ],
];

describe.each(TWO_PLACES)('%s, the same client in both', (_, a, b, start) => {
  beforeEach(async () => {
    upstream = await startScriptedLegacyServer();
  });

  test.each(['', ', wrap_codes: false', ', state: preserve'])(
    'a code of one is protected in the other too%s',
    async (more) => {
      gateway = await start(POLICY + more);
      const code = codeOf(await authorize(a));
      const fields = { grant_type: 'authorization_code', code, client_id: 'spa', redirect_uri: REDIRECT_URI };
      expect((await post(b, 'token', fields)).json.error).toBe('invalid_grant');
      expect(refusals()).toEqual(['token verifier_missing']);
      expect(upstream.requests.all.filter(({ path }) => path.endsWith('/token'))).toEqual([]);
      expect((await redeem(b, code)).status).toBe(200);
      expect((await redeem(a, code)).json.error).toBe('invalid_grant');
    },
  );

  test('a request_uri of one is valid for its client in the other, and for no other client', async () => {
    gateway = await start(POLICY);
    const pushed = await post(a, 'par', request());
    const requestUri = String(pushed.json['request_uri']);
    expect((await post(b, 'authorize', { client_id: 'other', request_uri: requestUri })).status).toBe(400);
    expect(refusals()).toEqual(['authorization request_uri_unknown']);
    const code = codeOf(await post(b, 'authorize', { client_id: 'spa', request_uri: requestUri }));
    expect((await redeem(b, code)).status).toBe(200);
  });

  test.each(['', ', state: preserve'])('a flow of one can be entered again in the other%s', async (more) => {
    gateway = await start(POLICY + more);
    upstream.quirks.login = 'return_to';
    await authorize(a);
    const state = upstream.requests.all.at(-1)?.form.get('state') ?? '';
    const back = { state, code_challenge: undefined, code_challenge_method: undefined };
    upstream.quirks.login = 'none';
    expect((await redeem(a, codeOf(await authorize(b, back)))).status).toBe(200);
    expect(refusals()).toEqual([]);
  });

  test('two concurrent logins with the same state do not collide', async () => {
    gateway = await start(POLICY);
    const [inA, inB] = await Promise.all([authorize(a), authorize(b)]);
    expect(arrivalOf(inA).values.state).toBe('the-state');
    expect((await redeem(b, codeOf(inB))).status).toBe(200);
    expect((await redeem(a, codeOf(inA))).status).toBe(200);
  });

  test.each([', state: preserve', ''])(
    'the same preserved state is free again for the next realm%s',
    async (more) => {
      gateway = await start(POLICY + more);
      const object = { client_id: 'spa', request: signJwt(Object.fromEntries(defined(request()))) };
      const ask = (place: Place) => post(place, 'authorize', more === '' ? object : request());
      expect((await redeem(a, codeOf(await ask(a)))).status).toBe(200);
      // Realms share the pages after login, so a preserved state is live in one of them at a time, until its response.
      expect((await redeem(b, codeOf(await ask(b)))).status).toBe(200);
      expect(refusals()).toEqual([]);
    },
  );
});

describe('realms', () => {
  beforeEach(async () => {
    upstream = await startScriptedLegacyServer({ login: 'return_to' });
    gateway = await startGatewayUnderTest({
      upstream: upstream.url,
      issuer: `${REALM_ENDPOINTS}clients: {spa: {${POLICY}}}`,
    });
  });

  test.each(['a', 'b-2.x', 'A~1'])('logs in through the pages of realm %s', async (realm) => {
    await using browser = new Browser();
    const url = new URL(
      `/realms/${realm}/oauth2/authorize?${new URLSearchParams(defined(request()))}`,
      gateway.url,
    );
    const { parameters } = await browser.login(url, { username: 'alice' });
    expect(parameters.get('state')).toBe('the-state');
    const place = { path: `/realms/${realm}` };
    expect((await redeem(place, parameters.get('code') ?? '')).status).toBe(200);
  });

  test.each([
    '/realms/a%2Fb',
    '/realms/a/b',
    '/realms/%61',
    '/realms/..',
    '/realms/',
    '/realms/a;x',
    '/Realms/a',
  ])('nothing is redeemed or begun at %s', async (path) => {
    upstream.quirks.login = 'none';
    const code = codeOf(await authorize({ path: '/realms/a' }));
    expect((await redeem({ path }, code)).status).toBeGreaterThanOrEqual(400);
    expect(upstream.requests.all.filter((asked) => asked.path.endsWith('/token'))).toEqual([]);
    expect((await authorize({ path }, { code_challenge: undefined })).status).toBeGreaterThanOrEqual(400);
  });
});

describe('issuers by path in front of one server', () => {
  /** `a` is enforced; the rest, which has its own realm, is not. */
  async function open(quirks: Partial<Quirks> = {}, path = '/realms/a', more = '') {
    upstream = await startScriptedLegacyServer(quirks);
    const server = `upstream: {url: "${upstream.url}"}`;
    const endpointsOf = (realm: string) =>
      `endpoints: {authorization: [/realms/${realm}/oauth2/authorize], token: [/realms/${realm}/oauth2/token], pushed_authorization: [/realms/${realm}/oauth2/par]}`;
    gateway = await startGatewayUnderTest({
      upstream: upstream.url,
      issuers: [
        `  - {name: rest, ${server}, ${endpointsOf('c')}, unlisted_clients: {mode: report}}`,
        `  - {name: a, paths: [${path}], ${server}, ${endpointsOf('a')}, clients: {spa: {${POLICY}${more}}}}`,
      ].join('\n'),
    });
  }
  const a = { path: '/realms/a' };
  const rest = { path: '/realms/c' };

  test('a bare code of an enforced client is worthless at a lax issuer', async () => {
    await open({}, '/realms/a', ', wrap_codes: false');
    const code = codeOf(await authorize(a));
    const { status, json } = await post(rest, 'token', { grant_type: 'authorization_code', code });
    expect([status, json.error]).toEqual([400, 'invalid_grant']);
    expect((await redeem(a, code)).status).toBe(200);
  });

  test('a pushed request of the lax issuer is unknown to the enforced one', async () => {
    await open();
    const { json } = await post(rest, 'par', request());
    const reference = { client_id: 'spa', request_uri: String(json['request_uri']) };
    expect((await post(a, 'authorize', reference)).status).toBe(400);
    expect(refusals()).toEqual(['authorization request_uri_unknown']);
  });

  test.each(['', ', state: preserve'])('they may share their login page%s', async (more) => {
    // The page at /realms/a/login is below no configured path, so it belongs to the rest.
    await open({ login: 'issue_at_login' }, '/realms/a/oauth2', more);
    await using browser = new Browser();
    const url = new URL(`/realms/a/oauth2/authorize?${new URLSearchParams(defined(request()))}`, gateway.url);
    const { parameters } = await browser.login(url, { username: 'alice' }, REDIRECT_URI);
    expect(parameters.get('state')).toBe('the-state');
    const code = parameters.get('code') ?? '';
    expect(code).toMatch(/^pgc_/);
    expect((await redeem(rest, code)).status).toBe(200);
    expect((await redeem(a, code)).status).toBe(400);
  });

  test.each(['oauth-authorization-server', 'openid-configuration'])(
    'a %s at the root belongs to the issuer whose path it names',
    async (document) => {
      await open();
      const read = async (path: string) => {
        const { status, json } = await send(`${gateway.url}/.well-known/${document}${path}`);
        return [status, json['token_endpoint'], json['code_challenge_methods_supported']];
      };
      const [status, endpoint, methods] = await read('/realms/a');
      expect([status, endpoint]).toEqual([200, `${gateway.url}/realms/a/oauth2/token`]);
      expect(methods).toEqual(['S256']);
    },
  );

  test('a path of no issuer is a 404', async () => {
    upstream = await startScriptedLegacyServer();
    const issuers = `  - {name: a, paths: [/realms/a], upstream: {url: "${upstream.url}"}, clients: {spa: {${POLICY}}}}`;
    gateway = await startGatewayUnderTest({ upstream: upstream.url, issuers });
    expect((await send(`${gateway.url}/realms/b/login`)).status).toBe(404);
    const metrics = await gateway.metrics();
    expect(metrics.value('unplaced_requests_total', { cause: 'path_unknown' })).toBe(1);
    expect((await redeem(a, codeOf(await authorize(a)))).status).toBe(200);
  });

  test('endpoints outside of its paths are not used: nothing is forwarded', async () => {
    upstream = await startScriptedLegacyServer({
      metadataOverrides: { token_endpoint: 'http://idp/realms/b/oauth2/token' },
    });
    const issuers = `  - {name: a, paths: [/realms/a], upstream: {url: "${upstream.url}"}, clients: {spa: {${POLICY}}}}`;
    gateway = await startGatewayUnderTest({ upstream: upstream.url, issuers });
    expect((await authorize(a)).status).toBe(503);
    const [failed] = gateway.logLines.filter(({ event }) => event === 'discovery_failed');
    expect(JSON.stringify(failed)).toContain("/realms/b/oauth2/token is outside of the issuer's `paths`");
  });
});
