import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { type Answer, SimpleClient, send } from '../support/simple-client.ts';
import { startCannedServer } from '../support/upstreams/canned-server.ts';
import {
  SCRIPTED_PATHS as PATHS,
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';

const APP = 'https://app.example.com';
const EVIL = 'https://evil.example.com';
const OPENID = '/.well-known/openid-configuration';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

let upstream: ScriptedLegacyServer;
let gateway: GatewayUnderTest;

beforeEach(async () => {
  upstream = await startScriptedLegacyServer({
    metadataOverrides: { revocation_endpoint: 'http://idp/oauth2/revoke' },
  });
  gateway = await startGatewayUnderTest({
    upstream: upstream.url,
    issuer: [
      'clients:',
      '  spa: {redirect_uris: [https://app.example.com/cb]}',
      '  native: {redirect_uris: ["http://127.0.0.1/cb"], cors: {origins: ["capacitor://localhost"]}}',
    ].join('\n'),
  });
  upstream.requests.clear();
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

function preflight(path: string, origin: string, headers = 'content-type'): Promise<Answer> {
  return send(gateway.url + path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': headers,
    },
  });
}

function post(
  path: string,
  origin: string,
  body = '',
  headers: Record<string, string> = FORM,
): Promise<Answer> {
  return send(gateway.url + path, { method: 'POST', headers: { origin, ...headers }, body });
}

function expectShared(answer: Answer, origin = APP): void {
  expect(answer.headers).toMatchObject({
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'WWW-Authenticate, DPoP-Nonce, X-Request-Id',
    vary: expect.stringContaining('Origin'),
  });
  expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
}

describe('a preflight', () => {
  test.each([
    PATHS.token,
    PATHS.par,
    '/oauth2/revoke',
    PATHS.userinfo,
    '/jwks',
    OPENID,
    '/.well-known/oauth-authorization-server',
  ])('to %s is forwarded, and what the app requests is allowed', async (path) => {
    const answer = await preflight(path, APP, 'authorization,dpop,x-own');
    expect(answer.status).toBeLessThan(300);
    expect(upstream.requests.all.map(({ method }) => method)).toEqual(['OPTIONS']);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'authorization, dpop, x-own',
      vary: expect.stringMatching(/Origin, Access-Control-Request-Method, Access-Control-Request-Headers$/),
    });
  });

  test('names a method: other OPTIONS requests are none', async () => {
    const answer = await send(`${gateway.url}/oauth2/revoke`, {
      method: 'OPTIONS',
      headers: { origin: APP },
    });
    expect(answer.headers).not.toHaveProperty('access-control-allow-methods');
  });

  test('of an app with its own scheme', async () => {
    const answer = await preflight(PATHS.token, 'capacitor://localhost');
    expect(answer.headers['access-control-allow-origin']).toBe('capacitor://localhost');
  });

  test.each([
    [PATHS.token, EVIL],
    [PATHS.token, 'null'],
    [PATHS.token, `${APP}.evil.example.com`],
    [PATHS.token, 'http://127.0.0.1'],
    // No script may call the authorization endpoint or a page.
    [PATHS.authorization, APP],
    ['/login', APP],
    ['/inspect', APP],
  ])("to %s from %s is not changed: the upstream's response passes", async (path, origin) => {
    const answer = await preflight(path, origin);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('to the token endpoint from another origin is left to the upstream', async () => {
    await preflight(PATHS.token, EVIL);
    expect(upstream.tokenRequests.map(({ method }) => method)).toEqual(['OPTIONS']);
  });
});

describe('a script of the app can read', () => {
  test('tokens', async () => {
    const client = new SimpleClient(gateway.url);
    const answer = await client.redeem(await client.newCode(), {}, { origin: APP });
    expect(answer.status).toBe(200);
    expectShared(answer);
  });

  test('its metadata, keys and userinfo', async () => {
    for (const path of [OPENID, '/jwks', PATHS.userinfo]) {
      expectShared(await send(gateway.url + path, { headers: { origin: APP } }));
    }
  });

  test('a refusal: of the code, the method, the type, the size', async () => {
    const client = new SimpleClient(gateway.url);
    const refused = [
      await client.redeem('nope', {}, { origin: APP }),
      await send(gateway.url + PATHS.token, { headers: { origin: APP } }),
      await post(PATHS.token, APP, '{}', { 'content-type': 'application/json' }),
      await post(PATHS.token, APP, `a=${'x'.repeat(100_000)}`),
      await post(PATHS.par, APP, 'client_id=spa&response_type=code'),
    ];
    expect(refused.map(({ status }) => status)).toEqual([400, 405, 415, 413, 400]);
    for (const answer of refused) expectShared(answer);
  });

  test('a fault', async () => {
    const client = new SimpleClient(gateway.url);
    const code = await client.newCode();
    await upstream.stop();
    const answer = await client.redeem(code, {}, { origin: APP });
    expect(answer.status).toBe(502);
    expectShared(answer);
    expectShared(await send(`${gateway.url}/jwks`, { headers: { origin: APP } }));
  });
});

test('scripts of other origins can read what the upstream allows, and caches are informed', async () => {
  const client = new SimpleClient(gateway.url);
  const answers = [
    await client.redeem('nope', {}, { origin: EVIL }),
    await send(gateway.url + OPENID, { headers: { origin: EVIL } }),
    await send(gateway.url + PATHS.userinfo, { headers: { origin: EVIL } }),
    await send(`${gateway.url}/login`, { headers: { origin: APP } }),
  ];
  for (const answer of answers) expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  expect(answers[1]?.headers['vary']).toBe('Origin');
});

test('one issuer does not allow the apps of another', async () => {
  await using other = await startGatewayUnderTest({
    upstream: upstream.url,
    issuer: 'clients: {spa: {redirect_uris: [https://other.example.com/cb]}}',
  });
  const answer = await send(other.url + OPENID, { headers: { origin: APP } });
  expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
});

test("with realms, keys and userinfo are known after the realm's metadata passed", async () => {
  await using realms = await startCannedServer();
  const base = `${realms.url}/realms/one`;
  realms.answers.set(`/realms/one${OPENID}`, {
    body: {
      issuer: base,
      token_endpoint: `${base}/token`,
      userinfo_endpoint: `${base}/me`,
      jwks_uri: `${base}/token`,
    },
  });
  await using other = await startGatewayUnderTest({
    upstream: realms.url,
    issuer: [
      'endpoints:',
      '  authorization: ["/realms/{realm}/auth"]',
      '  token: ["/realms/{realm}/token"]',
      '  metadata: ["/realms/{realm}/.well-known/openid-configuration"]',
      `clients: {spa: {redirect_uris: [${APP}/cb]}}`,
    ].join('\n'),
  });
  const headers = { origin: APP };
  const me = `${other.url}/realms/one/me`;
  expect((await send(me, { headers })).headers).not.toHaveProperty('access-control-allow-origin');
  await send(`${other.url}/realms/one${OPENID}`, { headers });
  expectShared(await send(me, { headers }));
  // The token endpoint stays one, under any name in the document.
  expect((await send(`${other.url}/realms/one/token`, { headers })).status).toBe(405);
});
