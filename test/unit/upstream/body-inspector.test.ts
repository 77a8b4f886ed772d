import { createServer, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { breakOff } from '../../../src/http/respond.ts';
import { type Forwarded, forward } from '../../../src/upstream/forward.ts';
import type { BodyInspector, Inspected } from '../../../src/upstream/outcome.ts';
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
const NOTHING = Buffer.alloc(0);
const OTHER_HEAD = {
  status: 403,
  statusText: 'Forbidden',
  headers: ['X-Other', 'yes', 'Content-Length', '5'],
};
const REPLACEMENT = { replace: OTHER_HEAD, body: Buffer.from('other') };

type Step = (chunk: string, response: ServerResponse) => Inspected | Promise<Inspected>;

type Scene = {
  readonly push: Step;
  readonly end?: (response: ServerResponse) => Inspected | Promise<Inspected>;
  readonly serve: (socket: Socket) => void;
  readonly responseTimeout?: number;
};

/** The client's part of an inspected response, and the result of the exchange. */
async function receive({ push, end = () => NOTHING, serve, responseTimeout = 5_000 }: Scene) {
  await using upstream = await startRawServer(serve);
  await using client = createUpstreamClient({
    origin: upstream.url,
    preserveHost: true,
    origins: [],
    tls: undefined,
    timeouts: { connect: 5_000, response: responseTimeout },
    connections: 1,
  });
  const outcome = Promise.withResolvers<Forwarded | Error>();
  await using front = await listen(
    createServer((_request, response) => {
      const body: BodyInspector = {
        push: (chunk) => push(chunk.toString(), response),
        end: () => end(response),
      };
      const inspect = (pass: ResponseHead) => ({ pass, body });
      forward(client, { method: 'GET', path: '/', headers: [], body: null }, response, {
        ...CLIENT,
        inspect,
      }).then(outcome.resolve, (error: Error) => {
        breakOff(response);
        outcome.resolve(error);
      });
    }),
  );
  const received = await sendRaw(front.url, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', {
    until: 'close',
  }).catch((error: Error) => error);
  return { received, outcome: await outcome.promise };
}

