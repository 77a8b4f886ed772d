import { Buffer, isUtf8 } from 'node:buffer';

/** The text of octets; `undefined`: they are not UTF-8. An exception would take a hundred times as long, and anybody can send thousands of such texts. */
export function decodeUtf8(octets: Buffer): string | undefined {
  return isUtf8(octets) ? octets.toString('utf8') : undefined;
}

/**
 * The text as its sender meant it: it was read byte by byte, which splits raw UTF-8. Text in another charset, or with decoded
 * characters beyond one byte, stays unchanged.
 */
export function decodeOctets(text: string): string {
  if (/^[\0-\x7f]*$/.test(text) || !/^[\0-\xff]*$/.test(text)) return text;
  return decodeUtf8(Buffer.from(text, 'latin1')) ?? text;
}
