import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GatewayUnderTest } from '../support/gateway-under-test.ts';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { send } from '../support/simple-client.ts';
import { type RawServer, startRawServer } from '../support/upstreams/raw-server.ts';
import {
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';
import { startProxyTo } from './proxy-stage.ts';

let upstream: ScriptedLegacyServer;
let gateway: GatewayUnderTest;
beforeEach(async () => {
  upstream = await startScriptedLegacyServer();
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream.stop();
});
const start = async (limits: string, issuer = '', beside = '') => {
  const listen = [`limits: {${limits}}`, beside].filter(Boolean).join(', ');
  gateway = await startProxyTo(upstream, { listen, issuer });
};

/** Forwarded requests, without the gateway's own for metadata. */
const reached = () => upstream.requests.all.filter(({ path }) => !path.startsWith('/.well-known/'));

describe('limits.body', () => {
  const LIMIT = 1024;
  const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
  /** A form with this number of bytes. */
  const formOf = (bytes: number) => {
    const beginning = 'grant_type=client_credentials&client_id=a&padding=';
    return beginning + 'x'.repeat(bytes - beginning.length);
  };

  test.each([
    ['/oauth2/token', LIMIT, 200],
    ['/oauth2/token', LIMIT + 1, 413],
    ['/oauth2/token', 40 * LIMIT, 413],
    ['/oauth2/authorize', LIMIT + 1, 413],
    ['/inspect', 40 * LIMIT, 200],
  ])('a body for %s of %i bytes: %i', async (path, bytes, status) => {
    await start('body: 1KiB', 'forward_pkce: never');
    const answer = await send(`${gateway.url}${path}`, {
      method: 'POST',
      headers: FORM,
      body: formOf(bytes),
    });
    expect(answer.status).toBe(status);
    expect(reached()).toHaveLength(status < 300 ? 1 : 0);
    expect(reached().map(({ body }) => body.length)).toEqual(status < 300 ? [bytes] : []);
  });

  test.each(['Content-Length: 1025', 'Transfer-Encoding: chunked'])(
    'a body that is too large is refused at once, with the reason (%s)',
    async (framing) => {
      await start('body: 1KiB');
      const body = framing.startsWith('T') ? `401\r\n${formOf(1025)}\r\n` : formOf(1025);
      const headers = ['Content-Type: application/x-www-form-urlencoded', framing, 'Connection: keep-alive'];
      // The chunked body has no end: the response does not wait for it.
      const request = rawRequest('POST /oauth2/token HTTP/1.1', headers, body);
      const answer = await sendRaw(gateway.url, request, { until: 'close' });
      expect(answer.status).toBe(413);
      expect(JSON.parse(answer.body)).toMatchObject({ error: 'invalid_request' });
      expect(answer.raw.match(/^HTTP\/1\.1/gm)).toHaveLength(1);
      const labels = { endpoint: 'token', reason: 'body_too_large' };
      expect((await gateway.metrics()).value('rejections_total', labels)).toBe(1);
    },
  );

  test('applies in enforce: in report the request is forwarded', async () => {
    await start('body: 1KiB', 'unlisted_clients: {mode: report}');
    const body = formOf(100 * LIMIT);
    const answer = await send(`${gateway.url}/oauth2/token`, { method: 'POST', headers: FORM, body });
    expect(answer.status).toBe(200);
    expect(upstream.tokenRequests.map((request) => request.body)).toEqual([body]);
  });
});

/** A connection that was served once and stays open. */
async function open(localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port: Number(new URL(gateway.url).port), host: '127.0.0.1', localAddress });
  socket.on('error', () => {});
  socket.write(rawRequest('GET /status/204 HTTP/1.1', ['Connection: keep-alive']));
  await Promise.race([once(socket, 'data'), once(socket, 'close')]);
  return socket;
}

describe('limits.connections_per_client', () => {
  test('one address gets no more than its share, and others are served', async () => {
    await start('connections_per_client: 2');
    const greedy = [await open(), await open(), await open()];
    expect(greedy.map(({ readyState }) => readyState)).toEqual(['open', 'open', 'closed']);
    const other = await open('127.0.0.2');
    expect(other.readyState).toBe('open');
    greedy[0]?.destroy();
    await expect.poll(async () => (await open()).destroy().bytesRead > 0).toBe(true);
    for (const socket of [...greedy, other]) socket.destroy();
  });

  test('a trusted proxy may have more', async () => {
    await start('connections_per_client: 1', '', 'trusted_proxies: [127.0.0.1]');
    const sockets = [await open(), await open(), await open()];
    expect(sockets.map(({ readyState }) => readyState)).toEqual(['open', 'open', 'open']);
    for (const socket of sockets) socket.destroy();
  });
});

describe('limits.connections', () => {
  test('a further connection is closed at once, and the others stay', async () => {
    await start('connections: 2');
    const [first, second, third] = [await open(), await open(), await open()];
    expect([first.readyState, second.readyState, third.readyState]).toEqual(['open', 'open', 'closed']);
    expect(third.bytesRead).toBe(0);
    expect(reached()).toHaveLength(2);

    second.write(rawRequest('GET /status/204 HTTP/1.1', ['Connection: keep-alive']));
    expect(String((await once(second, 'data'))[0])).toMatch(/^HTTP\/1\.1 204 /);
    first.destroy();
    const fourth = async () => {
      const socket = await open();
      return socket.destroy().bytesRead > 0;
    };
    await expect.poll(fourth).toBe(true);
    second.destroy();
  });

  test('operators are still served', async () => {
    await start('connections: 1');
    const only = await open();
    expect((await send(`${gateway.adminUrl}/healthz`)).status).toBe(200);
    only.destroy();
  });
});

