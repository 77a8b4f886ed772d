import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { GATEWAY_CODE_START } from '../oauth/gateway-code.ts';
import { decodeCanonical, decrypt, encrypt } from './aes-gcm.ts';

export const SALT_BYTES = 32;

/** The code that a client gets instead of the upstream's: nobody can derive it without both the upstream's code and the random salt. */
export function deriveGatewayCode(code: string, salt: string): string {
  return GATEWAY_CODE_START + hash('sha256', `pkce-gateway/own-code/1 ${salt} ${code}`, 'base64url');
}

/**
 * Encrypts a code under a key derived from another code, of which the store has only a digest: a copy of the store reveals
 * neither.
 */
export function sealCode(code: string, under: string, upstream: string): string {
  const context = Buffer.from(upstream, 'utf8');
  return encrypt(deriveKey(under), Buffer.from(code, 'utf8'), context).toString('base64url');
}

/** The sealed code; `undefined` if the other code, the upstream or the ciphertext differs from those of its encryption. */
export function openSealedCode(sealed: string, under: string, upstream: string): string | undefined {
  const bytes = decodeCanonical(sealed);
  return bytes && decrypt(deriveKey(under), bytes, Buffer.from(upstream, 'utf8'))?.toString('utf8');
}

/**
 * The one-step key derivation of NIST SP 800-56C 4 with SHA-256. Its label differs from that of the store's keys, so a store
 * key reveals nothing about a cipher key.
 */
function deriveKey(code: string): string {
  return hash('sha256', `\u0000\u0000\u0000\u0001${code}pkce-gateway/sealed-code/3`, 'base64url');
}
