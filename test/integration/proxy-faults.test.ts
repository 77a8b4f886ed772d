import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import type { GatewayUnderTest } from '../support/gateway-under-test.ts';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { send } from '../support/simple-client.ts';
import { type RawServer, startRawServer } from '../support/upstreams/raw-server.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { startProxyTo, startUpstream } from './proxy-stage.ts';

const ENCODERS: Record<string, (text: string) => Buffer> = {
  gzip: gzipSync,
  br: brotliCompressSync,
  deflate: deflateSync,
  zstd: zstdCompressSync,
};

const FINE = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine';

/** A server that misbehaves at /odd, and answers everything else correctly. */
function startOddServer(odd: (socket: Socket) => void): Promise<RawServer> {
  return startRawServer((socket, head) => {
    if (head.includes(' /odd ')) odd(socket);
    else socket.write(head.includes(' /fine ') ? FINE : FINE.replace('200 OK', '404 Not Found'));
  });
}

/** The gateway still works, and reports what happened. */
async function expectAlive(gateway: GatewayUnderTest, kind: string): Promise<void> {
  expect(await send(`${gateway.url}/fine`)).toMatchObject({ status: 200, text: 'fine' });
  const metrics = await gateway.metrics();
  expect(metrics.value('upstream_errors_total', { issuer: 'corp', kind })).toBe(1);
  expect(metrics.value('upstream_errors_total')).toBe(1);
  expect(metrics.value('requests_in_flight')).toBe(0);
  expect(gateway.logLines.filter(({ level }) => level === 'error')).toMatchObject([
    { event: 'upstream_fault', issuer: 'corp', kind },
  ]);
}

describe('an upstream that disconnects before its response is a 502', () => {
  const NOT_HTTP: readonly (readonly [
    what: string,
    kind: string,
    odd: (socket: Socket) => void,
    times?: number,
  ])[] = [
    // After another response, it may have closed the connection before it got the request.
    ['it resets the connection', 'reset', (socket) => socket.resetAndDestroy(), 2],
    ['it closes the connection', 'reset', (socket) => socket.end(), 2],
    ['it closes it in the middle of the head', 'reset', (socket) => socket.end('HTTP/1.1 200 OK\r\nA: b')],
    ['it speaks something else', 'protocol', (socket) => socket.end('220 mail.example.com ESMTP\r\n\r\n')],
    ['it sends a NUL', 'protocol', (socket) => socket.end('HTTP/1.1 200 OK\r\nA: \x00\r\n\r\n')],
    ['it sends an invalid status', 'protocol', (socket) => socket.end('HTTP/1.1 099 Odd\r\n\r\n')],
    [
      'its head is too large',
      'protocol',
      (socket) => socket.end(`HTTP/1.1 200 OK\r\nA: ${'x'.repeat(70_000)}\r\n\r\n`),
    ],
  ];
  const CASES = NOT_HTTP.map(([what, kind, odd, times = 1]) => ({ what, kind, odd, times }));
  test.each(CASES)('$what', async ({ kind, odd, times }) => {
    await using upstream = await startOddServer(odd);
    await using gateway = await startProxyTo(upstream);
    const answer = await send(`${gateway.url}/odd`, { headers: { accept: 'application/json' } });
    expect(answer.status).toBe(502);
    expect(answer.json.error).toBe('temporarily_unavailable');
    expect(answer.headers['x-request-id']).toBe(gateway.logLines.at(-1)?.request_id);
    await expectAlive(gateway, kind);
    expect(upstream.heads.filter((head) => head.includes(' /odd '))).toHaveLength(times);
  });

  test('no upstream listens, until one does', async () => {
    const port = await freePort();
    const nobody = { url: `http://127.0.0.1:${port}` } as Awaited<ReturnType<typeof startOddServer>>;
    await using gateway = await startProxyTo(nobody);
    const answer = await send(`${gateway.url}/any`);
    expect(answer.status).toBe(502);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect((await gateway.metrics()).value('upstream_errors_total', { kind: 'unreachable' })).toBe(1);
    await using _upstream = await startScriptedLegacyServer({}, { port });
    expect((await send(`${gateway.url}/inspect`)).status).toBe(200);
  });

  test('its name does not resolve', async () => {
    const nowhere = { url: 'http://no-such-host.invalid' } as Awaited<ReturnType<typeof startOddServer>>;
    await using gateway = await startProxyTo(nowhere);
    expect((await send(`${gateway.url}/any`)).status).toBe(502);
  });
});

