import { randomBytes } from 'node:crypto';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ContentReader } from '../../../src/http/content-reader.ts';

/** What is read of a body that comes in pieces of this many octets. */
async function readAll(coding: string, body: Buffer, size = body.length) {
  let content = '';
  const reader = new ContentReader(coding, (piece) => {
    content += piece.toString('latin1');
  });
  for (let at = 0; at < body.length; at += size) await reader.read(body.subarray(at, at + size));
  await reader.end();
  return { content, isBomb: reader.isBomb };
}

const TEXT = 'grant_type=password&padding='.repeat(50);
const BODY = Buffer.from(TEXT);

const CODINGS: readonly (readonly [coding: string, body: Buffer])[] = [
  ['gzip', gzipSync(BODY)],
  ['x-gzip', gzipSync(BODY)],
  ['GZIP', gzipSync(BODY)],
  ['deflate', deflateSync(BODY)],
  ['deflate', deflateRawSync(BODY)],
  ['br', brotliCompressSync(BODY)],
  ['zstd', zstdCompressSync(BODY)],
  ['gzip, gzip', gzipSync(gzipSync(BODY))],
  ['deflate, br', brotliCompressSync(deflateSync(BODY))],
  ['x-own, gzip', gzipSync(BODY)],
];

describe.each([Number.MAX_SAFE_INTEGER, 7])('in pieces of %i octets', (size) => {
  test.each(CODINGS)('%s is read', async (coding, body) => {
    expect(await readAll(coding, body, Math.min(size, body.length))).toEqual({
      content: TEXT,
      isBomb: false,
    });
  });

  test('what breaks off is read as far as it goes', async () => {
    const body = gzipSync(BODY).subarray(0, -8);
    expect((await readAll('gzip', body, Math.min(size, body.length))).content).toBe(TEXT);
  });
});

test.each(['gzip', 'deflate', 'br', 'zstd', 'gzip, br'])('what is no %s ends', async (coding) => {
  expect(await readAll(coding, BODY, 10)).toMatchObject({ isBomb: false });
});

test('what is no gzip inside of brotli ends, however much there is of it', async () => {
  expect(await readAll('gzip, br', brotliCompressSync(randomBytes(1_000_000)), 50_000)).toEqual({
    content: '',
    isBomb: false,
  });
});

test('a coding that nobody knows is nobody’s to read', async () => {
  expect(await readAll('aes128gcm', BODY)).toEqual({ content: '', isBomb: false });
});

test('a bomb is one, and is not read to its end', async () => {
  const { content, isBomb } = await readAll('gzip', gzipSync(Buffer.alloc(50_000_000)));
  expect(isBomb).toBe(true);
  expect(content.length).toBeLessThan(5_000_000);
});

test('a bomb inside another coding is one as well', async () => {
  expect((await readAll('gzip, gzip', gzipSync(gzipSync(Buffer.alloc(50_000_000))))).isBomb).toBe(true);
});

test('nothing at all is nothing', async () => {
  expect(await readAll('gzip', Buffer.alloc(0), 1)).toEqual({ content: '', isBomb: false });
});
