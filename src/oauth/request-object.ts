import { type AuthorizationRequest, normalizeResponseType } from './authorization-request.ts';
import { parseClientJwtClaims } from './jwt.ts';
import { isLookalike } from './parameter-names.ts';

/** An authorization request as a server with support for request objects by value reads it (RFC 9101, OIDC Core 6.1). */
export type RequestWithObject =
  /** `sealsState`: the object contains the state, so that it cannot get a prefix. */
  | { readonly request: AuthorizationRequest; readonly sealsState: boolean }
  | 'encrypted'
  | 'malformed'
  /** The same parameter inside and outside, with different values: servers disagree on which of the two counts. */
  | 'conflicting';

const JUDGED = {
  clientId: 'client_id',
  redirectUri: 'redirect_uri',
  responseType: 'response_type',
  responseMode: 'response_mode',
  state: 'state',
  codeChallenge: 'code_challenge',
  codeChallengeMethod: 'code_challenge_method',
} as const;

/**
 * Merges the request object with the parameters around it: those inside win (RFC 9101 5), and PKCE counts only inside, because
 * servers that support the object ignore it outside.
 */
export function mergeRequestObject(outer: AuthorizationRequest, jwt: string): RequestWithObject {
  const claims = parseClientJwtClaims(jwt);
  if (typeof claims === 'string') return claims;
  // RFC 9101 4: an object must not point to another one.
  if (claims['request'] !== undefined || claims['request_uri'] !== undefined) return 'malformed';
  // Go's JSON reader ignores the case of names.
  if (Object.keys(claims).some(isLookalike)) return 'malformed';
  const inner: Partial<Record<keyof typeof JUDGED, string>> = {};
  for (const [key, name] of Object.entries(JUDGED) as [keyof typeof JUDGED, string][]) {
    const claim = claims[name];
    if (claim === undefined) continue;
    if (typeof claim !== 'string') return 'malformed';
    const isType = key === 'responseType';
    const value = isType ? normalizeResponseType(claim) : claim;
    const outside = isType ? outer.responseType || undefined : outer[key];
    if (outside !== undefined && outside !== value && !isDefaultMethod(key, outer)) return 'conflicting';
    inner[key] = value;
  }
  return {
    request: {
      ...outer,
      ...inner,
      codeChallenge: inner.codeChallenge,
      codeChallengeMethod:
        inner.codeChallengeMethod ?? (inner.codeChallenge === undefined ? undefined : 'plain'),
    },
    sealsState: inner.state !== undefined || outer.state === undefined,
  };
}

/** The implied method of a challenge without one is not a second value. */
function isDefaultMethod(key: string, outer: AuthorizationRequest): boolean {
  return (
    key === 'codeChallengeMethod' &&
    outer.codeChallengeMethod === 'plain' &&
    outer.codeChallenge !== undefined
  );
}
