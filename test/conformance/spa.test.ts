import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startChromium } from '../support/chromium.ts';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { type SinglePageApp, startSinglePageApp } from '../support/single-page-app.ts';
import { type OidcProviderServer, startOidcProvider } from '../support/upstreams/oidc-provider.ts';

// oidc-client-ts in a real browser, with a server that supports neither PKCE nor CORS. App and gateway are same-site, as
// silent renewal requires: the iframe gets the cookies of the login.

const SCOPE = 'openid profile';
const CLIENTS = ['portal', 'portal-with-refresh'] as const;
type ClientId = (typeof CLIENTS)[number];

let chromium: Browser;
beforeAll(async () => {
  chromium = await startChromium();
});
afterAll(() => chromium?.close());

let stack: AsyncDisposableStack;
let app: SinglePageApp;
let stranger: SinglePageApp;
let upstream: OidcProviderServer;
let gateway: GatewayUnderTest;
/** The gateway's URL for browsers. */
let publicUrl: string;
let context: BrowserContext;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  app = stack.use(await startSinglePageApp('app.corp.localhost'));
  stranger = stack.use(await startSinglePageApp('stranger.corp.localhost'));
  const redirectUris = [app.redirectUri, app.silentRedirectUri];
  upstream = stack.use(
    await startOidcProvider({
      cors: 'off',
      clients: CLIENTS.map((clientId) => ({
        clientId,
        authMethod: 'none',
        redirectUris,
        metadata: {
          grant_types:
            clientId === 'portal' ? ['authorization_code'] : ['authorization_code', 'refresh_token'],
        },
      })),
    }),
  );
  const policy = `{redirect_uris: ${JSON.stringify(redirectUris)}, cors: {origins: ["${app.origin}"]}}`;
  gateway = stack.use(
    await startGatewayUnderTest({
      upstream: upstream.url,
      host: '127.0.0.1',
      issuer: `clients: {${CLIENTS.map((clientId) => `${clientId}: ${policy}`).join(', ')}}`,
    }),
  );
  publicUrl = `http://login.corp.localhost:${new URL(gateway.url).port}`;
  upstream.useIssuer(publicUrl);
  context = await chromium.newContext();
  context.setDefaultTimeout(10_000);
  stack.defer(() => context.close());
});
afterEach(() => stack.disposeAsync());

async function openApp(clientId: ClientId = 'portal', site = app): Promise<Page> {
  site.configure({ authority: publicUrl, client_id: clientId, scope: SCOPE });
  const page = await context.newPage();
  await page.goto(site.origin);
  return page;
}

type User = {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly profile: Readonly<Record<string, unknown>>;
};

/** From the app to the login page of the server. */
async function beginLogin(page: Page): Promise<void> {
  await page.click('#sign-in');
  await page.waitForSelector('input[name=username]');
}

/** From the login page back to the app, until it has the tokens and the user's profile. */
async function finishLogin(page: Page, username = 'alice'): Promise<User> {
  await page.fill('input[name=username]', username);
  await page.click('button:text("Log in")');
  // The server asks for consent once.
  const consent = page.locator('button:text("Continue")');
  await page.locator('#user').or(consent).waitFor({ state: 'attached' });
  if (await consent.isVisible()) await consent.click();
  return signedIn(page);
}

/** The user that the page shows; throws the error if it shows one. */
async function signedIn(page: Page): Promise<User> {
  await page.waitForSelector('#user:not(:empty), #error:not(:empty)');
  const error = await page.textContent('#error');
  if (error) throw new Error(error);
  return JSON.parse((await page.textContent('#user')) ?? '');
}

/** Runs a script in the page; returns its result, or the text of its error. */
async function inPage(page: Page, script: string): Promise<unknown> {
  return page.evaluate(`(async () => { ${script} })().catch((error) => ({ failed: String(error) }))`);
}

const getJson = (url: string) => `return (await fetch('${url}')).json();`;

