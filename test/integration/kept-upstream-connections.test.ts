import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { type RawServer, startRawServer } from '../support/upstreams/raw-server.ts';
import { startProxyTo } from './proxy-stage.ts';

const FINE = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine';

/** Answers this number of requests on each connection, and ends the connection in one of several ways at the next one. */
function startForgetfulServer(answers: number, end: (socket: Socket) => void): Promise<RawServer> {
  const served = new WeakMap<Socket, number>();
  return startRawServer((socket, head) => {
    if (head.includes(' /.well-known/')) {
      socket.end('HTTP/1.1 404 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const count = served.get(socket) ?? 0;
    served.set(socket, count + 1);
    if (count >= answers) end(socket);
    else socket.write(head.startsWith('HEAD') ? FINE.slice(0, -4) : FINE);
  });
}

const requestsTo = (server: RawServer, path: string) =>
  server.heads.filter((head) => head.includes(` ${path} `)).length;

const ENDS: readonly (readonly [how: string, end: (socket: Socket) => void])[] = [
  ['is reset', (socket) => socket.resetAndDestroy()],
  ['ends', (socket) => socket.end()],
];

test.each(ENDS)('a GET on a kept connection that %s is resent once', async (_, end) => {
  await using upstream = await startForgetfulServer(1, end);
  await using gateway = await startProxyTo(upstream);
  for (let i = 0; i < 20; i++) {
    const answer = await sendRaw(gateway.url, rawRequest('GET /any HTTP/1.1', []));
    expect(answer).toMatchObject({ status: 200, body: 'fine' });
  }
  expect(requestsTo(upstream, '/any')).toBeGreaterThan(25);
});

test.each(ENDS)('a HEAD on a kept connection that %s is resent once', async (_, end) => {
  await using upstream = await startForgetfulServer(1, end);
  await using gateway = await startProxyTo(upstream);
  await sendRaw(gateway.url, rawRequest('GET /warm HTTP/1.1', []));
  const answer = await sendRaw(gateway.url, rawRequest('HEAD /any HTTP/1.1', []), { until: 'close' });
  expect(answer.status).toBe(200);
  expect(requestsTo(upstream, '/any')).toBe(2);
});

test.each(ENDS)('a token request on a kept connection that %s is never resent', async (_, end) => {
  await using upstream = await startForgetfulServer(1, end);
  await using gateway = await startProxyTo(upstream, { issuer: 'unlisted_clients: {mode: report}' });
  const form = ['Content-Type: application/x-www-form-urlencoded'];
  for (const path of ['/oauth2/token', '/any']) {
    await sendRaw(gateway.url, rawRequest('GET /warm HTTP/1.1', []));
    const request = rawRequest(`POST ${path} HTTP/1.1`, form, 'grant_type=client_credentials&client_id=a');
    expect((await sendRaw(gateway.url, request)).status).toBe(502);
    expect(requestsTo(upstream, path)).toBe(1);
  }
});

test('nothing is resent for a new connection, or for one that began to answer', async () => {
  await using silent = await startForgetfulServer(0, (socket) => socket.end());
  await using gateway = await startProxyTo(silent);
  expect((await sendRaw(gateway.url, rawRequest('GET /any HTTP/1.1', []))).status).toBe(502);
  expect(requestsTo(silent, '/any')).toBe(1);

  const half = (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nA: b');
  await using halting = await startForgetfulServer(1, half);
  await using other = await startProxyTo(halting);
  await sendRaw(other.url, rawRequest('GET /warm HTTP/1.1', []));
  expect((await sendRaw(other.url, rawRequest('GET /any HTTP/1.1', []))).status).toBe(502);
  expect(requestsTo(halting, '/any')).toBe(1);
});

test('nothing is resent for a client that left', async () => {
  const asked = Promise.withResolvers<Socket>();
  await using upstream = await startForgetfulServer(1, asked.resolve);
  await using gateway = await startProxyTo(upstream);
  await sendRaw(gateway.url, rawRequest('GET /warm HTTP/1.1', []));
  const gone = new AbortController();
  const received = sendRaw(gateway.url, rawRequest('GET /any HTTP/1.1', []), { signal: gone.signal });
  const socket = await asked.promise;
  const closed = once(socket, 'close');
  gone.abort();
  await expect(received).rejects.toThrow();
  await closed;
  expect(requestsTo(upstream, '/any')).toBe(1);
});
