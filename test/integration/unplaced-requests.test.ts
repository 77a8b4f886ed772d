import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { startProxyTo, startUpstream } from './proxy-stage.ts';

const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];

/** Issuer and endpoint of these are unknown, so they have their own metric. */
const CASES: readonly (readonly [what: string, cause: string, status: number, bytes: string])[] = [
  ['no HTTP', 'malformed', 400, 'hello\r\n\r\n'],
  ['a head beyond 32 KiB', 'head_too_large', 431, rawRequest('GET / HTTP/1.1', [`X: ${'x'.repeat(33_000)}`])],
  ['a head without an end', 'head_too_slow', 408, 'GET / HTTP/1.1\r\nHost: a\r\n'],
  ['HTTP/2.0', 'version', 505, 'GET / HTTP/2.0\r\nHost: a\r\nConnection: close\r\n\r\n'],
  ['HTTP/0.9', 'version', 505, 'GET /\r\n\r\n'],
  ['two hosts', 'host', 400, 'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n'],
  ['no host', 'host', 400, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ['a backslash in the target', 'target', 400, rawRequest('GET /a\\b HTTP/1.1', [])],
  ['another host in the target', 'target', 400, rawRequest('GET http://evil.example/ HTTP/1.1', [])],
  ['an unknown host', 'issuer_unknown', 421, rawRequest('GET / HTTP/1.1', ['Host: nobody.example'])],
  ['an upgrade of the token endpoint', 'upgrade', 400, rawRequest('GET /oauth2/token HTTP/1.1', UPGRADE)],
];

test.each(CASES)('%s is counted as %s', async (_, cause, status, bytes) => {
  await using upstream = await startUpstream((_request, response) => response.end());
  await using gateway = await startProxyTo(upstream, {
    listen: 'limits: {header_timeout: 200ms}',
    issuer: 'hosts: [a, gateway.test]',
  });
  expect((await sendRaw(gateway.url, bytes, { until: 'close' })).status).toBe(status);
  const metrics = await gateway.metrics();
  expect(metrics.value('unplaced_requests_total', { cause })).toBe(1);
  expect(metrics.value('unplaced_requests_total')).toBe(1);
  expect(metrics.value('rejections_total')).toBe(0);
  const lines = gateway.logLines.filter(({ event }) => event === 'unplaced_request');
  const hasLine = !['malformed', 'head_too_large', 'head_too_slow'].includes(cause);
  expect(lines).toHaveLength(hasLine ? 1 : 0);
  if (hasLine) expect(lines[0]).toMatchObject({ cause, client_address: '127.0.0.1' });
  if (cause === 'issuer_unknown')
    expect(lines[0]?.['msg']).toContain('list it under `hosts`, or let the proxy');
});

test('a request before discovery succeeded is counted as endpoints_unknown', async () => {
  await using upstream = await startUpstream((_request, response) => response.end());
  await using gateway = await startGatewayUnderTest({ upstream: upstream.url, issuer: 'endpoints: auto' });
  expect((await sendRaw(gateway.url, rawRequest('GET / HTTP/1.1', []))).status).toBe(503);
  const metrics = await gateway.metrics();
  expect(metrics.value('unplaced_requests_total', { cause: 'endpoints_unknown' })).toBe(1);
});

test('before discovery succeeded, a browser gets a page, and the log says where the request went', async () => {
  await using upstream = await startUpstream((_request, response) => response.end());
  await using gateway = await startGatewayUnderTest({ upstream: upstream.url, issuer: 'endpoints: auto' });
  const ask = (path: string, accept: string) => fetch(`${gateway.url}${path}`, { headers: { accept } });
  const page = await ask('/login?code=a-code', 'text/html,*/*;q=0.8');
  expect(page.status).toBe(503);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const id = page.headers.get('x-request-id');
  expect(await page.text()).toContain(id);
  expect(await (await ask('/token', '*/*')).json()).toMatchObject({ error: 'temporarily_unavailable' });
  const host = new URL(gateway.url).host;
  const [line] = gateway.logLines.filter(({ event }) => event === 'unplaced_request');
  expect(line).toMatchObject({ cause: 'endpoints_unknown', host, path: '/login', request_id: id });
  expect(JSON.stringify(gateway.logLines)).not.toContain('a-code');
});

test('a password in the target is not in the log', async () => {
  await using upstream = await startUpstream((_request, response) => response.end());
  await using gateway = await startProxyTo(upstream);
  const bytes = rawRequest('GET http://user:a-password@evil.example/ HTTP/1.1', []);
  expect((await sendRaw(gateway.url, bytes, { until: 'close' })).status).toBe(400);
  expect(gateway.logLines.filter(({ event }) => event === 'unplaced_request')).toHaveLength(1);
  expect(JSON.stringify(gateway.logLines)).not.toContain('a-password');
});

test('a client that disconnects during its request is not counted', async () => {
  await using upstream = await startUpstream((_request, response) => response.end());
  await using gateway = await startProxyTo(upstream);
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.end('GET / HTTP/1.1\r\nHost: a\r\n').resume();
  await once(socket, 'close');
  expect((await gateway.metrics()).value('unplaced_requests_total')).toBe(0);
});

test('connections beyond the limit are counted', async () => {
  await using upstream = await startUpstream((_request, response) => response.end());
  await using gateway = await startProxyTo(upstream, { listen: 'limits: {connections: 1}' });
  const { port } = new URL(gateway.url);
  const first = connect(Number(port), '127.0.0.1');
  await once(first, 'connect');
  const second = connect(Number(port), '127.0.0.1').resume();
  second.on('error', () => {});
  await once(second, 'close');
  expect((await gateway.metrics()).value('connections_dropped_total')).toBe(1);
  first.destroy();
});

describe('a trusted proxy finds its request id in the response and in the log', () => {
  const ID = ['X-Correlation-Id: c-1'];
  const CASES_WITH_ID: readonly (readonly [what: string, status: number, bytes: string])[] = [
    ['a malformed target', 400, rawRequest('GET /a\\b HTTP/1.1', ID)],
    ['an unknown host', 421, rawRequest('GET / HTTP/1.1', ['Host: nobody.example', ...ID])],
    ['an upgrade at an unknown host', 421, rawRequest('GET / HTTP/1.1', ['Host: b', ...ID, ...UPGRADE])],
    ['an upgrade of the token endpoint', 400, rawRequest('GET /oauth2/token HTTP/1.1', [...ID, ...UPGRADE])],
    ['a slow body', 408, `${rawRequest('POST /oauth2/token HTTP/1.1', ['Content-Length: 9', ...ID])}a`],
  ];

  test.each(CASES_WITH_ID)('%s', async (what, status, bytes) => {
    await using upstream = await startUpstream((_request, response) => void response.writeHead(404).end());
    await using gateway = await startProxyTo(upstream, {
      listen:
        'trusted_proxies: [127.0.0.1], request_id_header: X-Correlation-Id, limits: {header_timeout: 200ms}',
      issuer: 'hosts: [a, gateway.test]',
    });
    const answer = await sendRaw(gateway.url, bytes, { until: 'close' });
    expect(answer.status).toBe(status);
    const ids = answer.headers.filter(([name]) => /^x-(correlation|request)-id$/i.test(name));
    expect(ids.map(([, value]) => value)).toEqual(['c-1', 'c-1']);
    const lines = gateway.logLines.filter(({ event }) => event === 'unplaced_request');
    expect(lines.map((line) => line['request_id'])).toEqual(what === 'a slow body' ? [] : ['c-1']);
  });
});
