import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { freePort } from '../support/free-port.ts';
import { listen } from '../support/listener.ts';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { send } from '../support/simple-client.ts';
import { startRawServer } from '../support/upstreams/raw-server.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { startProxyTo } from './proxy-stage.ts';

const HANDSHAKE = [
  'Connection: keep-alive, Upgrade',
  'Upgrade: WebSocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

const upgrade = (target: string, headers: readonly string[] = []) =>
  rawRequest(`GET ${target} HTTP/1.1`, [...HANDSHAKE, ...headers], '', 'public.example');

describe('a WebSocket', () => {
  test('carries texts and bytes of any size through the gateway, and closes with its reason', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startProxyTo(upstream);
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/ws/chat?room=1`, ['chat']);
    await once(socket, 'open');
    for (const message of ['hello', 'ü'.repeat(100_000), Buffer.alloc(1_000_000, 7)]) {
      socket.send(message);
      const [echo] = (await once(socket, 'message')) as [Buffer];
      expect(echo.equals(Buffer.from(message as string))).toBe(true);
    }
    socket.close(4001, 'enough');
    expect((await once(socket, 'close'))[0]).toBe(4001);
    expect(upstream.requests.to('/ws/chat').map(({ target }) => target)).toEqual(['/ws/chat?room=1']);
  });

  test.each([
    ['preserve_host: true', () => 'public.example'],
    ['preserve_host: false', (authority: string) => authority],
  ] as const)('has cleaned headers like any request (%s)', async (settings, host) => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startProxyTo(upstream, { upstream: settings });
    const sent = [
      'X-Forwarded-For: 203.0.113.7',
      'X_Original_URL: /admin',
      'Forwarded: for=1.2.3.4',
      'Proxy-Authorization: Basic c2VjcmV0',
      'Cookie: a=1',
      'Origin: https://app.example',
    ];
    const answer = await sendRaw(gateway.url, upgrade('/ws', sent));
    expect(answer.status).toBe(101);
    const [request] = upstream.requests.to('/ws');
    expect(request?.headers).toMatchObject({
      host: host(new URL(upstream.url).host),
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'public.example',
      'x-forwarded-proto': 'http',
      cookie: 'a=1',
      origin: 'https://app.example',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    });
    expect(JSON.stringify(request?.rawHeaders)).not.toMatch(/203\.0|admin|1\.2\.3\.4|c2VjcmV0/);
  });

  test('keeps headers named like members of an object', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startProxyTo(upstream);
    const sent = ['Constructor: a', '__proto__: b', 'HasOwnProperty: c', 'X-Other: d', 'x-other: e'];
    expect((await sendRaw(gateway.url, upgrade('/ws', sent))).status).toBe(101);
    const names = new Set(sent.map((line) => (line.split(':')[0] as string).toLowerCase()));
    const arrived = upstream.requests
      .to('/ws')[0]
      ?.rawHeaders.filter(([name]) => names.has(name.toLowerCase()));
    expect(arrived?.map(([name, value]) => `${name}: ${value}`.toLowerCase()).sort()).toEqual(
      sent.map((line) => line.toLowerCase()).sort(),
    );
  });

  test.each(['/ws/../ws/./a', '/ws//b//', '/ws/%2e%2e/c?d=//e&f=?'])(
    'reaches the upstream at the judged path: %s',
    async (target) => {
      await using upstream = await startScriptedLegacyServer();
      await using gateway = await startProxyTo(upstream);
      await sendRaw(gateway.url, upgrade(target));
      expect(upstream.requests.all.at(-1)?.target).toBe(target);
    },
  );

  test('ends at the upstream when its client vanishes', async () => {
    const accepted = Promise.withResolvers<Socket>();
    const server = createServer((_req, res) => res.writeHead(404).end());
    server.on('upgrade', (_req, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      accepted.resolve(socket as Socket);
    });
    await using upstream = await listen(server);
    await using gateway = await startProxyTo(upstream);
    const client = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    client.write(upgrade('/ws'));
    await once(client, 'data');
    const atUpstream = await accepted.promise;
    atUpstream.resume();
    client.resetAndDestroy();
    await once(atUpstream, 'end');
    expect((await gateway.metrics()).value('upstream_errors_total')).toBe(0);
  });

  test('in handshake ends at the upstream when the gateway ends', async () => {
    const asked = Promise.withResolvers<Socket>();
    await using upstream = await startRawServer((socket, head) => {
      if (head.includes(' /ws ')) asked.resolve(socket);
      else socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    });
    await using gateway = await startProxyTo(upstream);
    const client = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    client.write(upgrade('/ws'));
    const ended = once(await asked.promise, 'close');
    await gateway[Symbol.asyncDispose]();
    await ended;
    client.destroy();
  });
});

describe('an upgrade is refused', () => {
  const REFUSED: readonly (readonly [what: string, target: string])[] = [
    ['at the authorization endpoint', '/oauth2/authorize?client_id=a&redirect_uri=https://app.example/cb'],
    ['at the token endpoint', '/oauth2/token'],
    ['at a path that some servers read as the token endpoint', '/oauth2//token/'],
    ['at what dots lead to the token endpoint', '/ws/../oauth2/token'],
    ['at the metadata', '/.well-known/openid-configuration'],
    ['where it would redeem a code', '/ws?grant_type=authorization_code&code=stolen'],
    ['where the target cannot be read in one way only', '/ws\\a'],
  ];
  test.each(REFUSED)('%s', async (_, target) => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startProxyTo(upstream);
    const asked = upstream.requests.all.length;
    const answer = await sendRaw(gateway.url, upgrade(target), { until: 'close' });
    expect(answer.status).toBe(400);
    expect(answer.headers.map(([name]) => name)).toContain('X-Request-Id');
    expect(upstream.requests.all.slice(asked)).toEqual([]);
  });

  test('by the upstream: its status is forwarded, and nothing that may contain a code', async () => {
    await using upstream = await startRawServer((socket, head) => {
      const status = head.includes(' /resume ') ? '302 Found' : '404 Not Found';
      const location = 'Location: https://app.example/cb?code=secret-code&state=s';
      socket.write(`HTTP/1.1 ${status}\r\n${location}\r\nSet-Cookie: a=b\r\nContent-Length: 4\r\n\r\nbody`);
    });
    await using gateway = await startProxyTo(upstream);
    const answer = await sendRaw(gateway.url, upgrade('/resume'), { until: 'close' });
    expect(answer.status).toBe(302);
    expect(answer.raw).not.toMatch(/secret-code|body/);
  });

  const FAULTS: readonly (readonly [
    what: string,
    status: number,
    kind: string,
    answer: (socket: Socket) => void,
  ])[] = [
    ['breaks off', 502, 'reset', (socket) => socket.resetAndDestroy()],
    ['does not speak HTTP', 502, 'protocol', (socket) => socket.end('220 mail.example.com\r\n\r\n')],
    ['says nothing', 504, 'timeout', () => {}],
  ];
  test.each(FAULTS)('by an upstream that %s: %i', async (_, status, kind, misbehave) => {
    await using upstream = await startRawServer((socket, head) => {
      if (head.includes(' /ws ')) misbehave(socket);
      else socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    });
    await using gateway = await startProxyTo(upstream, { upstream: 'timeouts: {response: 1s}' });
    const answer = await sendRaw(gateway.url, upgrade('/ws'), { until: 'close' });
    expect(answer.status).toBe(status);
    const metrics = await gateway.metrics();
    expect(metrics.value('upstream_errors_total', { issuer: 'corp', kind })).toBe(1);
    expect((await send(`${gateway.url}/other`)).status).toBe(404);
  });

  test('by an unreachable upstream: 502', async () => {
    const port = await freePort();
    await using gateway = await startProxyTo({ url: `http://127.0.0.1:${port}` } as never);
    expect((await sendRaw(gateway.url, upgrade('/ws'), { until: 'close' })).status).toBe(502);
  });
});

