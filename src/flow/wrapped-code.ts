import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv, hash } from 'node:crypto';

export type WrappedCode = {
  /** The gateway's own code, for the client. */
  readonly code: string;
  /** The upstream's code, encrypted, for the binding. */
  readonly wrapped: string;
};

const CODE = /^pgc_[A-Za-z0-9_-]{43}$/;
const CIPHER = 'aes-256-gcm';
const TAG_LENGTH = 16;
/**
 * The key is a text, in this encoding. Of bytes, Node finds out by an exception that they are no KeyObject, and a KeyObject
 * is one more native object to make and to collect: either takes longer than to encrypt.
 */
const KEY_ENCODING = 'base64url';
const OPTIONS = { authTagLength: TAG_LENGTH, encoding: KEY_ENCODING } as const;
/** Every key is derived from a fresh code and encrypts exactly one message, so that no nonce can ever repeat under it. */
const NONCE = Buffer.alloc(12);

/** Whether a text has the form of a code that the gateway made. */
export function isWrappedCode(text: string): boolean {
  return CODE.test(text);
}

/**
 * Makes the gateway's own code for an upstream's code, and encrypts the latter under a key derived from the former.
 * The store knows the gateway's code by a hash only, so that a copy of the store reveals neither.
 */
export function wrapCode(upstreamCode: string, issuer: string, random32: Buffer): WrappedCode {
  if (random32.length !== 32) throw new RangeError('a wrapped code needs 32 random bytes');
  const code = `pgc_${random32.toString('base64url')}`;
  const cipher = createCipheriv(CIPHER, deriveKey(code), NONCE, OPTIONS);
  cipher.setAAD(Buffer.from(issuer, 'utf8'));
  const encrypted = cipher.update(upstreamCode, 'utf8');
  // Makes the tag. A stream cipher has nothing left to give out.
  cipher.final();
  const sealed = Buffer.concat([encrypted, cipher.getAuthTag()]);
  return { code, wrapped: sealed.toString('base64url') };
}

/** The upstream's code; `undefined` where the code, the issuer or the ciphertext is not what it was wrapped with. */
export function unwrapCode(code: string, wrapped: string, issuer: string): string | undefined {
  const sealed = Buffer.from(wrapped, 'base64url');
  // The decoder skips what it does not know: only the one canonical text is the one that was written.
  if (!isWrappedCode(code) || sealed.length < TAG_LENGTH || sealed.toString('base64url') !== wrapped) {
    return undefined;
  }
  const decipher = createDecipheriv(CIPHER, deriveKey(code), NONCE, OPTIONS);
  decipher.setAAD(Buffer.from(issuer, 'utf8'));
  decipher.setAuthTag(sealed.subarray(-TAG_LENGTH));
  const opened = decipher.update(sealed.subarray(0, -TAG_LENGTH));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return opened.toString('utf8');
}

/**
 * The one-step key derivation of NIST SP 800-56C 4 with SHA-256: a code has all the entropy that a key needs, so that
 * nothing is to be extracted first. The label is not that of the store key: who reads the key of a binding learns nothing
 * about the key of its cipher.
 */
function deriveKey(code: string): string {
  return hash('sha256', `\u0000\u0000\u0000\u0001${code}pkce-gateway/wrapped-code/2`, KEY_ENCODING);
}
