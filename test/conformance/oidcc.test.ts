import * as openidClient from 'openid-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Browser } from '../support/browser.ts';
import { type ClientApp, startClientApp } from '../support/client-app.ts';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import type { LoginOptions } from '../support/logins/login-attempt.ts';
import { logInWithOpenidClient } from '../support/logins/openid-client-login.ts';
import { send } from '../support/simple-client.ts';
import { type OidcProviderServer, startOidcProvider } from '../support/upstreams/oidc-provider.ts';
import { testClients } from '../support/upstreams/test-client.ts';

// Cases of the OpenID conformance suite about the server, under the names of its modules: the gateway must not break them.
// The table in README.md lists the tests of the gateway's own cases.

const COOKIE = { httpOnly: true, sameSite: 'lax', secure: false, signed: true };

let stack: AsyncDisposableStack;
let app: ClientApp;
let upstream: OidcProviderServer;
let gateway: GatewayUnderTest;
let browser: Browser;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  app = stack.use(await startClientApp());
  const { basicClient } = testClients(app.redirectUri, `${app.redirectUri}/other`);
  upstream = stack.use(
    await startOidcProvider({
      clients: [basicClient],
      features: { claimsParameter: { enabled: true } },
      configuration: {
        acrValues: ['1', '2'],
        // A cross-site POST to the authorization endpoint has no other cookies.
        enableHttpPostMethods: true,
        cookies: { keys: ['for tests only'], long: { ...COOKIE, sameSite: 'none' }, short: COOKIE },
      },
    }),
  );
  gateway = stack.use(
    await startGatewayUnderTest({
      upstream: upstream.url,
      issuer: `clients: {${basicClient.clientId}: {redirect_uris: ["${app.redirectUri}"]}}`,
    }),
  );
  upstream.useIssuer(gateway.url);
  browser = stack.use(new Browser());
});
afterEach(() => stack.disposeAsync());

function logIn(options: Partial<LoginOptions> = {}) {
  const { basicClient: client } = testClients(app.redirectUri);
  return logInWithOpenidClient({ issuer: gateway.url, app, client, browser, ...options });
}

/** The pages that asked the user for a name and a password. */
const loginForms = () => upstream.requests.all.filter(({ form }) => form.has('username')).length;

test.each([
  ['oidcc-server', {}],
  ['oidcc-scope-profile', { scope: 'openid profile' }],
  ['oidcc-ensure-other-scope-order-succeeds', { scope: 'profile openid' }],
  ['oidcc-display-page', { display: 'page' }],
  ['oidcc-display-popup', { display: 'popup' }],
  ['oidcc-max-age-10000', { max_age: '10000' }],
  ['oidcc-ensure-request-with-unknown-parameter-succeeds', { extra: 'foobar' }],
  ['oidcc-login-hint', { login_hint: 'buffy@localhost' }],
  ['oidcc-ui-locales', { ui_locales: 'se' }],
  ['oidcc-claims-locales', { claims_locales: 'se' }],
  ['oidcc-ensure-request-with-acr-values-succeeds', { acr_values: '1 2' }],
  ['oidcc-claims-essential', { claims: '{"userinfo":{"name":{"essential":true}}}' }],
] as const)('%s: %j reaches the server as it is', async (_module, parameters) => {
  const { scope } = { scope: 'openid', ...parameters };
  const { tokens } = await logIn({ scope, parameters });
  expect(tokens.claims()).toMatchObject({ iss: gateway.url, sub: 'alice' });
  const [asked] = upstream.requests.to('/auth');
  expect(Object.fromEntries(asked?.query ?? [])).toMatchObject({ ...parameters, scope });
});

