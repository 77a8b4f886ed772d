/** The digits of RFC 4648 7 (base32hex) in lower case: no carrier of a state changes them. */
const DIGITS = Buffer.from('0123456789abcdefghijklmnopqrstuv', 'latin1');
const BITS = 5;
const NO_DIGIT = 255;
const VALUES = new Uint8Array(128).fill(NO_DIGIT);
for (const [value, digit] of DIGITS.entries()) VALUES[digit] = value;

export function encodeBase32(bytes: Buffer): string {
  const text = Buffer.allocUnsafe(Math.ceil((bytes.length * 8) / BITS));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    held = ((held & 31) << 8) | (bytes[index] as number);
    bits += 8;
    for (; bits >= BITS; bits -= BITS, at += 1) text[at] = DIGITS[(held >>> (bits - BITS)) & 31] as number;
  }
  if (bits > 0) text[at] = DIGITS[(held << (BITS - bits)) & 31] as number;
  return text.toString('latin1');
}

/** The bytes of a text; `undefined` for a text that `encodeBase32` never makes. */
export function decodeBase32(text: string): Buffer | undefined {
  const bytes = Buffer.allocUnsafe((text.length * BITS) >>> 3);
  let held = 0;
  let bits = 0;
  let at = 0;
  for (let index = 0; index < text.length; index += 1) {
    const value = VALUES[text.charCodeAt(index)] ?? NO_DIGIT;
    if (value === NO_DIGIT) return undefined;
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
