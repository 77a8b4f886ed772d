import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeContent } from '../../../src/upstream/decode-content.ts';

const TEXT = 'code'.repeat(100);
const BODY = Buffer.from(TEXT);
const LIMIT = 400;

describe('a body is decoded', () => {
  test.each([
    [undefined, BODY],
    ['', BODY],
    ['identity', BODY],
    ['gzip', gzipSync(BODY)],
    ['x-gzip', gzipSync(BODY)],
    [' GZip ', gzipSync(BODY)],
    ['deflate', deflateSync(BODY)],
    ['deflate', deflateRawSync(BODY)],
    ['br', brotliCompressSync(BODY)],
    ['zstd', zstdCompressSync(BODY)],
  ])('%s', (encoding, body) => {
    expect(decodeContent(body, encoding, LIMIT)?.toString()).toBe(TEXT);
    expect(decodeContent(body, encoding, LIMIT - 1)).toBeUndefined();
  });
});

test.each([
  ['an encoding that is not known', 'compress', BODY],
  ['several on top of each other', 'gzip, br', gzipSync(BODY)],
  ['another one than it says', 'br', gzipSync(BODY)],
  ['a body that is not encoded', 'gzip', BODY],
  ['a body that was cut short', 'gzip', gzipSync(BODY).subarray(0, -4)],
  ['no body', 'gzip', Buffer.alloc(0)],
  ['a bomb', 'gzip', gzipSync(Buffer.alloc(10_000_000))],
])('%s: none', (_, encoding, body) => expect(decodeContent(body, encoding, LIMIT)).toBeUndefined());