/** Sends its chunks one by one, each after the inspection of the one before. */
function serveChunks(...chunks: string[]) {
  let socket: Socket | undefined;
  const next = () => {
    const chunk = chunks.shift();
    if (chunk !== undefined) socket?.write(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
    else socket?.write('0\r\n\r\n');
  };
  const serve = (accepted: Socket) => {
    socket = accepted;
    socket.write('HTTP/1.1 200 OK\r\nX-Own: yes\r\nTransfer-Encoding: chunked\r\n\r\n');
    next();
  };
  return { serve, next };
}

describe('the output of an inspector', () => {
  test('is sent piece by piece, changed and buffered as it decides', async () => {
    const { serve, next } = serveChunks('one', 'two', 'three');
    const push: Step = async (chunk) => {
      setImmediate(next);
      return chunk === 'two' ? NOTHING : Buffer.from(chunk.toUpperCase());
    };
    const { received } = await receive({ serve, push, end: async () => Buffer.from('!') });
    expect(received).toMatchObject({ status: 200, body: 'ONETHREE!' });
  });

  test('a response without remaining data has a head and an end', async () => {
    const { serve, next } = serveChunks('one');
    const push: Step = () => {
      setImmediate(next);
      return NOTHING;
    };
    expect((await receive({ serve, push })).received).toMatchObject({ status: 200, body: '' });
  });

  test('for a response without a body, only the end is inspected', async () => {
    const serve = (socket: Socket) => socket.end('HTTP/1.1 204 No Content\r\n\r\n');
    const push = () => {
      throw new Error('there was no body');
    };
    expect((await receive({ serve, push })).received).toMatchObject({ status: 204, body: '' });
  });
});

describe('before the first byte', () => {
  test.each([
    ['another response goes out', () => REPLACEMENT, { status: 403, body: 'other' }],
    [
      'the client is answered otherwise',
      (_: string, response: ServerResponse) => {
        response.writeHead(400, { 'Content-Length': 2 }).end('no');
        return 'answered';
      },
      { status: 400, body: 'no' },
    ],
    [
      'another head goes out before the body',
      (chunk: string) => ({
        pass: { status: 201, statusText: '', headers: [] },
        bytes: Buffer.from(`(${chunk})`),
      }),
      { status: 201, body: '(two)three' },
    ],
  ] as const)('%s', async (_, decide, expected) => {
    const { serve, next } = serveChunks('one', 'two', 'three');
    const push: Step = (chunk, response) => {
      setImmediate(next);
      if (chunk !== 'two') return NOTHING;
      // An upstream that is no longer read still continues.
      setImmediate(() => setImmediate(next));
      return decide(chunk, response);
    };
    expect((await receive({ serve, push })).received).toMatchObject(expected);
  });

  test('also at the end', async () => {
    const { serve, next } = serveChunks('one');
    const push: Step = () => {
      setImmediate(next);
      return NOTHING;
    };
    const { received } = await receive({ serve, push, end: () => REPLACEMENT });
    expect(received).toMatchObject({ status: 403, body: 'other' });
  });

  test('a stalled upstream times out; a slow inspector does not', async () => {
    const serve = (socket: Socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    const { outcome } = await receive({ serve, push: () => NOTHING, responseTimeout: 100 });
    expect(outcome).toMatchObject({ kind: 'timeout' });

    const whole = (socket: Socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhalf');
    const push = async (chunk: string) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return Buffer.from(chunk);
    };
    const slow = await receive({ serve: whole, push, responseTimeout: 100 });
    expect(slow.received).toMatchObject({ status: 200, body: 'half' });
  });
});

const fail = () => {
  throw new Error('broken');
};

/** Late decisions of the inspector, and the result of the exchange. */
const LATE: readonly [name: string, decide: () => Inspected | Promise<Inspected>, outcome: object][] = [
  ['where another one should go out', () => REPLACEMENT, { status: 200 }],
  ['where the client should be answered otherwise', () => 'answered', { status: 200 }],
  ['where the inspector fails', fail, { message: 'broken' }],
  ['where its promise fails', async () => fail(), { message: 'broken' }],
];

describe('after the first byte, a response is aborted', () => {
  test.each(LATE)('%s', async (_, decide, expected) => {
    const { serve, next } = serveChunks('one', 'two', 'three');
    const push: Step = (chunk) => {
      setImmediate(next);
      return chunk === 'one' ? Buffer.from(chunk) : decide();
    };
    const { received, outcome } = await receive({ serve, push });
    // Chunked, and without its last chunk.
    expect(received).toMatchObject({ status: 200 });
    expect((received as { raw: string }).raw).not.toMatch(/0\r\n\r\n$/);
    expect(outcome).toMatchObject(expected);
  });
});

test('a promise makes the upstream wait', async () => {
  const gate = Promise.withResolvers<void>();
  let pushed = 0;
  const written = Promise.withResolvers<void>();
  const size = 32 * 1024 * 1024;
  const serve = (socket: Socket) => {
    socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
    const body = Buffer.alloc(size);
    let sent = 0;
    // Beyond the system's buffers, paused data is not read.
    const write = () => {
      while (sent < size) {
        const more = socket.write(body.subarray(sent, sent + 65_536));
        sent += 65_536;
        if (!more) break;
      }
      if (sent < size) return;
      written.resolve();
      socket.end();
    };
    socket.on('drain', write);
    write();
  };
  const push: Step = async (chunk) => {
    pushed += 1;
    if (pushed === 1) await gate.promise;
    return Buffer.from(`${chunk.length} `);
  };
  const received = receive({ serve, push });
  const early = await Promise.race([
    written.promise,
    new Promise((resolve) => setTimeout(resolve, 200, 'waits')),
  ]);
  expect(early).toBe('waits');
  expect(pushed).toBe(1);
  gate.resolve();
  const { received: answer } = await received;
  const sizes = (answer as { body: string }).body.trim().split(' ').map(Number);
  expect(sizes.reduce((sum, one) => sum + one, 0)).toBe(size);
});
