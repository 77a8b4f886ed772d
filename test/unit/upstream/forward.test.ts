import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { type Forwarded, forward } from '../../../src/upstream/forward.ts';
import type { ForwardOptions } from '../../../src/upstream/outgoing-request.ts';
import type { ResponseHead } from '../../../src/upstream/response-headers.ts';
import { createUpstreamClient } from '../../../src/upstream/upstream-client.ts';
import { listen } from '../../support/listener.ts';
import { sendRaw } from '../../support/raw-http.ts';
import { startRawServer } from '../../support/upstreams/raw-server.ts';

const CLIENT: Omit<ForwardOptions, 'inspect'> = {
  client: '127.0.0.1',
  purpose: 'other',
  scope: (step) => step(),
};

const connectTo = (origin: string, connections = 1) =>
  createUpstreamClient({
    origin,
    preserveHost: true,
    origins: [],
    tls: undefined,
    timeouts: { connect: 5_000, response: 5_000 },
    connections,
  });

/** The response of an upstream that closes its connection, which is reported to the inspection of the head. */
async function passClosed(answer: string) {
  const closed = Promise.withResolvers<void>();
  await using upstream = await startRawServer((socket: Socket) => {
    socket.once('close', () => closed.resolve());
    socket.end(answer);
  });
  await using client = connectTo(upstream.url);
  const outcome = Promise.withResolvers<Forwarded>();
  await using front = await listen(
    createServer((request, response) => {
      const outgoing = { method: request.method ?? 'GET', path: '/', headers: [], body: null };
      const inspect = async (head: { status: number; statusText: string; headers: readonly string[] }) => {
        await closed.promise;
        return { pass: head };
      };
      forward(client, outgoing, response, { ...CLIENT, inspect }).then(outcome.resolve, (error: unknown) => {
        response.destroy();
        outcome.reject(error);
      });
    }),
  );
  const [received] = await Promise.all([
    sendRaw(front.url, `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`),
    outcome.promise,
  ]);
  return received;
}

test.each([
  ['without a body', 'HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n', ''],
  ['with a body', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody', 'body'],
  [
    'in chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n',
    'body',
  ],
  ['that ends with its connection', 'HTTP/1.0 200 OK\r\n\r\nbody', 'body'],
])(
  'a response %s is complete although its connection closes during the inspection',
  async (_, answer, body) => {
    const received = await passClosed(answer);
    expect([received.status, received.body]).toEqual([Number(answer.split(' ', 2)[1]), body]);
  },
);

test('a response that is awaited without a client is awaited only up to its head', async () => {
  const asked = Promise.withResolvers<Socket>();
  const gone = Promise.withResolvers<void>();
  await using upstream = await startRawServer((socket) => {
    socket.once('close', gone.resolve);
    asked.resolve(socket);
  });
  await using client = connectTo(upstream.url);
  const forwarded = Promise.withResolvers<Forwarded>();
  const closed = Promise.withResolvers<void>();
  await using front = await listen(
    createServer((_request, response) => {
      response.once('close', closed.resolve);
      const outgoing = { method: 'GET', path: '/', headers: [], body: null };
      const options = { ...CLIENT, inspect: (pass: ResponseHead) => ({ pass }), outlivesClient: true };
      forward(client, outgoing, response, options).then(forwarded.resolve, forwarded.reject);
    }),
  );
  const gate = new AbortController();
  const received = sendRaw(front.url, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', { signal: gate.signal });
  const answering = await asked.promise;
  gate.abort();
  await expect(received).rejects.toThrow();
  await closed.promise;
  answering.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
  expect((await forwarded.promise).status).toBe(200);
  await gone.promise;
});

test('the rest of a replaced response may arrive a little later: the connection to the upstream is kept', async () => {
  const sockets: Socket[] = [];
  await using upstream = await startRawServer((socket) => {
    sockets.push(socket);
    socket.write('HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 4\r\n\r\n');
  });
  await using client = connectTo(upstream.url);
  await using front = await listen(
    createServer((_request, response) => {
      const outgoing = { method: 'GET', path: '/', headers: [], body: null };
      const replace = { status: 200, statusText: 'OK', headers: ['Content-Length', '4'] };
      const inspect = () => ({ replace, body: Buffer.from('page') });
      void forward(client, outgoing, response, { ...CLIENT, inspect });
    }),
  );
  for (let i = 0; i < 2; i++) {
    const answer = await sendRaw(front.url, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(answer.body).toBe('page');
    sockets[i]?.write('rest');
  }
  expect(sockets).toHaveLength(2);
  expect(new Set(sockets).size).toBe(1);
});

test('a request that cannot be sent occupies no connection', async () => {
  await using upstream = await startRawServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine');
  });
  // undici does not reuse a connection after such a request: the second connection is for the next one.
  await using client = connectTo(upstream.url, 2);
  await using front = await listen(
    createServer((request, response) => {
      const path = request.url === '/unsent' ? 'no path' : '/';
      const outgoing = { method: 'GET', path, headers: [], body: null };
      const options = { ...CLIENT, inspect: (pass: ResponseHead) => ({ pass }) };
      forward(client, outgoing, response, options).catch(() =>
        response.writeHead(502, { 'Content-Length': 0 }).end(),
      );
    }),
  );
  const statusOf = async (path: string) =>
    (await sendRaw(front.url, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)).status;
  expect(await statusOf('/unsent')).toBe(502);
  expect(await statusOf('/sent')).toBe(200);
});
