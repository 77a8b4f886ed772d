import { hash } from 'node:crypto';
import { parseJsonObject } from './json-object.ts';
import { parseJwtClaims } from './jwt.ts';

/**
 * Whether a token response contains an id_token of this client with the code's `c_hash` (OpenID Connect Core 3.3.2.11): the left
 * half of the code's hash, with the hash function of the token's signature.
 */
export function isCodeHashOf(tokenResponse: string, clientId: string, code: string): boolean {
  const idToken = parseJsonObject(tokenResponse)?.['id_token'];
  const claims = typeof idToken === 'string' ? parseJwtClaims(idToken) : 'malformed';
  if (typeof claims === 'string' || typeof claims['c_hash'] !== 'string') return false;
  const audience: readonly unknown[] = [claims['aud']].flat();
  return audience.includes(clientId) && leftHalves(code).includes(claims['c_hash']);
}

function leftHalves(code: string): string[] {
  return (['sha256', 'sha384', 'sha512'] as const).map((algorithm) => {
    const digest = hash(algorithm, code, 'buffer');
    return digest.subarray(0, digest.length / 2).toString('base64url');
  });
}
