import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

/** A truncated stream yields what was decoded. */
const LENIENT = { finishFlush: constants.Z_SYNC_FLUSH };

const DECODERS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gunzipSync(bytes, LENIENT),
  'x-gzip': (bytes) => gunzipSync(bytes, LENIENT),
  br: brotliDecompressSync,
  // RFC 9110 8.4.1.2: some send it without the zlib wrapper.
  deflate: (bytes) => ((bytes[0] ?? 0) % 16 === 8 ? inflateSync(bytes) : inflateRawSync(bytes)),
};

/** Decodes every known Content-Encoding, the last one first; others stay unchanged. */
export function decodeLenientBody(bytes: Buffer, contentEncoding = ''): Buffer {
  const names = contentEncoding.toLowerCase().split(/\s*,\s*/);
  try {
    return names.reduceRight((body, name) => DECODERS[name]?.(body) ?? body, bytes);
  } catch {
    return bytes;
  }
}

/** The characters of code page 037 that a request needs, at their codes. */
export const EBCDIC: string = Array.from({ length: 256 }, (_, octet) => {
  const column = (octet & 0x0f) - 1;
  const digit = octet & 0x0f;
  switch (octet & 0xf0) {
    case 0x80:
      return 'abcdefghi'[column] ?? '\0';
    case 0x90:
      return 'jklmnopqr'[column] ?? '\0';
    case 0xa0:
      return ' stuvwxyz'[column] ?? '\0';
    case 0xf0:
      return digit < 10 ? String(digit) : '\0';
    default:
      return { 80: '&', 96: '-', 109: '_', 126: '=' }[octet] ?? '\0';
  }
}).join('');

/** Text in its declared charset, the last one of several, or that of its byte order mark; characters up to one byte stay bytes. */
export function readLenientText(bytes: Buffer, contentType = ''): string {
  const charsets = [...contentType.toLowerCase().matchAll(/charset\s*=\s*"?([\w-]+)/g)];
  const charset = charsets.at(-1)?.[1] ?? '';
  const text = decodeCharset(bytes, charset);
  return text.replace(/^(\u00ef\u00bb\u00bf|\ufeff)/, '');
}

function decodeCharset(bytes: Buffer, charset: string): string {
  const looksBig = bytes[0] === 0xfe || (bytes[0] === 0 && bytes[1] !== 0);
  const looksLittle = bytes[0] === 0xff || (bytes[0] !== 0 && bytes[1] === 0);
  if (/037$/.test(charset)) return Array.from(bytes, (octet) => EBCDIC[octet]).join('');
  if (charset === 'utf-16be' || looksBig) return decodeUtf16be(bytes);
  if (charset.startsWith('utf-16') || looksLittle) return bytes.toString('utf16le');
  return charset === 'utf-7' ? decodeUtf7(bytes.toString('latin1')) : bytes.toString('latin1');
}

/** RFC 2152. */
function decodeUtf7(text: string): string {
  return text.replace(/\+([A-Za-z0-9/+]*)-?/g, (_, encoded: string) =>
    encoded === '' ? '+' : decodeUtf16be(Buffer.from(encoded, 'base64')),
  );
}

/** Without an incomplete last byte pair. */
function decodeUtf16be(bytes: Buffer): string {
  return Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)))
    .swap16()
    .toString('utf16le');
}
