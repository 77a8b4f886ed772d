/** What a sealed record holds: as few bytes as possible, because all of it travels in a URL. */
export type PackedFields = {
  /** Up to 7 bits, whose meaning is the record's. */
  readonly flags: number;
  /** Epoch milliseconds, of which whole seconds are kept, rounded up. */
  readonly expiresAt: number;
  /** In its S256 form. */
  readonly codeChallenge: string | undefined;
  readonly texts: readonly (string | undefined)[];
};

const HAS_CHALLENGE = 0x80;
const CHALLENGE_BYTES = 32;
const HEADER_BYTES = 5;
/** Of the length of a text in seven bits: the others follow, in one byte more. */
const MORE = 0x80;
const LONGEST_TEXT = MORE * 256 - 2;

/**
 * One byte of flags, four of the time, the challenge's 32 where there is one, then each text behind its length. `undefined`
 * where a text cannot come back as it was: it is too long, or has half a character, which UTF-8 turns into another one.
 */
export function packFields({ flags, expiresAt, codeChallenge, texts }: PackedFields): Buffer | undefined {
  if (!texts.every(isPackable)) return undefined;
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = flags | (codeChallenge === undefined ? 0 : HAS_CHALLENGE);
  header.writeUInt32BE(Math.ceil(expiresAt / 1000), 1);
  const challenge = Buffer.from(codeChallenge ?? '', 'base64url');
  return Buffer.concat([header, challenge, ...texts.flatMap(packText)]);
}

function isPackable(text: string | undefined): boolean {
  return text === undefined || (text.isWellFormed() && Buffer.byteLength(text) <= LONGEST_TEXT);
}

/** Length plus one, so that 0 is no text at all. */
function packText(text: string | undefined): Buffer[] {
  if (text === undefined) return [Buffer.of(0)];
  const bytes = Buffer.from(text, 'utf8');
  const length = bytes.length + 1;
  return [
    length < MORE ? Buffer.of(length) : Buffer.of((length % MORE) | MORE, Math.floor(length / MORE)),
    bytes,
  ];
}

/** The fields of a record with so many texts; `undefined` for bytes that are none. */
export function unpackFields(bytes: Buffer, textCount: number): PackedFields | undefined {
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
