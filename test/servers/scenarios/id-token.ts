import { createHash } from 'node:crypto';

export function payloadOf(jwt: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
}

/** The value of `c_hash` and `s_hash`, for a signature with SHA-256 (OpenID Connect Core 3.3.2.11). */
export function halfHash(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
}
