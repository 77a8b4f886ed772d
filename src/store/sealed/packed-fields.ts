import type { RecordFields } from '../record-fields.ts';

const HAS_CHALLENGE = 0x80;
const CHALLENGE_BYTES = 32;
const HEADER_BYTES = 5;
/** Marks a length of more than seven bits: one more byte follows. */
const MORE = 0x80;
const LONGEST_TEXT = MORE * 256 - 2;

/**
 * A record in few bytes, because it travels in a URL. `expiresAt`: epoch milliseconds, kept as whole seconds, rounded up.
 *
 * One byte of flags, four bytes of time, 32 bytes of the challenge if there is one, then each text after its length. `undefined`
 * if a text could not be restored: it is too long, or has a lone surrogate, which UTF-8 would change.
 */
export function packFields(fields: RecordFields, expiresAt: number): Buffer | undefined {
  const { flags, codeChallenge, texts } = fields;
  // Each length plus one; 0 means no text.
  const lengths = texts.map((text) => (text === undefined ? 0 : Buffer.byteLength(text) + 1));
  if (texts.some((text) => text?.isWellFormed() === false)) return undefined;
  if (lengths.some((length) => length > LONGEST_TEXT + 1)) return undefined;
  const size = lengths.reduce((sum, length) => sum + 2 + length, HEADER_BYTES + CHALLENGE_BYTES);
  const bytes = Buffer.allocUnsafe(size);
  bytes[0] = flags | (codeChallenge === undefined ? 0 : HAS_CHALLENGE);
  let at = bytes.writeUInt32BE(Math.ceil(expiresAt / 1000), 1);
  if (codeChallenge !== undefined) at += bytes.write(codeChallenge, at, 'base64url');
  for (const [i, length] of lengths.entries()) {
    at = bytes.writeUInt8(length < MORE ? length : (length % MORE) | MORE, at);
    if (length >= MORE) at = bytes.writeUInt8(Math.floor(length / MORE), at);
    at += bytes.write(texts[i] ?? '', at, 'utf8');
  }
  return bytes.subarray(0, at);
}

/** The fields of a record with this number of texts; `undefined` for other bytes. */
export function unpackFields(
  bytes: Buffer,
  textCount: number,
): (RecordFields & { readonly expiresAt: number }) | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const flags = bytes[0] as number;
  const hasChallenge = (flags & HAS_CHALLENGE) !== 0;
  let at = HEADER_BYTES + (hasChallenge ? CHALLENGE_BYTES : 0);
  if (at > bytes.length) return undefined;
  const texts: (string | undefined)[] = [];
  for (let index = 0; index < textCount; index += 1) {
    const first = bytes[at] ?? 0;
    const isLong = first >= MORE;
    const length = isLong ? (first % MORE) + (bytes[at + 1] ?? 0) * MORE : first;
    at += isLong ? 2 : 1;
    if (length === 0) texts.push(undefined);
    else texts.push(bytes.toString('utf8', at, at + length - 1));
    at += Math.max(0, length - 1);
  }
  if (at !== bytes.length) return undefined;
  return {
    flags: flags & ~HAS_CHALLENGE,
    expiresAt: bytes.readUInt32BE(1) * 1000,
    codeChallenge: hasChallenge
      ? bytes.toString('base64url', HEADER_BYTES, HEADER_BYTES + CHALLENGE_BYTES)
      : undefined,
    texts,
  };
}
