import { afterEach, beforeEach, expect, test } from 'vitest';
import { Browser } from './browser.ts';
import { postTokenRequest } from './token-request.ts';
import {
  SCRIPTED_PATHS,
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from './upstreams/scripted-legacy-server.ts';

// The quirks whose loss no test of the gateway would notice: it would pass without trying anything.

const REDIRECT_URI = 'http://127.0.0.3:9/callback';

let server: ScriptedLegacyServer;
let browser: Browser;
let authorizationUrl: string;
beforeEach(async () => {
  server = await startScriptedLegacyServer();
  browser = new Browser();
  const redirectUri = encodeURIComponent(REDIRECT_URI);
  authorizationUrl = `${server.url}${SCRIPTED_PATHS.authorization}?client_id=app&state=a%20b%2Fc&redirect_uri=${redirectUri}`;
});
afterEach(async () => {
  await browser[Symbol.asyncDispose]();
  await server.stop();
});

async function redeem(code: string | null): Promise<unknown> {
  const form = { grant_type: 'authorization_code', code: code ?? '' };
  const { status, body } = await postTokenRequest(`${server.url}${SCRIPTED_PATHS.token}`, form);
  return { status, sub: body['sub'] };
}

test.each(['none', 'return_to', 'session', 'issue_at_login'] as const)(
  'a login by %s gives a code of its user',
  async (login) => {
    server.quirks.login = login;
    const { parameters } = await browser.login(authorizationUrl, { username: 'bob' });
    expect(parameters.get('state')).toBe('a b/c');
    const sub = login === 'none' ? 'alice' : 'bob';
    expect(await redeem(parameters.get('code'))).toEqual({ status: 200, sub });
  },
);

test('a login that returns enters the authorization endpoint twice', async () => {
  server.quirks.login = 'return_to';
  await browser.login(authorizationUrl, { username: 'bob' });
  const entries = server.requests.to(SCRIPTED_PATHS.authorization);
  expect(entries).toHaveLength(2);
  expect(entries[1]?.target).toBe(entries[0]?.target);
});

test.each([
  ['percent', 'state=a%20b%2Fc'],
  ['plus', 'state=a+b%2Fc'],
  ['lower_hex', 'state=a%20b%2fc'],
  ['raw', 'state=a%20b%2Fc'],
  ['dropped', ''],
] as const)('a state is written as %s', async (state, expected) => {
  server.quirks.state = state;
  const page = await browser.visit(authorizationUrl);
  expect(/state=.*/.exec(String(page.headers.location))?.[0] ?? '').toBe(expected);
});

test.each([
  ['single_use', 400],
  ['reusable', 200],
] as const)('a %s code the second time: %i', async (codes, status) => {
  server.quirks.codes = codes;
  const { parameters } = await browser.login(authorizationUrl, { username: 'bob' });
  await redeem(parameters.get('code'));
  expect(await redeem(parameters.get('code'))).toMatchObject({ status });
});
