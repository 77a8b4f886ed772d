import { type JsonObject, parseJsonObject, repeatsName } from './json-object.ts';
import { decodeUtf8 } from './octets.ts';

/**
 * Reads the claims of a compact JWT that a server made, signed or plain (RFC 7515). The signature is not checked here. `encrypted`: a
 * JWE (RFC 7516: five parts), which cannot be followed. `malformed`: not a JWT. Keycloak's responses have `iss` twice.
 */
export function parseJwtClaims(jwt: string): JsonObject | 'encrypted' | 'malformed' {
  return parseJwt(jwt, () => false);
}

/** The same for a JWT that a client made: `malformed` also for a claim that stands twice, of which servers take the first or the last. */
export function parseClientJwtClaims(jwt: string): JsonObject | 'encrypted' | 'malformed' {
  return parseJwt(jwt, repeatsName);
}

type IsAmbiguous = (text: string, parsed: JsonObject) => boolean;

function parseJwt(jwt: string, isAmbiguous: IsAmbiguous): JsonObject | 'encrypted' | 'malformed' {
  const parts = jwt.split('.');
  if (parts.length === 5) return 'encrypted';
  const [header = '', payload = ''] = parts;
  if (parts.length !== 3 || parseObject(header, isAmbiguous) === undefined) return 'malformed';
  return parseObject(payload, isAmbiguous) ?? 'malformed';
}

function parseObject(encoded: string, isAmbiguous: IsAmbiguous): JsonObject | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(encoded)) return undefined;
  const text = decodeUtf8(Buffer.from(encoded, 'base64url'));
  const object = text === undefined ? undefined : parseJsonObject(text);
  return object === undefined || isAmbiguous(text as string, object) ? undefined : object;
}
