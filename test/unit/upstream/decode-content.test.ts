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
    ['gzip, identity', gzipSync(BODY)],
    ['gzip,, BR', brotliCompressSync(gzipSync(BODY))],
  ])('%s', (encoding, body) => {
    expect(decodeContent(body, encoding, LIMIT)?.toString()).toBe(TEXT);
    expect(decodeContent(body, encoding, LIMIT - 1)).toBeUndefined();
  });
});

test.each([
  ['an encoding that is not known', 'compress', BODY],
  ['another order than it says', 'br, gzip', brotliCompressSync(gzipSync(BODY))],
  ['too many layers', 'gzip,gzip,gzip,gzip', [1, 2, 3, 4].reduce((body) => gzipSync(body), BODY)],
  ['another one than it says', 'br', gzipSync(BODY)],
  ['a body that is not encoded', 'gzip', BODY],
  ['a body that was cut short', 'gzip', gzipSync(BODY).subarray(0, -4)],
  ['no body', 'gzip', Buffer.alloc(0)],
  ['a bomb', 'gzip', gzipSync(Buffer.alloc(10_000_000))],
])('%s: none', (_, encoding, body) => expect(decodeContent(body, encoding, LIMIT)).toBeUndefined());
