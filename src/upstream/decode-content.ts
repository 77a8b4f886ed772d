import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';

/**
 * A body without its Content-Encoding (RFC 9110 8.4). `undefined`: an unknown encoding, several encodings, a broken body, or
 * more than `limit` bytes.
 */
export function decodeContent(body: Buffer, encoding: string | undefined, limit: number): Buffer | undefined {
  const options = { maxOutputLength: limit };
  try {
    switch (encoding?.trim().toLowerCase() ?? 'identity') {
      case 'identity':
      case '':
        return body.length > limit ? undefined : body;
      case 'gzip':
      case 'x-gzip':
        return gunzipSync(body, options);
      case 'deflate':
        return inflateSync(body, options);
      case 'br':
        return brotliDecompressSync(body, options);
      case 'zstd':
        return zstdDecompressSync(body, options);
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}
