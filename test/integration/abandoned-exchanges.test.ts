import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { listen } from '../support/listener.ts';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { startRawServer } from '../support/upstreams/raw-server.ts';
import { startProxyTo, startUpstream } from './proxy-stage.ts';

const KEEP = ['Connection: keep-alive'];
const UPGRADE = rawRequest('GET /ws HTTP/1.1', [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
]);
const CHUNK = Buffer.alloc(64 * 1024, 'x');

/** A client that keeps its side of a connection open after the other side ended. */
function open({ url }: GatewayUnderTest): Socket {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
  return socket.on('error', () => {});
}

/** Sends as long as the data is read. */
async function sendEndlessly(res: ServerResponse): Promise<void> {
  const gone = once(res, 'close');
  while (!res.destroyed) if (!res.write(CHUNK)) await Promise.race([once(res, 'drain'), gone]);
}

/** 0: no response. */
const statusOf = (gateway: GatewayUnderTest, path: string) =>
  sendRaw(gateway.url, rawRequest(`GET ${path} HTTP/1.1`, [])).then(
    ({ status }) => status,
    () => 0,
  );

const statusesOf = (raw: string) =>
  [...raw.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));

const inFlight = async (gateway: GatewayUnderTest) => (await gateway.metrics()).value('requests_in_flight');

