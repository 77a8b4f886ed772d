import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Browser, LoginStuck } from './browser.ts';
import { rawRequest, sendRaw } from './raw-http.ts';
import { postTokenRequest } from './token-request.ts';
import {
  type Quirks,
  SCRIPTED_PATHS,
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from './upstreams/scripted-legacy-server.ts';

const REDIRECT_URI = 'http://127.0.0.3:9/callback';

let server: ScriptedLegacyServer;
let browser: Browser;
beforeEach(async () => {
  server = await startScriptedLegacyServer();
  browser = new Browser();
});
afterEach(async () => {
  await browser[Symbol.asyncDispose]();
  await server.stop();
});

function authorizationUrl(more = ''): string {
  const redirectUri = encodeURIComponent(REDIRECT_URI);
  return `${server.url}${SCRIPTED_PATHS.authorization}?client_id=app&state=a%20b%2Fc&redirect_uri=${redirectUri}${more}`;
}

function set(quirks: Partial<Quirks>): void {
  Object.assign(server.quirks, quirks);
}

describe.each(['none', 'return_to', 'session', 'issue_at_login'] as const)('login %s', (login) => {
  describe.each([302, 303, 307] as const)('redirects by %i', (redirectStatus) => {
    test.each(['relative', 'host', 'internal'] as const)('own locations %s', async (ownLocations) => {
      set({ login, redirectStatus, ownLocations });
      const { parameters } = await browser.login(authorizationUrl(), { username: 'bob' });
      expect(parameters.get('state')).toBe('a b/c');
      const redeemed = await postTokenRequest(`${server.url}${SCRIPTED_PATHS.token}`, {
        grant_type: 'authorization_code',
        code: parameters.get('code') ?? '',
      });
      expect(redeemed).toMatchObject({ status: 200, body: { sub: login === 'none' ? 'alice' : 'bob' } });
    });
  });
});

test('a login that returns enters the authorization endpoint twice', async () => {
  set({ login: 'return_to' });
  await browser.login(authorizationUrl(), { username: 'bob' });
  const entries = server.requests.to(SCRIPTED_PATHS.authorization);
  expect(entries).toHaveLength(2);
  expect(entries[1]?.target).toBe(entries[0]?.target);
});

describe('the authorization response', () => {
  test.each([
    ['percent', 'state=a%20b%2Fc'],
    ['plus', 'state=a+b%2Fc'],
    ['lower_hex', 'state=a%20b%2fc'],
    ['raw', 'state=a%20b%2Fc'],
    ['dropped', ''],
  ] as const)('state %s', async (state, expected) => {
    set({ state });
    const page = await browser.visit(authorizationUrl());
    expect(/state=.*/.exec(String(page.headers.location))?.[0] ?? '').toBe(expected);
  });

  test.each(['query', 'fragment', 'form_post'] as const)(
    'response_mode %s, requested or not',
    async (mode) => {
      const asked = await browser.login(authorizationUrl(`&response_mode=${mode}`), { username: 'bob' });
      expect(asked.via).toBe(mode);
      set({ responseMode: mode });
      expect((await browser.login(authorizationUrl(), { username: 'bob' })).via).toBe(mode);
    },
  );

  test('further parameters, and another target', async () => {
    set({ extraParameters: { iss: 'x', session_state: 'y z' }, redirectTo: 'com.example:/elsewhere' });
    const { url, parameters } = await browser.login(authorizationUrl(), { username: 'bob' });
    expect(url.protocol).toBe('com.example:');
    expect(Object.fromEntries(parameters)).toMatchObject({ iss: 'x', session_state: 'y z' });
  });

  test('an error as a 400 with a Location', async () => {
    set({ authorizationError: 'access_denied', errorsAs: '400_with_location' });
    const page = await browser.visit(authorizationUrl());
    expect(page.status).toBe(400);
    expect(page.location?.searchParams.get('error')).toBe('access_denied');
    await expect(browser.login(authorizationUrl(), { username: 'bob' })).rejects.toThrow(LoginStuck);
  });

  test.each([
    ['parameters of PKCE', { pkceParameters: 'rejected' }, '&code_challenge=x'],
    ['resource', { resourceParameter: 'rejected' }, '&resource=https%3A%2F%2Fmcp.example.com'],
  ] as const)('a 400 for %s', async (_what, quirks, parameter) => {
    expect((await browser.visit(authorizationUrl(parameter))).status).toBe(302);
    set(quirks);
    expect((await browser.visit(authorizationUrl(parameter))).status).toBe(400);
    expect((await browser.visit(authorizationUrl())).status).toBe(302);
  });
});

describe('the token endpoint', () => {
  const request = () =>
    sendRaw(server.url, rawRequest(`POST ${SCRIPTED_PATHS.token} HTTP/1.1`, [], 'grant_type=x'));

  test('held until it is released', async () => {
    set({ token: 'held' });
    const arrived = server.requests.next(SCRIPTED_PATHS.token);
    const response = request();
    await arrived;
    server.releaseHeld();
    expect((await response).status).toBe(400);
    expect(server.tokenRequests).toHaveLength(1);
  });

  test('cut off', async () => {
    set({ token: 'reset' });
    await expect(request()).rejects.toMatchObject({ code: 'ECONNRESET' });
    set({ token: 'truncated' });
    expect((await request()).body).toBe('{"access_token":"');
    set({ token: 'status', tokenStatus: 502 });
    expect((await request()).statusLine).toBe('HTTP/1.1 502 Bad Gateway');
  });

  test.each([
    ['single_use', 400],
    ['reusable', 200],
  ] as const)('a %s code the second time', async (codes, status) => {
    set({ codes });
    const { parameters } = await browser.login(authorizationUrl(), { username: 'bob' });
    const redeem = () =>
      postTokenRequest(`${server.url}${SCRIPTED_PATHS.token}`, {
        grant_type: 'authorization_code',
        code: parameters.get('code') ?? '',
      });
    await redeem();
    expect((await redeem()).status).toBe(status);
  });
});

describe('what passes through', () => {
  test('a long body, both ways', async () => {
    const big = await sendRaw(server.url, rawRequest('GET /stream?bytes=3000000 HTTP/1.1', []), {
      until: 'close',
    });
    expect(big.body).toHaveLength(3_000_000);
    const head = 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n';
    expect((await sendRaw(server.url, [head, 'hello', 'world'])).body).toBe('helloworld');
  });

  test('server-sent events', async () => {
    const response = await fetch(`${server.url}/sse`);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('data: hello\n\n');
    server.sendEvent('more');
    expect((await reader?.read())?.value).toBe('data: more\n\n');
    await reader?.cancel();
  });

  test('a WebSocket', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`);
    await once(socket, 'open');
    socket.send('ping');
    expect(String((await once(socket, 'message'))[0])).toBe('ping');
    socket.close();
    await once(socket, 'close');
    expect(server.requests.to('/ws')).toHaveLength(1);
  });

  test('several cookies', async () => {
    const page = await browser.visit(`${server.url}/cookies`);
    expect(page.setCookies).toHaveLength(3);
    expect(await browser.cookies(`${server.url}/app`)).toBe('three="a,b"; one=1; two=2');
    expect(await browser.cookies('http://localhost/app')).toBe('');
  });

  test('the unchanged request', async () => {
    const inspected = await sendRaw(
      server.url,
      rawRequest('PUT /inspect?a=%2f&a HTTP/1.1', ['X-Odd-CASE:  v', 'X-Odd-CASE: w'], 'body'),
    );
    expect(JSON.parse(inspected.body)).toMatchObject({
      method: 'PUT',
      target: '/inspect?a=%2f&a',
      rawHeaders: expect.arrayContaining([
        ['X-Odd-CASE', 'v'],
        ['X-Odd-CASE', 'w'],
      ]),
      body: 'body',
    });
  });
});

test('a browser reaches a routed origin under its own name', async () => {
  await using routed = new Browser({ routes: { 'https://login.example.com': server.url } });
  const page = await routed.visit('https://login.example.com/inspect');
  expect(JSON.parse(page.text).rawHeaders).toContainEqual(['host', 'login.example.com']);
});