describe('who must log in', () => {
  test('oidcc-prompt-login: a user with a session', async () => {
    await logIn();
    await logIn({ parameters: { prompt: 'login' } });
    expect(loginForms()).toBe(2);
  });

  test('oidcc-max-age-1: a user whose login is too old', async () => {
    await logIn();
    await logIn({ parameters: { max_age: '0' } });
    expect(loginForms()).toBe(2);
  });

  test('oidcc-prompt-none-logged-in: not a user with a session', async () => {
    await logIn();
    const { tokens } = await logIn({ parameters: { prompt: 'none' } });
    expect(tokens.claims()).toMatchObject({ sub: 'alice' });
    expect(loginForms()).toBe(1);
  });

  test('oidcc-prompt-none-not-logged-in: nobody, and the app gets an error', async () => {
    const state = 'prompt none';
    await expect(logIn({ state, parameters: { prompt: 'none' } })).rejects.toMatchObject({
      error: 'login_required',
    });
    expect(app.callbacks[0]?.query.get('state')).toBe(state);
  });

  test('oidcc-id-token-hint: not the user of the ID token', async () => {
    const { tokens } = await logIn();
    const hint = { prompt: 'none', id_token_hint: tokens.id_token ?? '' };
    await expect(logIn({ parameters: hint })).resolves.toHaveProperty('tokens');
  });
});

/** A login in steps. */
async function begin() {
  const { clientId, clientSecret } = testClients(app.redirectUri).basicClient;
  const configuration = await openidClient.discovery(
    new URL(gateway.url),
    clientId,
    {},
    openidClient.ClientSecretBasic(clientSecret),
    { execute: [openidClient.allowInsecureRequests] },
  );
  const checks = { pkceCodeVerifier: openidClient.randomPKCECodeVerifier(), expectedState: 'by hand' };
  const url = openidClient.buildAuthorizationUrl(configuration, {
    redirect_uri: app.redirectUri,
    scope: 'openid',
    code_challenge: await openidClient.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
  });
  const redeem = (callback: URL) => openidClient.authorizationCodeGrant(configuration, callback, checks);
  return { url, redeem };
}

test('oidcc-ensure-post-request-succeeds', async () => {
  const { url, redeem } = await begin();
  const page = await browser.visit(`${url.origin}${url.pathname}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: url.searchParams.toString(),
  });
  const response = await browser.continueLogin(page, { username: 'alice' }, app.redirectUri);
  expect((await redeem(response.url)).claims()).toMatchObject({ sub: 'alice' });
  expect(upstream.requests.to('/auth')[0]?.method).toBe('POST');
});

test('oidcc-ensure-redirect-uri-in-authorization-request: with two registered URIs, the server requires it', async () => {
  const { url } = await begin();
  url.searchParams.delete('redirect_uri');
  const answer = await send(url);
  expect(answer).toMatchObject({ status: 400, location: undefined });
  expect(answer.text).toContain('redirect_uri');
  expect(upstream.requests.to('/auth')).toHaveLength(1);
});

test('oidcc-codereuse: the second time is refused', async () => {
  const { url, redeem } = await begin();
  const response = await browser.login(url, { username: 'alice' });
  expect((await redeem(response.url)).access_token).toEqual(expect.any(String));
  await expect(redeem(response.url)).rejects.toMatchObject({ error: 'invalid_grant' });
  expect(upstream.tokenRequests).toHaveLength(1);
});

test('oidcc-userinfo-get, oidcc-userinfo-post-header, oidcc-userinfo-post-body', async () => {
  const { tokens, configuration } = await logIn({ scope: 'openid profile' });
  const userinfo = configuration.serverMetadata().userinfo_endpoint ?? '';
  const authorization = `Bearer ${tokens.access_token}`;
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const answers = [
    await send(userinfo, { headers: { authorization } }),
    await send(userinfo, { method: 'POST', headers: { authorization } }),
    await send(userinfo, { method: 'POST', headers: form, body: `access_token=${tokens.access_token}` }),
  ];
  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 200, json: { sub: 'alice', name: 'alice' } });
  }
});

test('oidcc-discovery-endpoint-verification', async () => {
  const { json } = await send(`${gateway.url}/.well-known/openid-configuration`);
  expect(json).toMatchObject({ issuer: gateway.url, response_types_supported: ['code'] });
  const places = Object.entries(json).filter(([key]) => /(_endpoint|_uri)$/.test(key));
  expect(places.map(([key]) => key)).toEqual(
    expect.arrayContaining(['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri']),
  );
  for (const [, place] of places) expect(new URL(String(place)).origin).toBe(gateway.url);
});
