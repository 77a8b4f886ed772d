import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv, hash } from 'node:crypto';
import { GATEWAY_CODE_START } from '../oauth/gateway-code.ts';

/** Bytes of randomness in a code of the gateway's own. */
export const GATEWAY_CODE_RANDOM_BYTES = 32;
/** Bytes of randomness for each sealed code. */
export const NONCE_BYTES = 12;

const CIPHER = 'aes-256-gcm';
const TAG_BYTES = 16;
/** The key is a text in this encoding: Node tells by an exception that bytes are no KeyObject, which takes longer than to encrypt. */
const KEY_ENCODING = 'base64url';
const OPTIONS = { authTagLength: TAG_BYTES, encoding: KEY_ENCODING } as const;

/** The code that a client gets instead of the upstream's. */
export function buildGatewayCode(random: Buffer): string {
  if (random.length !== GATEWAY_CODE_RANDOM_BYTES) {
    throw new RangeError(`a code takes ${GATEWAY_CODE_RANDOM_BYTES} random bytes`);
  }
  return `${GATEWAY_CODE_START}${random.toString('base64url')}`;
}

/**
 * Encrypts a code under a key derived from another one, which the store knows by a digest only: a copy of the store reveals
 * neither. `nonce`: 12 random bytes, since an upstream's code that is bound twice at once seals two messages.
 */
export function sealCode(code: string, under: string, upstream: string, nonce: Buffer): string {
  const cipher = createCipheriv(CIPHER, deriveKey(under), nonce, OPTIONS);
  cipher.setAAD(Buffer.from(upstream, 'utf8'));
  const encrypted = cipher.update(code, 'utf8');
  // Creates the tag. A stream cipher has no remaining output.
  cipher.final();
  return Buffer.concat([nonce, encrypted, cipher.getAuthTag()]).toString('base64url');
}

/** The code that was sealed; `undefined` where the other code, the upstream or the ciphertext is not what it was sealed with. */
export function openSealedCode(sealed: string, under: string, upstream: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  // The decoder skips characters that it does not know: only the one canonical text was written by the gateway.
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return undefined;
  const decipher = createDecipheriv(CIPHER, deriveKey(under), bytes.subarray(0, NONCE_BYTES), OPTIONS);
  decipher.setAAD(Buffer.from(upstream, 'utf8'));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const opened = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return opened.toString('utf8');
}

/**
 * The one-step key derivation of NIST SP 800-56C 4 with SHA-256. The label is not that of the store's keys: a key of the
 * store tells nothing about the key of a cipher.
 */
function deriveKey(code: string): string {
  return hash('sha256', `\u0000\u0000\u0000\u0001${code}pkce-gateway/sealed-code/3`, KEY_ENCODING);
}
