import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startChromium } from '../support/chromium.ts';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { type SinglePageApp, startSinglePageApp } from '../support/single-page-app.ts';
import { type OidcProviderServer, startOidcProvider } from '../support/upstreams/oidc-provider.ts';

// oidc-client-ts in a real browser, in front of a server that knows neither PKCE nor CORS. App and gateway are of one
// site, as they are in every company where silent renewal works: the iframe gets the cookies of the login.

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
/** Where browsers find the gateway. */
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

/** What the page shows of the user; where it shows an error, that is thrown. */
async function signedIn(page: Page): Promise<User> {
  await page.waitForSelector('#user:not(:empty), #error:not(:empty)');
  const error = await page.textContent('#error');
  if (error) throw new Error(error);
  return JSON.parse((await page.textContent('#user')) ?? '');
}

/** Runs a script in the page; its result, or the text of its error. */
async function inPage(page: Page, script: string): Promise<unknown> {
  return page.evaluate(`(async () => { ${script} })().catch((error) => ({ failed: String(error) }))`);
}

const getJson = (url: string) => `return (await fetch('${url}')).json();`;

/** A token request such as any page could make a browser send, without asking first. */
function redeem(tokenEndpoint: string, headers: Record<string, string> = {}): string {
  const fields = { grant_type: 'authorization_code', client_id: 'portal', code: 'unknown' };
  const body = new URLSearchParams({ ...fields, code_verifier: 'v'.repeat(43) }).toString();
  const sent = { 'content-type': 'application/x-www-form-urlencoded', ...headers };
  return `
    const request = { method: 'POST', headers: ${JSON.stringify(sent)}, body: '${body}' };
    const response = await fetch('${tokenEndpoint}', request);
    return { status: response.status, ...(await response.json()) };`;
}

/** All that a script learns of an answer that is not shared with its origin. */
const UNREADABLE = { failed: 'TypeError: Failed to fetch' };

describe.each(Array.from({length: 12}, (_, i) => i))('%i', () => {
describe('two tabs at once', () => {
  /** Each has been redeemed by the tab that asked for it, and none was one that the browser had seen. */
  async function expectVerified(count: number): Promise<void> {
    const callbacks = app.requests.to('/callback').map(({ query }) => query);
    expect(new Set(callbacks.map((query) => query.get('state'))).size).toBe(count);
    const redeemed = upstream.tokenRequests.map(({ form }) => form.get('code'));
    expect(redeemed).toHaveLength(count);
    for (const query of callbacks) expect(redeemed).not.toContain(query.get('code'));
    const metrics = await gateway.metrics();
    expect(metrics.value('redemptions_total', { client: 'portal', result: 'verified' })).toBe(count);
  }

  // One after the other only at the server's own login page: two at once, and it mixes up its sessions by itself.
  test('both log in, the one that came last first', async () => {
    const [first, last] = [await openApp(), await openApp()];
    await beginLogin(first);
    await beginLogin(last);
    const users = [await finishLogin(last), await finishLogin(first)];
    expect(users).toMatchObject([{ profile: { sub: 'alice' } }, { profile: { sub: 'alice' } }]);
    expect(users[0]?.access_token).not.toBe(users[1]?.access_token);
    await expectVerified(2);
  });

  test('both are logged in already, and ask for tokens in the same moment', async () => {
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

});
