import { describe, expect, test } from 'vitest';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { REDIRECT_URI, Stage } from './stage.ts';

const headerOf = (headers: readonly (readonly [string, string])[], name: string) =>
  headers.find(([candidate]) => candidate.toLowerCase() === name)?.[1];

describe('every response of the gateway itself has an X-Request-Id and is not cached', () => {
  const ISSUER = `hosts: [login.example.com]\nupstream: {url: "http://127.0.0.1:9"}\nendpoints: {authorization: [/oauth2/authorize], token: [/oauth2/token]}`;
  const RESPONSES: readonly (readonly [what: string, status: number, issuer: string, request: string])[] = [
    ['a target with a backslash', 400, '', 'GET /oauth2\\token HTTP/1.1'],
    ['a target with a fragment', 400, '', 'GET /login#x HTTP/1.1'],
    ['an unknown host', 421, ISSUER, 'GET /login HTTP/1.1'],
    ['no request at all', 400, '', 'hello'],
    ['an unknown method', 400, '', 'HELLO / HTTP/1.1'],
    ['a head that is too large', 431, '', `GET /${'x'.repeat(33_000)} HTTP/1.1`],
  ];
  test.each(RESPONSES)('%s: %i', async (_, status, issuer, requestLine) => {
    await using stage = await Stage.open(issuer === '' ? {} : { issuer });
    const answer = await sendRaw(stage.gateway.url, rawRequest(requestLine, []));
    expect(answer.status).toBe(status);
    expect(headerOf(answer.headers, 'cache-control')).toBe('no-store');
    expect(headerOf(answer.headers, 'x-request-id')).toMatch(/^[\w-]{16,}$/);
  });

  test('no Host: 400', async () => {
    await using stage = await Stage.open();
    const { status, headers } = await sendRaw(stage.gateway.url, 'GET /login HTTP/1.1\r\n\r\n');
    expect(status).toBe(400);
    expect(headerOf(headers, 'x-request-id')).toMatch(/^[\w-]{16,}$/);
  });

  test('the page instead of a withheld redirect: 400', async () => {
    const quirks = { redirectTo: 'https://elsewhere.example.com/cb' };
    await using stage = await Stage.open({ actor: 'open', quirks });
    const { status, headers } = await stage.authorize();
    expect(status).toBe(400);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-request-id']).toMatch(/^[\w-]{16,}$/);
  });

  test('unknown endpoints: 503', async () => {
    await using stage = await Stage.open({ quirks: { metadata: 'none' } });
    const answer = await stage.authorize();
    expect(answer.status).toBe(503);
    expect(answer.headers['x-request-id']).toMatch(/^[\w-]{16,}$/);
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    expect(stage.upstream.requests.to('/oauth2/authorize')).toEqual([]);
  });

  test('unknown endpoints: 503 for an upgrade', async () => {
    await using stage = await Stage.open({ quirks: { metadata: 'none' } });
    const head =
      'GET /ws HTTP/1.1\r\nHost: login.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const { status, headers } = await sendRaw(stage.gateway.url, head, { until: 'close' });
    expect(status).toBe(503);
    expect(headerOf(headers, 'retry-after')).toMatch(/^\d+$/);
  });

  test('unknown endpoints: apps in the browser can read the response', async () => {
    await using stage = await Stage.open({ quirks: { metadata: 'none' } });
    const sharedWith = async (origin: string) => {
      const { status, headers } = await stage.redeem('a-code', {}, { headers: { origin } });
      return [status, headers['access-control-allow-origin']];
    };
    expect(await sharedWith(new URL(REDIRECT_URI).origin)).toEqual([503, new URL(REDIRECT_URI).origin]);
    expect(await sharedWith('https://evil.example.com')).toEqual([503, undefined]);
  });

  test.each(['/oauth2/token', '/oauth2/authorize', '/elsewhere'])(
    'an unreachable upstream: 502 at %s',
    async (path) => {
      await using stage = await Stage.open();
      const code = await stage.newCode();
      await stage.upstream.stop();
      const answer =
        path === '/oauth2/token'
          ? await stage.redeem(code)
          : await stage.send(`${path}${stage.client.authorizeUrl().search}`);
      expect(answer.status).toBe(502);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(stage.logLines('upstream_fault')).toEqual([
        expect.objectContaining({ request_id: answer.headers['x-request-id'] }),
      ]);
      // A fault never counts as a refusal.
      expect(stage.logLines('refusal')).toEqual([]);
      expect((await stage.gateway.metrics()).value('rejections_total')).toBe(0);
    },
  );

  test('a slow upstream: 504, and the code stays valid', async () => {
    await using stage = await Stage.open({
      quirks: { token: 'held' },
      upstream: 'timeouts: {response: 300ms}',
    });
    const code = await stage.newCode();
    const answer = await stage.redeem(code);
    expect(answer.status).toBe(504);
    expect(answer.json.error).toBe('temporarily_unavailable');
    expect(answer.headers['x-request-id']).toMatch(/^[\w-]{16,}$/);
    stage.upstream.quirks.token = 'normal';
    expect((await stage.redeem(code)).status).toBe(200);
  });
});

test('an unknown expectation is ignored', async () => {
  await using stage = await Stage.open();
  const request = rawRequest('GET /login HTTP/1.1', ['Expect: the-unexpected']);
  expect((await sendRaw(stage.gateway.url, request)).status).not.toBe(417);
  expect(stage.upstream.requests.to('/login')).toHaveLength(1);
});

test('a refused token request reaches a client that did not send all of its body', async () => {
  await using stage = await Stage.open();
  const head = `POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10000000\r\n\r\n`;
  const answer = await sendRaw(stage.gateway.url, [head, `padding=${'x'.repeat(200_000)}`]);
  expect(answer.status).toBe(413);
  expect(headerOf(answer.headers, 'connection')).toBe('close');
  expect(JSON.parse(answer.body).error).toBe('invalid_request');
});