/** A token request that any page could make a browser send without a preflight. */
function redeem(tokenEndpoint: string, headers: Record<string, string> = {}): string {
  const fields = { grant_type: 'authorization_code', client_id: 'portal', code: 'unknown' };
  const body = new URLSearchParams({ ...fields, code_verifier: 'v'.repeat(43) }).toString();
  const sent = { 'content-type': 'application/x-www-form-urlencoded', ...headers };
  return `
    const request = { method: 'POST', headers: ${JSON.stringify(sent)}, body: '${body}' };
    const response = await fetch('${tokenEndpoint}', request);
    return { status: response.status, ...(await response.json()) };`;
}

/** Everything that a script learns from a response that is not shared with its origin. */
const UNREADABLE = { failed: 'TypeError: Failed to fetch' };

test('without the gateway, the app does not reach the login page', async () => {
  app.configure({ authority: upstream.url, client_id: 'portal', scope: SCOPE });
  const page = await context.newPage();
  await page.goto(app.origin);
  await page.click('#sign-in');
  await page.waitForSelector('#error:not(:empty)');
  expect(await page.textContent('#error')).toContain('Failed to fetch');
});

describe('two tabs at once', () => {
  /** Each was redeemed by the tab that requested it, and none was one that the browser saw. */
  async function expectVerified(count: number): Promise<void> {
    const callbacks = app.requests.to('/callback').map(({ query }) => query);
    expect(new Set(callbacks.map((query) => query.get('state'))).size).toBe(count);
    const posts = upstream.tokenRequests.filter(({ method }) => method === 'POST');
    const redeemed = posts.map(({ form }) => form.get('code'));
    expect(redeemed).toHaveLength(count);
    for (const query of callbacks) expect(redeemed).not.toContain(query.get('code'));
    const metrics = await gateway.metrics();
    expect(metrics.value('redemptions_total', { client: 'portal', result: 'verified' })).toBe(count);
  }

  // Sequential only at the server's own login page, because the server itself confuses two concurrent sessions.
  test('both log in, the last one first', async () => {
    const [first, last] = [await openApp(), await openApp()];
    await beginLogin(first);
    await beginLogin(last);
    const users = [await finishLogin(last), await finishLogin(first)];
    expect(users).toMatchObject([{ profile: { sub: 'alice' } }, { profile: { sub: 'alice' } }]);
    expect(users[0]?.access_token).not.toBe(users[1]?.access_token);
    await expectVerified(2);
  });

  test('both are logged in, and request tokens at the same time', async () => {
    const page = await openApp();
    await beginLogin(page);
    await finishLogin(page);
    const tabs = [await openApp(), await openApp()];
    await Promise.all(tabs.map((tab) => tab.click('#sign-in')));
    const users = await Promise.all(tabs.map(signedIn));
    expect(users[0]?.access_token).not.toBe(users[1]?.access_token);
    await expectVerified(3);
  });
});

test('reads userinfo; its preflight is forwarded to the server, which refuses it', async () => {
  const page = await openApp();
  await beginLogin(page);
  expect(await finishLogin(page)).toMatchObject({ profile: { name: 'alice' } });

  const crossOrigin = upstream.requests.all.filter(({ headers }) => headers['origin'] === app.origin);
  const asked = crossOrigin.map(({ method, path }) => `${method} ${path}`);
  expect(asked.filter((line) => !line.startsWith('OPTIONS'))).toEqual(['POST /token', 'GET /me']);
  expect(asked).toContain('OPTIONS /token');
  const post = crossOrigin.find(({ method }) => method === 'POST');
  expect(post?.headers['x-requested-with']).toBe('portal');
});

