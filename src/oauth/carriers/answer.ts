import type { JsonObject } from '../json-object.ts';
import { parseJwtClaims } from '../jwt.ts';

/** The content of an authorization response's parameters (RFC 6749 4.1.2, 4.2.2; OIDC Core 3.3.2.5; JARM 2.3). */
export type Answer = {
  /** Every value of `code` and `state`, decoded, including those inside a signed response (JARM). */
  readonly codes: readonly string[];
  readonly states: readonly string[];
  readonly hasError: boolean;
  /** Its `c_hash` covers the code (OIDC Core 3.3.2.11). */
  readonly hasIdToken: boolean;
  readonly hasIss: boolean;
  /** The audience of the id_token or the signed response. */
  readonly audience: readonly string[];
  /** `unreadable`: encrypted, malformed, or more than one. */
  readonly jarm: 'readable' | 'unreadable' | undefined;
};

const MARKERS: ReadonlySet<string> = new Set(['code', 'error', 'access_token', 'id_token', 'response']);

/** Whether a parameter of this name shows an authorization response. */
export function isAnswerName(name: string): boolean {
  return MARKERS.has(name);
}

export function readAnswer(parameters: Iterable<readonly [name: string, value: string]>): Answer {
  const codes: string[] = [];
  const states: string[] = [];
  const jwts: string[] = [];
  const idTokens: string[] = [];
  let hasError = false;
  let hasIss = false;
  for (const [name, value] of parameters) {
    // RFC 6749 3.1: an empty value counts as none. Pages of the server itself have an input for a code.
    if (value === '' && name !== 'state') continue;
    if (name === 'code') codes.push(value);
    else if (name === 'state') states.push(value);
    else if (name === 'response') jwts.push(value);
    else if (name === 'id_token') idTokens.push(value);
    else if (name === 'error') hasError = true;
    else if (name === 'iss') hasIss = true;
  }
  const signed = jwts.map(readClaims);
  const [claims] = signed;
  const readable = signed.length === 1 && claims !== undefined;
  if (readable) {
    codes.push(...textsOf(claims, 'code').filter((code) => code !== ''));
    states.push(...textsOf(claims, 'state'));
    hasError ||= 'error' in claims;
  }
  return {
    codes,
    states,
    hasError,
    hasIdToken: idTokens.length > 0,
    hasIss,
    audience: [...signed, ...idTokens.map(readClaims)].flatMap((token) =>
      token ? textsOf(token, 'aud') : [],
    ),
    jarm: jwts.length === 0 ? undefined : readable ? 'readable' : 'unreadable',
  };
}

function readClaims(jwt: string): JsonObject | undefined {
  const claims = parseJwtClaims(jwt);
  return typeof claims === 'object' ? claims : undefined;
}

function textsOf(claims: JsonObject, name: string): string[] {
  const value = claims[name];
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
}
