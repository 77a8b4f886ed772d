import { createHash, randomBytes } from 'node:crypto';

export type PkcePair = { readonly verifier: string; readonly challenge: string };

/** A new verifier and its S256 challenge, made without the code under test. */
export function newPkcePair(): PkcePair {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}
