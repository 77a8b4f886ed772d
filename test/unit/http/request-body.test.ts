import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  BodyTooSlow,
  type Filter,
  RequestBody,
  type RequestBodyOptions,
} from '../../../src/http/request-body.ts';

const PATIENCE = 1_000;

/** A request that arrives piece by piece, and its body. */
function start(options: Partial<RequestBodyOptions> = {}) {
  const request = new PassThrough();
  const body = new RequestBody(request as unknown as IncomingMessage, { patience: PATIENCE, ...options });
  const received: string[] = [];
  let error: Error | undefined;
  body.on('error', (cause) => {
    error = cause;
  });
  return {
    request,
    body,
    received,
    error: () => error,
    read: () => body.on('data', (chunk: Buffer) => received.push(chunk.toString())),
  };
}

const settle = async () => {
  for (let turn = 0; turn < 5; turn += 1) await setImmediate();
};

test('the part that was already read comes first, then the rest', async () => {
  const { request, body, received, read } = start({ beginning: [Buffer.from('a'), Buffer.from('b')] });
  read();
  request.write('c');
  request.end('d');
  await settle();
  expect(received).toEqual(['a', 'b', 'c', 'd']);
  expect(body.readableEnded).toBe(true);
});

test('without a reader, the request is paused', async () => {
  const { request, body } = start();
  body.read(0);
  const chunk = Buffer.alloc(64 * 1024);
  let taken = 0;
  for (; taken < 100 && request.write(chunk); taken += 1) await settle();
  expect(taken).toBeLessThan(10);
});

test('an aborted request ends it', async () => {
  const { request, error, read } = start();
  read();
  await settle();
  request.destroy();
  await settle();
  expect(error()).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
});

test.each([true, false])(
  'when it ends early (begun: %s), the rest of the request is read and dropped',
  async (begun) => {
    const { request, body, received, read } = start();
    if (begun) read();
    await settle();
    body.destroy();
    request.end(Buffer.alloc(200 * 1024));
    await once(request, 'end');
    expect(received).toEqual([]);
  },
);

describe('the timeout', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const passes = async (milliseconds: number) => {
    await settle();
    await vi.advanceTimersByTimeAsync(milliseconds);
    await settle();
  };

  test('expires when nothing arrives', async () => {
    const { error, read } = start();
    read();
    await passes(PATIENCE - 1);
    expect(error()).toBeUndefined();
    await passes(1);
    expect(error()).toBeInstanceOf(BodyTooSlow);
  });

  test('expires when less than a portion arrives, in any number of chunks', async () => {
    const { request, error, read } = start();
    read();
    for (let i = 0; i < 9; i += 1) {
      await passes(100);
      request.write('x'.repeat(400));
    }
    await passes(99);
    expect(error()).toBeUndefined();
    await passes(1);
    expect(error()).toBeInstanceOf(BodyTooSlow);
  });

  test('restarts with each portion', async () => {
    const { request, error, read } = start();
    read();
    for (let i = 0; i < 20; i += 1) {
      await passes(PATIENCE - 1);
      request.write('x'.repeat(4096));
    }
    await passes(PATIENCE - 1);
    expect(error()).toBeUndefined();
    await passes(1);
    expect(error()).toBeInstanceOf(BodyTooSlow);
  });

  test('does not run while the upstream does not read', async () => {
    const { request, body, error, read } = start();
    read();
    await settle();
    body.pause();
    request.write('x'.repeat(128 * 1024));
    await passes(PATIENCE * 10);
    expect(error()).toBeUndefined();
    body.resume();
    await passes(PATIENCE - 1);
    expect(error()).toBeUndefined();
    await passes(1);
    expect(error()).toBeInstanceOf(BodyTooSlow);
  });

  test('leaves no timer behind', async () => {
    const { request, read } = start();
    read();
    await passes(10);
    request.end('x');
    await passes(10);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a filter', () => {
  /** Buffers each chunk until the next one arrives. */
  const lagging = (decide: <T>(value: T) => T | Promise<T>): Filter => {
    let withheld: Buffer | undefined;
    return {
      read: (chunk) => {
        const released = withheld;
        withheld = chunk;
        return decide(released);
      },
      end: () => decide(withheld),
    };
  };

  test.each([
    ['at once', lagging((value) => value)],
    ['later', lagging((value) => setImmediate(value))],
  ])('that buffers chunks and decides %s', async (_, filter) => {
    const { request, body, received, read } = start({ filter });
    read();
    for (const chunk of ['a', 'b', 'c']) request.write(chunk);
    await settle();
    await settle();
    expect(received).toEqual(['a', 'b']);
    request.end();
    await settle();
    expect(received).toEqual(['a', 'b', 'c']);
    expect(body.readableEnded).toBe(true);
  });

  const refusal = new Error('no');
  const refuse = () => {
    throw refusal;
  };
  const pass = (chunk: Buffer) => chunk;
  test.each<[string, Filter]>([
    ['a chunk', { read: refuse, end: () => undefined }],
    ['a chunk, later', { read: () => Promise.reject(refusal), end: () => undefined }],
    ['the end', { read: pass, end: refuse }],
    ['the end, later', { read: pass, end: () => Promise.reject(refusal) }],
  ])('that refuses %s', async (_, filter) => {
    const { request, body, error, read } = start({ filter });
    read();
    request.end('a');
    await settle();
    expect(error()).toBe(refusal);
    expect(body.readableEnded).toBe(false);
  });
});