describe('any other upgrade is a plain request', () => {
  const PLAIN: readonly (readonly [what: string, line: string, headers: readonly string[]])[] = [
    [
      'to HTTP/2',
      'GET /inspect HTTP/1.1',
      ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AA'],
    ],
    ['to TLS', 'OPTIONS /inspect HTTP/1.1', ['Connection: Upgrade', 'Upgrade: TLS/1.2, HTTP/1.1']],
    ['to WebSocket by POST', 'POST /inspect HTTP/1.1', HANDSHAKE],
    ['to several protocols', 'GET /inspect HTTP/1.1', ['Connection: Upgrade', 'Upgrade: h2c, websocket']],
  ];
  test.each(PLAIN)('%s', async (_, line, headers) => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startProxyTo(upstream);
    const answer = await sendRaw(gateway.url, rawRequest(line, headers));
    expect(answer.status).toBe(200);
    const [request] = upstream.requests.to('/inspect');
    expect(request?.headers).not.toHaveProperty('upgrade');
    expect(request?.headers).not.toHaveProperty('http2-settings');
  });

  test('which is judged', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startProxyTo(upstream);
    const headers = [
      'Connection: Upgrade',
      'Upgrade: h2c',
      'Content-Type: application/x-www-form-urlencoded',
    ];
    const stolen = 'grant_type=authorization_code&code=stolen&client_id=a';
    const answer = await sendRaw(gateway.url, rawRequest('POST /oauth2/token HTTP/1.1', headers, stolen));
    expect(answer.status).toBe(400);
    expect(upstream.tokenRequests).toEqual([]);
  });
});
