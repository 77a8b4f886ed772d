import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { type Forwarded, forward } from '../../../src/upstream/forward.ts';
import { createUpstreamClient } from '../../../src/upstream/upstream-client.ts';
import { listen } from '../../support/listener.ts';
import { sendRaw } from '../../support/raw-http.ts';
import { startRawServer } from '../../support/upstreams/raw-server.ts';

/** The answer of an upstream that closes its connection, which is told to whoever looks at the head. */
async function passClosed(answer: string) {
  const closed = Promise.withResolvers<void>();
  await using upstream = await startRawServer((socket: Socket) => {
    socket.once('close', () => closed.resolve());
    socket.end(answer);
  });
  await using client = createUpstreamClient({
    origin: upstream.url,
    preserveHost: true,
    tls: undefined,
    timeouts: { connect: 5_000, response: 5_000 },
    connections: 1,
  });
  const outcome = Promise.withResolvers<Forwarded>();
  await using front = await listen(
    createServer((request, response) => {
      const outgoing = { method: request.method ?? 'GET', path: '/', headers: [], body: null };
      const inspect = async (head: { status: number; statusText: string; headers: readonly string[] }) => {
        await closed.promise;
        return { pass: head };
      };
      forward(client, outgoing, response, { inspect }).then(outcome.resolve, (error: unknown) => {
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
])('a response %s is whole although its connection closes while it is looked at', async (_, answer, body) => {
  const received = await passClosed(answer);
  expect([received.status, received.body]).toEqual([Number(answer.split(' ', 2)[1]), body]);
});
