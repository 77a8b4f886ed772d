import { type JsonObject, parseJsonObject, repeatsName } from './json-object.ts';
import { decodeUtf8 } from './octets.ts';

/**
 * Reads the claims of a JWT that is signed, or plain (RFC 7515 compact serialisation). The signature is not checked here.
 * `encrypted`: a JWE (RFC 7516: five parts), which cannot be followed. `malformed`: not a JWT, or a claim twice.
 */
export function parseJwtClaims(jwt: string): JsonObject | 'encrypted' | 'malformed' {
  const parts = jwt.split('.');
  if (parts.length === 5) return 'encrypted';
  const [header = '', payload = ''] = parts;
  if (parts.length !== 3 || parseObject(header) === undefined) return 'malformed';
  return parseObject(payload) ?? 'malformed';
}

function parseObject(encoded: string): JsonObject | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(encoded)) return undefined;
  const text = decodeUtf8(Buffer.from(encoded, 'base64url'));
  const claims = text === undefined ? undefined : parseJsonObject(text);
  return claims === undefined || repeatsName(text as string, claims) ? undefined : claims;
}
