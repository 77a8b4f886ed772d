import { createHash, createHmac, randomBytes } from 'node:crypto';

/** The key for all signatures of the scripted server; nothing in the tests verifies them. */
export const SIGNING_KEY = 'a key of the scripted server';

/** A compact JWS (RFC 7515), HS256. */
export function signJwt(claims: Readonly<Record<string, unknown>>, key = SIGNING_KEY): string {
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

/** Text in the form of a compact JWE (RFC 7516), which only the client could open. */
export function encryptJwt(): string {
  const parts = [32, 12, 64, 16].map((length) => randomBytes(length).toString('base64url'));
  return `${encode({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.${parts.join('.')}`;
}

/** The claims of a JWT, without checking its signature. */
export function readClaims(jwt: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
}

/** `c_hash`, `at_hash`, `s_hash` (OpenID Connect Core 3.3.2.11, FAPI 1.0 part 2 5.1). */
export function leftHalfHash(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