describe('a slow upstream is a 504', () => {
  test.each(['/held', '/oauth2/token'])('at %s, and the next request is served', async (path) => {
    await using upstream = await startScriptedLegacyServer({ token: 'held' });
    await using gateway = await startProxyTo(upstream, {
      upstream: 'timeouts: {response: 100ms}',
      issuer: 'unlisted_clients: {mode: report}',
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const sending = { method: 'POST', headers, body: 'grant_type=client_credentials' };
    expect((await send(`${gateway.url}${path}`, sending)).status).toBe(504);
    expect((await gateway.metrics()).value('upstream_errors_total', { kind: 'timeout' })).toBe(1);
    expect((await send(`${gateway.url}/inspect`)).status).toBe(200);
  });
});

describe('an upstream that stalls during a buffered response', () => {
  const HELD: readonly (readonly [what: string, path: string, type: string])[] = [
    ['a page', '/odd', 'text/html'],
    ['a page that is compressed', '/odd', 'text/html\r\nContent-Encoding: gzip'],
    ['metadata', '/.well-known/openid-configuration', 'application/json'],
  ];
  test.each(HELD)('%s: a 504, and the server is free for others', async (_, path, type) => {
    await using upstream = await startRawServer((socket, head) => {
      const stands = head.includes(` ${path} `);
      socket.write(
        stands ? `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: 100\r\n\r\n\x1f\x8b` : FINE,
      );
    });
    await using gateway = await startProxyTo(upstream, {
      upstream: 'timeouts: {response: 100ms}, connections: 1',
    });
    expect((await send(`${gateway.url}${path}`)).status).toBe(504);
    expect(await send(`${gateway.url}/fine`)).toMatchObject({ status: 200, text: 'fine' });
    const metrics = await gateway.metrics();
    expect(metrics.value('requests_in_flight')).toBe(0);
  });
});

test.each(['gzip', 'br', 'deflate', 'zstd'])(
  'a page with a truncated %s is forwarded unchanged',
  async (coding) => {
    const cut = ENCODERS[coding]?.('<form method=post action=https://app.example>'.repeat(9)).subarray(0, -9);
    await using upstream = await startUpstream((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/html', 'content-encoding': coding }).end(cut);
    });
    await using gateway = await startProxyTo(upstream);
    const { body } = await sendRaw(gateway.url, rawRequest('GET /page HTTP/1.1', []), { until: 'close' });
    expect(body).toBe(cut?.toString('latin1'));
  },
);

describe('an upstream that disconnects during its response', () => {
  /** Too large to be buffered. */
  const LARGE = 'the beginning'.padEnd(70_000, '.');
  const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
  const BROKEN: readonly (readonly [how: string, odd: (socket: Socket) => void])[] = [
    [
      'short of its length, by a close',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nthe beginning'),
    ],
    ['short of its last chunk, by a close', (socket) => socket.end(CHUNKED + chunk(LARGE))],
    ['by an invalid chunk', (socket) => socket.write(`${CHUNKED}${chunk(LARGE)}zz\r\n`)],
  ];
  test.each(BROKEN)('%s: the client sees that it is incomplete', async (_, odd) => {
    await using upstream = await startOddServer(odd);
    await using gateway = await startProxyTo(upstream);
    const answer = await sendRaw(gateway.url, rawRequest('GET /odd HTTP/1.1', []), { until: 'close' });
    expect(answer.status).toBe(200);
    expect(answer.raw).not.toMatch(/\r\n0\r\n\r\n$/);
    expect(answer.body).toContain('the ');
    expect(answer.body.length).toBeLessThan(80_000);
    expect(answer.raw).not.toMatch(/content-length/i);
    expect(await send(`${gateway.url}/fine`)).toMatchObject({ status: 200, text: 'fine' });
    expect(gateway.logLines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  test.each([
    ['shorter than its Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthe beginning'],
    ['short of its last chunk', CHUNKED + chunk('the beginning')],
  ])('%s, and small: a 502', async (_, answered) => {
    await using upstream = await startOddServer((socket) => socket.end(answered));
    await using gateway = await startProxyTo(upstream);
    const answer = await send(`${gateway.url}/odd`, { headers: { accept: 'application/json' } });
    expect(answer).toMatchObject({ status: 502, json: { error: 'temporarily_unavailable' } });
    expect(answer.text).not.toContain('the beginning');
    await expectAlive(gateway, 'reset');
  });

  test.each([
    ['of unknown length', {}],
    ['of known length', { 'content-length': 100 }],
  ])('with a reset, after the client read the beginning of a body %s', async (_, headers) => {
    let cut = () => {};
    await using upstream = await startUpstream((_req, res) => {
      cut = () => res.socket?.resetAndDestroy();
      res.writeHead(200, headers).write('the beginning ');
    });
    await using gateway = await startProxyTo(upstream);
    const [answer] = (await once(request(`${gateway.url}/any`).end(), 'response')) as [IncomingMessage];
    const [first] = await once(answer, 'data');
    expect(String(first)).toBe('the beginning ');
    cut();
    await expect(text(answer)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(answer.complete).toBe(false);
    expect((await gateway.metrics()).value('upstream_errors_total', { kind: 'reset' })).toBe(1);
  });

  test('at the token endpoint gives the client no partial tokens', async () => {
    await using upstream = await startScriptedLegacyServer({ token: 'truncated' });
    await using gateway = await startProxyTo(upstream, { issuer: 'unlisted_clients: {mode: report}' });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const sending = { method: 'POST', headers, body: 'grant_type=client_credentials' };
    const answer = await send(`${gateway.url}/oauth2/token`, sending);
    expect(answer).toMatchObject({ status: 502, json: { error: 'temporarily_unavailable' } });
    expect(answer.text).not.toContain('access_token');
    upstream.quirks.token = 'normal';
    expect((await send(`${gateway.url}/oauth2/token`, sending)).status).toBe(200);
  });

  test('leaves no connection for reuse', async () => {
    await using upstream = await startOddServer((socket) =>
      socket.write(`${FINE}HTTP/1.1 200 OK\r\nX: evil`),
    );
    await using gateway = await startProxyTo(upstream, { upstream: 'connections: 1' });
    expect(await send(`${gateway.url}/odd`)).toMatchObject({ status: 200, text: 'fine' });
    expect(await send(`${gateway.url}/fine`)).toMatchObject({ status: 200, text: 'fine' });
  });
});