describe('limits.header_timeout', () => {
  test.each([
    ['nothing but a beginning', 'GET /inspect HT'],
    ['headers without an end', 'GET /inspect HTTP/1.1\r\nHost: a\r\nX: y\r\n'],
    ['nothing at all', ''],
  ])('a client that sends %s gets a 408, and others are served meanwhile', async (_, bytes) => {
    await start('header_timeout: 200ms');
    const slow = sendRaw(gateway.url, bytes, { until: 'close' });
    expect((await send(`${gateway.url}/inspect`)).status).toBe(200);
    const answer = await slow;
    expect(answer.status).toBe(408);
    expect(reached()).toHaveLength(1);
  });
});

describe('the size of a head', () => {
  /** A server that accepts heads of any size. */
  const startPatient = () =>
    startRawServer((socket, head) => {
      const status = head.includes('/.well-known/') ? '404 Not Found' : '200 OK';
      socket.write(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
    });
  const sized = (bytes: number): readonly (readonly [what: string, request: string])[] => [
    ['a header', rawRequest('GET /any HTTP/1.1', [`X: ${'x'.repeat(bytes)}`])],
    ['a target', rawRequest(`GET /any?${'x'.repeat(bytes)} HTTP/1.1`, [])],
    ['all headers', rawRequest('GET /any HTTP/1.1', Array(bytes / 1000).fill(`X: ${'x'.repeat(995)}`))],
  ];
  const served = ({ heads }: RawServer) => heads.filter((head) => head.includes(' /any')).length;

  test.each(sized(33_000))('%s beyond 32 KiB: 431, and the connection ends', async (_, request) => {
    await using patient = await startPatient();
    gateway = await startProxyTo(patient);
    const answer = await sendRaw(gateway.url, request, { until: 'close' });
    expect(answer.status).toBe(431);
    expect(served(patient)).toBe(0);
    expect((await send(`${gateway.url}/any`)).status).toBe(200);
  });

  test.each(sized(31_000))('%s of 31 KiB is forwarded', async (_, request) => {
    await using patient = await startPatient();
    gateway = await startProxyTo(patient);
    expect((await sendRaw(gateway.url, request)).status).toBe(200);
    expect(served(patient)).toBe(1);
  });
});

describe('data that is not HTTP', () => {
  const POST =
    'POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n';
  const MALFORMED: readonly (readonly [what: string, bytes: string])[] = [
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['a request line of one word', 'GET\r\n\r\n'],
    ['another protocol', 'GET / HTCPCP/1.0\r\n\r\n'],
    ['another version', 'GET / HTTP/9.9\r\nHost: a\r\n\r\n'],
    ['an unknown method', 'BREW /inspect HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['no Host', 'GET /inspect HTTP/1.1\r\n\r\n'],
    ['a space in a header name', 'GET /inspect HTTP/1.1\r\nHost: a\r\nX Y: z\r\n\r\n'],
    ['a space before the colon', `${POST}Content-Length : 5\r\n\r\nabcde`],
    ['a NUL in a header', 'GET /inspect HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n'],
    ['a header that is folded', 'GET /inspect HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n'],
    ['a bare carriage return', 'GET /inspect HTTP/1.1\r\nHost: a\r\nX: y\rZ: z\r\n\r\n'],
    ['length and chunks at once', `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['two lengths', `${POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef`],
    ['an invalid length', `${POST}Content-Length: 5x\r\n\r\nabcde`],
    ['a negative length', `${POST}Content-Length: -5\r\n\r\nabcde`],
    ['an unknown coding', `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['chunks that are not the last coding', `${POST}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`],
    ['an invalid chunk size', `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`],
    ['a chunk size with a sign', `${POST}Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n`],
    ['a chunk longer than it says', `${POST}Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n`],
  ];
  test.each(MALFORMED)('%s: 400, the upstream gets nothing, and the process continues', async (_, bytes) => {
    await start('');
    const answer = await sendRaw(gateway.url, bytes, { until: 'close' });
    expect(answer.status).toBe(400);
    expect(answer.raw.match(/^HTTP\/1\.1/gm)).toHaveLength(1);
    expect(reached()).toEqual([]);
    expect((await send(`${gateway.url}/inspect`)).status).toBe(200);
  });

  test('a second request hidden in the first is not served', async () => {
    await start('');
    const hidden = 'GET /inspect?smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
    const head = `POST /inspect HTTP/1.1\r\nHost: a\r\nContent-Length: ${hidden.length}\r\n\r\n`;
    const last = rawRequest('GET /status/204 HTTP/1.1', []);
    await sendRaw(gateway.url, head + hidden + last, { until: 'close' });
    // On separate connections, they may arrive in any order.
    expect(reached().map(({ target, body }) => [target, body])).toEqual(
      expect.arrayContaining([
        ['/inspect', hidden],
        ['/status/204', ''],
      ]),
    );
    expect(reached()).toHaveLength(2);
  });

  test('CONNECT is not served', async () => {
    await start('');
    const tunnel = 'CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n';
    expect((await sendRaw(gateway.url, tunnel, { until: 'close' })).raw).not.toMatch(/^HTTP\/1\.1 2/);
    expect((await send(`${gateway.url}/inspect`)).status).toBe(200);
  });
});
