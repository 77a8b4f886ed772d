import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';

/** More layers than any server applies: each costs a decoding. */
const LAYERS = 3;

/**
 * A body without its Content-Encoding (RFC 9110 8.4), of which the last one was applied last. `undefined`: an unknown encoding,
 * a broken body, or more than `limit` bytes.
 */
export function decodeContent(body: Buffer, encoding = '', limit: number): Buffer | undefined {
  const layers = encoding
    .toLowerCase()
    .split(',')
    .map((layer) => layer.trim())
    .filter((layer) => layer !== '' && layer !== 'identity');
  if (layers.length > LAYERS || (layers.length === 0 && body.length > limit)) return undefined;
  return layers.reduceRight<Buffer | undefined>(
    (rest, layer) => rest && decodeLayer(rest, layer, limit),
    body,
  );
}

function decodeLayer(body: Buffer, encoding: string, limit: number): Buffer | undefined {
  const options = { maxOutputLength: limit };
  try {
    switch (encoding) {
      case 'gzip':
      case 'x-gzip':
        return gunzipSync(body, options);
      case 'deflate':
        return isZlib(body) ? inflateSync(body, options) : inflateRawSync(body, options);
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

/** Some servers leave out the zlib header (RFC 1950 2.2), as browsers allow. */
function isZlib(body: Buffer): boolean {
  return body.length >= 2 && ((body[0] as number) & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
}