describe('renews silently', () => {
  test('at the authorization endpoint, in an iframe', async () => {
    const page = await openApp('portal');
    await beginLogin(page);
    const user = await finishLogin(page);
    expect(user.refresh_token).toBeUndefined();

    const renewed = await inPage(page, 'return manager.signinSilent();');
    expect(renewed).toMatchObject({ profile: { sub: 'alice' }, access_token: expect.any(String) });
    expect(renewed).not.toMatchObject({ access_token: user.access_token });
    const asked = upstream.requests.to('/auth').at(-1);
    expect(asked?.query.get('prompt')).toBe('none');
    expect(asked?.headers['sec-fetch-dest']).toBe('iframe');
    const metrics = await gateway.metrics();
    expect(metrics.value('redemptions_total', { client: 'portal', result: 'verified' })).toBe(2);
  });

  test('in an iframe, and learns that the session ended', async () => {
    const page = await openApp('portal');
    await beginLogin(page);
    await finishLogin(page);
    await context.clearCookies();
    expect(await inPage(page, 'return manager.signinSilent();')).toMatchObject({
      failed: expect.stringMatching(/End-User|login/),
    });
  });

  test('with a refresh token', async () => {
    const page = await openApp('portal-with-refresh');
    await beginLogin(page);
    const user = await finishLogin(page);
    expect(user.refresh_token).toEqual(expect.any(String));

    const renewed = await inPage(page, 'return manager.signinSilent();');
    expect(renewed).toMatchObject({ access_token: expect.any(String) });
    expect(renewed).not.toMatchObject({ access_token: user.access_token });
    expect(upstream.tokenRequests.at(-1)?.form.get('grant_type')).toBe('refresh_token');
    expect(app.requests.to('/silent')).toEqual([]);
  });
});

describe('who may read what', () => {
  test.each([
    ['', {}],
    [', with a preflight', { 'x-requested-with': 'portal' }],
  ])('a refusal of the token endpoint%s: only the app', async (_asked, headers) => {
    const tokenEndpoint = `${publicUrl}/token`;
    const refusal = {
      status: 400,
      error: 'invalid_grant',
      error_description: expect.any(String),
      reason: 'code_unknown',
      request_id: expect.any(String),
    };
    expect(await inPage(await openApp(), redeem(tokenEndpoint, headers))).toEqual(refusal);
    expect(await inPage(await openApp('portal', stranger), redeem(tokenEndpoint, headers))).toEqual(
      UNREADABLE,
    );
  });

  test('the app may send its own headers, other origins may not', async () => {
    const asked = redeem(`${publicUrl}/token`, { 'x-anything': '1' });
    expect(await inPage(await openApp(), asked)).toMatchObject({ error: 'invalid_grant' });
    expect(await inPage(await openApp('portal', stranger), asked)).toEqual(UNREADABLE);
  });

  test('metadata, keys and a refusal of userinfo: only the app', async () => {
    const pages = [await openApp(), await openApp('portal', stranger)];
    const paths = [
      '/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server',
      '/jwks',
      '/me',
    ];
    const read = pages.map((page) =>
      Promise.all(paths.map((path) => inPage(page, getJson(publicUrl + path)))),
    );
    expect(await Promise.all(read)).toEqual([
      [
        expect.objectContaining({ issuer: publicUrl, code_challenge_methods_supported: ['S256'] }),
        expect.objectContaining({ issuer: publicUrl, code_challenge_methods_supported: ['S256'] }),
        { keys: expect.any(Array) },
        expect.objectContaining({ error: 'invalid_token' }),
      ],
      [UNREADABLE, UNREADABLE, UNREADABLE, UNREADABLE],
    ]);
  });

  test('the login page: nobody', async () => {
    expect(await inPage(await openApp(), `return fetch('${publicUrl}/interaction/1');`)).toEqual(UNREADABLE);
  });
});

test("a login that a stranger begins with the app's client_id ends at the gateway", async () => {
  // It cannot fetch the metadata, but knows the app's login URL.
  const metadata = { issuer: publicUrl, authorization_endpoint: `${publicUrl}/auth` };
  stranger.configure({ authority: publicUrl, client_id: 'portal', scope: SCOPE, metadata });
  const page = await context.newPage();
  await page.goto(stranger.origin);
  await page.click('#sign-in');
  await page.waitForSelector('code:text("redirect_uri_not_allowed")');
  expect(new URL(page.url()).origin).toBe(publicUrl);
  expect(upstream.requests.to('/auth')).toEqual([]);
});
