import { type CipherKey, createCipheriv, createDecipheriv } from 'node:crypto';
import { takeRandomBytes } from './random-pool.ts';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The encoding of keys. Keys are text: for bytes, Node throws and catches an exception internally, which takes longer than encrypting. */
const OPTIONS = { authTagLength: TAG_BYTES, encoding: 'base64url' } as const;

/** A random nonce, the encrypted message and its tag. `context`: authenticated with the message, but not contained in it. */
export function encrypt(key: CipherKey, message: Buffer, context: Buffer): Buffer {
  const nonce = takeRandomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, OPTIONS);
  cipher.setAAD(context);
  const encrypted = cipher.update(message);
  // Creates the tag. A stream cipher has no remaining output.
  cipher.final();
  return Buffer.concat([nonce, encrypted, cipher.getAuthTag()]);
}

/** The message; `undefined` if the key, the context or the bytes differ from those of its encryption. */
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

/** The bytes of base64url text. Node's decoder skips unknown characters, so only the canonical text, which the gateway wrote, is accepted. */
export function decodeCanonical(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
