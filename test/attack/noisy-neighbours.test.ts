import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startProxyTo } from '../integration/proxy-stage.ts';
import type { GatewayUnderTest } from '../support/gateway-under-test.ts';
import { type Listener, listen } from '../support/listener.ts';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { send } from '../support/simple-client.ts';

/** Connections to the upstream: two are reserved for logins, and no client gets more than three of the six others. */
const CONNECTIONS = 8;
const SHARE = 3;
const KEEP = ['Connection: keep-alive'];
const TOKEN_REQUEST = {
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: 'grant_type=client_credentials&client_id=a',
};

/** An upstream with slow pages, and the number of concurrent requests for them. */
class BusyUpstream implements AsyncDisposable {
  readonly #listener: Listener;
  readonly #open = new Set<ServerResponse | Socket>();
  most = 0;

  static async start(): Promise<BusyUpstream> {
    let upstream: BusyUpstream | undefined;
    const server = createServer((req, res) => {
      if (req.url === '/hanging') return upstream?.opened(res);
      if (req.url === '/download') {
        upstream?.opened(res);
        res.writeHead(200, { 'content-type': 'application/octet-stream' });
        const write = () => {
          while (!res.destroyed && res.write(Buffer.alloc(65_536)));
        };
        res.on('drain', write);
        return write();
      }
      if (req.url === '/upload') upstream?.opened(res);
      req.resume().on('end', () => res.end('fine'));
    });
    server.on('upgrade', (_req, socket: Socket) => {
      upstream?.opened(socket);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    upstream = new BusyUpstream(await listen(server));
    return upstream;
  }

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  get url(): string {
    return this.#listener.url;
  }

  opened(held: ServerResponse | Socket): void {
    this.#open.add(held);
    held.on('error', () => {}).once('close', () => this.#open.delete(held));
    this.most = Math.max(this.most, this.#open.size);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener.stop();
  }
}

const startGateway = (upstream: BusyUpstream, settings = '') =>
  startProxyTo(upstream as never, {
    upstream: `connections: ${CONNECTIONS}${settings}`,
    issuer: 'unlisted_clients: {mode: report}',
  });

/** A client that sends without reading. */
function attack(gateway: GatewayUnderTest, bytes: string, localAddress = '127.0.0.1'): Socket {
  const { port } = new URL(gateway.url);
  const socket = connect({ host: '127.0.0.1', port: Number(port), localAddress }).on('error', () => {});
  socket.write(bytes);
  return socket;
}

const WEBSOCKET = rawRequest('GET /socket HTTP/1.1', [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
]);

const ATTACKS: readonly (readonly [what: string, bytes: string])[] = [
  ['downloads that are not read', rawRequest('GET /download HTTP/1.1', KEEP)],
  ['95 of them on each connection', rawRequest('GET /download HTTP/1.1', KEEP).repeat(95)],
  [
    'uploads that do not end',
    rawRequest('POST /upload HTTP/1.1', [...KEEP, 'Content-Length: 999999'], 'x'.repeat(70_000)),
  ],
  ['pages that hang', rawRequest('GET /hanging HTTP/1.1', KEEP)],
  ['WebSockets', WEBSOCKET],
];

describe('one client gets no more than its share of the connections to the upstream', () => {
  test.each(ATTACKS)('by %s: logins continue, and other clients get their pages', async (_, bytes) => {
    await using upstream = await BusyUpstream.start();
    await using gateway = await startGateway(upstream);
    const attackers = Array.from({ length: 30 }, () => attack(gateway, bytes));
    await expect.poll(() => upstream.most).toBe(SHARE);
    // A login from the attacker's own address uses the reserved connections.
    expect((await send(`${gateway.url}/oauth2/token`, TOKEN_REQUEST)).status).toBe(200);
    const other = attack(gateway, rawRequest('GET /page HTTP/1.1', []), '127.0.0.2');
    expect(String((await once(other, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 /);
    expect(upstream.most).toBe(SHARE);
    for (const socket of [...attackers, other]) socket.destroy();
    // No request is left: all waiting ones ended too.
    const after = await sendRaw(gateway.url, rawRequest('GET /page HTTP/1.1', []));
    expect(after.status).toBe(200);
  });

  test('many clients together leave the connections that are reserved for logins', async () => {
    await using upstream = await BusyUpstream.start();
    await using gateway = await startGateway(upstream);
    const attackers = Array.from({ length: 30 }, (_, i) =>
      attack(gateway, rawRequest('GET /hanging HTTP/1.1', KEEP), `127.0.1.${1 + (i % 10)}`),
    );
    await expect.poll(() => upstream.most).toBe(6);
    for (let i = 0; i < 10; i++) {
      expect((await send(`${gateway.url}/oauth2/token`, TOKEN_REQUEST)).status).toBe(200);
    }
    expect(upstream.most).toBe(6);
    for (const socket of attackers) socket.destroy();
  });
});

describe('requests that wait for a connection', () => {
  test('have deadlines from their arrival: all time out together, and logins do not', async () => {
    await using upstream = await BusyUpstream.start();
    await using gateway = await startGateway(upstream, ', timeouts: {response: 1s}');
    const started = performance.now();
    const hanging = Array.from({ length: 60 }, async () => {
      const { status } = await send(`${gateway.url}/hanging`);
      return { status, after: performance.now() - started };
    });
    const login = send(`${gateway.url}/oauth2/token`, TOKEN_REQUEST);
    expect((await Promise.race([login, ...hanging])).status).toBe(200);
    const answers = await Promise.all(hanging);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([504]));
    const times = answers.map(({ after }) => after).sort((a, b) => a - b);
    // One after the other, three at a time, they would take twenty times as long.
    expect(times.at(-1)).toBeLessThan(3 * (times[0] as number));
  });

  test('are limited in number: the next one gets a Retry-After', async () => {
    await using upstream = await BusyUpstream.start();
    await using gateway = await startGateway(upstream);
    const sockets = Array.from({ length: 120 }, () =>
      attack(gateway, rawRequest('GET /hanging HTTP/1.1', KEEP)),
    );
    const answers = await Promise.race(sockets.map((socket) => once(socket, 'data')));
    expect(String(answers[0])).toMatch(/^HTTP\/1\.1 503 [\s\S]*\r\nRetry-After: \d+\r\n/i);
    expect((await gateway.metrics()).value('upstream_errors_total', { kind: 'busy' })).toBeGreaterThan(0);
    expect((await send(`${gateway.url}/oauth2/token`, TOKEN_REQUEST)).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });

  test('are all served after a short burst', async () => {
    await using upstream = await BusyUpstream.start();
    await using gateway = await startGateway(upstream);
    const rush = Array.from({ length: 60 }, () => send(`${gateway.url}/page`));
    const statuses = (await Promise.all(rush)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});
