/** The digits of RFC 4648 7 (base32hex) in lower case: nothing that carries a state changes them. */
const DIGITS = '0123456789abcdefghijklmnopqrstuv';
const BITS = 5;

const VALUES = new Map([...DIGITS].map((digit, value) => [digit.charCodeAt(0), value]));

export function encodeBase32(bytes: Buffer): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    for (; bits >= BITS; bits -= BITS) text += DIGITS[(held >>> (bits - BITS)) & 31];
    held &= 31;
  }
  return bits === 0 ? text : text + DIGITS[(held << (BITS - bits)) & 31];
}

/** The bytes of a text; `undefined` for any text that `encodeBase32` does not make. */
export function decodeBase32(text: string): Buffer | undefined {
  const bytes = Buffer.alloc((text.length * BITS) >>> 3);
  let held = 0;
  let bits = 0;
  let at = 0;
  for (let index = 0; index < text.length; index += 1) {
    const value = VALUES.get(text.charCodeAt(index));
    if (value === undefined) return undefined;
    held = (held << BITS) | value;
    bits += BITS;
    if (bits >= 8) {
      bits -= 8;
      bytes[at] = held >>> bits;
      at += 1;
      held &= (1 << bits) - 1;
    }
  }
  return bits < BITS && held === 0 ? bytes : undefined;
}
