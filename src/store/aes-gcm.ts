import { type CipherKey, createCipheriv, createDecipheriv } from 'node:crypto';

/** Bytes of the random nonce that each message takes. */
export const NONCE_BYTES = 12;

const CIPHER = 'aes-256-gcm';
const TAG_BYTES = 16;
/** Of a key that is a text: Node tells by an exception that bytes are no KeyObject, which takes longer than to encrypt. */
const OPTIONS = { authTagLength: TAG_BYTES, encoding: 'base64url' } as const;

/** The nonce, the encrypted message and its tag. `context`: authenticated with the message, and not part of it. */
export function encrypt(key: CipherKey, message: Buffer, context: Buffer, nonce: Buffer): Buffer {
  const cipher = createCipheriv(CIPHER, key, nonce, OPTIONS);
  cipher.setAAD(context);
  const encrypted = cipher.update(message);
  // Creates the tag. A stream cipher has no remaining output.
  cipher.final();
  return Buffer.concat([nonce, encrypted, cipher.getAuthTag()]);
}

/** The message; `undefined` where the key, the context or the bytes are not those of its encryption. */
export function decrypt(key: CipherKey, bytes: Buffer, context: Buffer): Buffer | undefined {
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), OPTIONS);
  decipher.setAAD(context);
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const message = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return message;
}

/** The bytes of a text in base64url. Node's decoder skips characters that it does not know: only the one canonical text was written by the gateway. */
export function decodeCanonical(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
