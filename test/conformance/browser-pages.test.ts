import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startChromium } from '../support/chromium.ts';
import { type ClientApp, startClientApp } from '../support/client-app.ts';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { newPkcePair, type PkcePair } from '../support/pkce-pair.ts';
import { postTokenRequest } from '../support/token-request.ts';
import {
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';

// The gateway's own pages, in a real browser.

const CLIENT_ID = 'portal';
/** Survives only if every character of it is escaped. */
const STATE = `"><script>document.title = 'taken over'</script>'&quot;&amp;+%2B ü`;

let chromium: Browser;
beforeAll(async () => {
  chromium = await startChromium();
});
afterAll(() => chromium?.close());

let stack: AsyncDisposableStack;
let app: ClientApp;
let upstream: ScriptedLegacyServer;
let gateway: GatewayUnderTest;
let page: Page;
let pair: PkcePair;
/** The browser's reports about Content-Security-Policy. */
let violations: string[];

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  app = stack.use(await startClientApp());
  upstream = stack.use(await startScriptedLegacyServer({ login: 'return_to' }));
  gateway = stack.use(
    await startGatewayUnderTest({
      upstream: upstream.url,
      issuer: `clients: {${CLIENT_ID}: {owner: web-team@example.com, redirect_uris: ["${app.redirectUri}"]}}`,
    }),
  );
  pair = newPkcePair();
  const context = await chromium.newContext();
  stack.defer(() => context.close());
  context.setDefaultTimeout(10_000);
  page = await context.newPage();
  violations = [];
  page.on('console', (message) => {
    if (/content.security.policy/i.test(message.text())) violations.push(message.text());
  });
});
afterEach(() => stack.disposeAsync());

function authorizeUrl(fields: Readonly<Record<string, string>>): string {
  const url = new URL('/oauth2/authorize', gateway.url);
  const all = { response_type: 'code', client_id: CLIENT_ID, redirect_uri: app.redirectUri, ...fields };
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value);
  return url.href;
}

async function logIn(fields: Readonly<Record<string, string>>): Promise<void> {
  const challenge = { code_challenge: pair.challenge, code_challenge_method: 'S256' };
  await page.goto(authorizeUrl({ state: STATE, ...challenge, ...fields }));
  await page.fill('input[name=username]', 'alice');
  await page.click('button:text("Log in")');
  await page.waitForURL(`${app.url}/**`);
}

describe('form_post', () => {
  test.each([
    ['if the client requests it', 'as_requested'],
    ['for any response mode', 'form_post'],
  ] as const)('the server sends the page %s', async (_when, responseMode) => {
    upstream.quirks.responseMode = responseMode;
    await logIn({ response_mode: 'form_post' });

    expect(await page.textContent('body')).toBe('back at the client');
    const [callback] = app.callbacks;
    expect(callback?.method).toBe('POST');
    expect(callback?.form.get('state')).toBe(STATE);
    const tokens = await postTokenRequest(`${gateway.url}/oauth2/token`, {
      grant_type: 'authorization_code',
      client_id: CLIENT_ID,
      redirect_uri: app.redirectUri,
      code: callback?.form.get('code') ?? '',
      code_verifier: pair.verifier,
    });
    expect(tokens).toMatchObject({ status: 200, body: { access_token: expect.any(String) } });
    expect(violations).toEqual([]);
  });

  test('an error returns the same way', async () => {
    upstream.quirks.authorizationError = 'access_denied';
    await logIn({ response_mode: 'form_post' });
    expect(app.callbacks[0]?.form.get('error')).toBe('access_denied');
    expect(app.callbacks[0]?.form.get('state')).toBe(STATE);
    expect(violations).toEqual([]);
  });
});

describe('the page of a refused login', () => {
  /** A client without a configured redirect_uri: the browser must not be sent there. */
  const refused = () => authorizeUrl({ redirect_uri: 'https://elsewhere.example/<b>', state: STATE });

  test('says what happened, and names a contact', async () => {
    const response = await page.goto(refused());
    expect(response?.status()).toBe(400);
    const text = await page.innerText('main');
    expect(text).toContain('This sign-in was stopped');
    expect(text).toContain('web-team@example.com');
    expect(text).toContain('redirect_uri_not_allowed');
    expect(text).toContain(String(response?.headers()['x-request-id']));
    expect(violations).toEqual([]);
  });

  test('a login without PKCE', async () => {
    const response = await page.goto(authorizeUrl({ client_id: 'unlisted', state: STATE }));
    expect(response?.status()).toBe(400);
    expect(await page.innerText('main')).toContain('challenge_missing');
    expect(upstream.requests.all.filter(({ path }) => path === '/oauth2/authorize')).toEqual([]);
    expect(violations).toEqual([]);
  });

  test.each([
    ['light', 'rgb(244, 245, 247)'],
    ['dark', 'rgb(22, 24, 29)'],
  ] as const)('has its %s colours, and fits on a phone', async (colorScheme, background) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 320, height: 640 });
    await page.goto(authorizeUrl({ client_id: 'unlisted' }));
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(background);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
  });
});