describe('an upload that the upstream answers before it read all of it', () => {
  const BODY = 'x'.repeat(3_000_000);
  const FRAMED: readonly (readonly [what: string, headers: readonly string[], body: string])[] = [
    ['of known length', [], BODY],
    ['in chunks', ['Transfer-Encoding: chunked'], `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`],
    ['with Expect', ['Expect: 100-continue'], BODY],
    ['in a coding', ['Content-Encoding: gzip'], BODY],
  ];
  const ANSWERS: readonly (readonly [how: string, answer: (socket: Socket, text: string) => void])[] = [
    ['keeps its connection', (socket, text) => socket.write(text)],
    ['ends its connection', (socket, text) => socket.end(text)],
  ];
  const CASES = FRAMED.flatMap(([what, headers, body]) =>
    ANSWERS.map(([how, answer]) => ({ what, headers, body, how, answer })),
  );
  test.each(CASES)('($what) and $how: what follows on the connection is answered', async (given) => {
    const { headers, body, answer } = given;
    await using upstream = await startRawServer((socket, head) => {
      const status = head.includes(' /upload ') ? '413 Too Large' : '404 Not Found';
      answer(socket, `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
    });
    await using gateway = await startProxyTo(upstream);
    const upload = rawRequest('POST /upload HTTP/1.1', [...KEEP, ...headers], body);
    const next = rawRequest('GET /next HTTP/1.1', []);
    const { raw } = await sendRaw(gateway.url, [upload, next], { until: 'close' });
    expect(statusesOf(raw).filter((status) => status !== 100)).toEqual([413, 404]);
  });
});

describe('a response that its client does not read', () => {
  test.each(['/download', '/page'])('is aborted, and the server is free for others (%s)', async (path) => {
    await using upstream = await startUpstream(async (req, res) => {
      if (req.url === '/quick') return void res.end();
      await sendEndlessly(
        res.writeHead(200, { 'content-type': path === '/page' ? 'text/html' : 'image/png' }),
      );
    });
    await using gateway = await startProxyTo(upstream, {
      listen: 'limits: {header_timeout: 100ms}',
      upstream: 'connections: 1',
    });
    const client = open(gateway).pause();
    client.write(rawRequest(`GET ${path} HTTP/1.1`, []));
    const others = await sendRaw(gateway.url, rawRequest('GET /quick HTTP/1.1', []));
    expect(others.status).toBe(200);
    await expect.poll(() => inFlight(gateway)).toBe(0);
    client.destroy();
  });
});

describe('requests that arrive together on one connection', () => {
  const manyOf = (count: number) =>
    rawRequest('GET /any HTTP/1.1', KEEP).repeat(count) + rawRequest('GET /last HTTP/1.1', []);

  test('are answered in order, each forwarded after the response to the one before', async () => {
    const atOnce: number[] = [];
    let asked = 0;
    await using upstream = await startUpstream((req, res) => {
      asked += 1;
      atOnce.push(asked);
      setImmediate(() => {
        asked -= 1;
        res.end(req.url);
      });
    });
    await using gateway = await startProxyTo(upstream);
    const uploads = ['/first', '/second', '/third'].map((path) =>
      rawRequest(`POST ${path} HTTP/1.1`, KEEP, 'a body'),
    );
    const { raw } = await sendRaw(gateway.url, uploads.join('') + manyOf(80), { until: 'close' });
    expect(statusesOf(raw)).toEqual(Array(84).fill(200));
    expect(raw.match(/first|second|third/g)).toEqual(['first', 'second', 'third']);
    expect(new Set(atOnce)).toEqual(new Set([1]));
  });

  test('are answered in part if there are too many: RFC 9112 9.3.2', async () => {
    await using upstream = await startUpstream((_req, res) => void res.end());
    await using gateway = await startProxyTo(upstream);
    const { raw } = await sendRaw(gateway.url, manyOf(5_000), { until: 'close' });
    expect(statusesOf(raw).length).toBeLessThan(1_000);
    expect(raw.slice(raw.lastIndexOf('HTTP/1.1'))).toMatch(/^connection: close/im);
    await expect.poll(() => inFlight(gateway)).toBe(0);
  });

  test.each([
    ['an upgrade', UPGRADE],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'],
  ])('end with their connection, which %s after them closed', async (_, last) => {
    const asked = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    await using upstream = await startUpstream(async (_req, res) => {
      asked.resolve();
      res.once('close', gone.resolve);
      await sendEndlessly(res.writeHead(200, { 'content-type': 'image/png' }));
    });
    await using gateway = await startProxyTo(upstream);
    const client = open(gateway);
    const closed = once(client.resume(), 'end');
    client.write(rawRequest('GET /download HTTP/1.1', KEEP));
    await asked.promise;
    client.write(last);
    await closed;
    await gone.promise;
    await expect.poll(() => inFlight(gateway)).toBe(0);
    client.destroy();
  });
});

test('the upstream need not send the rest of a replaced response', async () => {
  const gone = Promise.withResolvers<void>();
  const server = createServer(async (req, res) => {
    if (req.headers['traceparent'] === 'this') res.once('close', gone.resolve);
    await sendEndlessly(res.writeHead(200, { 'content-type': 'application/json' }));
  });
  await using upstream = await listen(server);
  await using gateway = await startProxyTo(upstream);
  const request = rawRequest('GET /.well-known/openid-configuration HTTP/1.1', ['traceparent: this']);
  const answer = await sendRaw(gateway.url, request);
  expect(answer.status).toBe(502);
  await gone.promise;
});

describe('a WebSocket', () => {
  /** The upstream's side of the WebSocket. */
  async function start() {
    const accepted = Promise.withResolvers<Socket>();
    const server = createServer((_req, res) => res.writeHead(404).end());
    server.on('upgrade', (_req, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      accepted.resolve(socket as Socket);
    });
    const upstream = await listen(server);
    const gateway = await startProxyTo(upstream);
    const client = open(gateway);
    client.write(UPGRADE);
    await once(client, 'data');
    return { upstream, gateway, client, atUpstream: (await accepted.promise).on('error', () => {}) };
  }

  test.each(['client', 'atUpstream'] as const)('ends on both sides when one ends (%s)', async (first) => {
    const sides = await start();
    await using _upstream = sides.upstream;
    await using _gateway = sides.gateway;
    const { client, atUpstream } = sides;
    const other = first === 'client' ? atUpstream : client;
    const ended = [once(client.resume(), 'end'), once(atUpstream.resume(), 'end')];
    let last = '';
    other.on('data', (chunk) => {
      last += String(chunk);
    });
    sides[first].end('the last');
    await Promise.all(ended);
    expect(last).toBe('the last');
    client.destroy();
    atUpstream.destroy();
  });

  test.each([
    ['that is refused', '/oauth2/token'],
    ['that the upstream has ended', '/ws'],
  ])('%s closes the connection, for any client', async (_, path) => {
    const server = createServer((_req, res) => res.end());
    server.on('upgrade', (_req, socket) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    await using upstream = await listen(server);
    await using gateway = await startProxyTo(upstream, { listen: 'limits: {connections: 1}' });
    const client = open(gateway);
    client.write(UPGRADE.replace('/ws', path));
    await once(client.resume(), 'end');
    await expect.poll(() => statusOf(gateway, '/any')).toBe(200);
    client.destroy();
  });

  test('is not requested if its client left before the endpoints were known', async () => {
    const asked: ServerResponse[] = [];
    const upgraded: (string | undefined)[] = [];
    const server = createServer((req, res) => {
      if (req.url?.startsWith('/.well-known/')) asked.push(res);
      else res.end();
    });
    server.on('upgrade', (req, socket) => {
      upgraded.push(req.url);
      socket.destroy();
    });
    await using upstream = await listen(server);
    await using gateway = await startGatewayUnderTest({
      upstream: upstream.url,
      listen: 'limits: {connections: 1}',
      host: '127.0.0.1',
    });
    const client = open(gateway);
    client.write(UPGRADE, () => client.resetAndDestroy());
    // The upstream gets no such request.
    await expect.poll(() => statusOf(gateway, '/a\\b')).toBe(400);
    const endpoints = { authorization_endpoint: `${upstream.url}/a`, token_endpoint: `${upstream.url}/t` };
    for (const res of asked) res.end(JSON.stringify(endpoints));
    await expect.poll(() => statusOf(gateway, '/any')).toBe(200);
    expect(upgraded).toEqual([]);
  });

  test('whose upstream never completes the response head: 504', async () => {
    await using upstream = await startRawServer((socket, head) => {
      if (!head.includes(' /ws '))
        return void socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
      socket.write('HTTP/1.1 101 Switching Protocols\r\nX: ');
      const writing = setInterval(() => socket.write('x'), 10);
      socket.once('close', () => clearInterval(writing));
    });
    await using gateway = await startProxyTo(upstream, { upstream: 'timeouts: {response: 100ms}' });
    expect((await sendRaw(gateway.url, UPGRADE, { until: 'close' })).status).toBe(504);
  });
});
