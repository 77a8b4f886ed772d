import { type AuthorizationRequest, normalizeResponseType } from './authorization-request.ts';
import { type JwtClaims, parseJwtClaims } from './jwt.ts';

/** An authorization request as a server reads it that takes a request object by value (RFC 9101, OIDC Core 6.1). */
export type RequestWithObject =
  | {
      readonly request: AuthorizationRequest /** The object holds the state, so that nobody can prefix it. */;
      readonly sealsState: boolean;
    }
  | 'encrypted'
  | 'malformed'
  /** The same parameter inside and outside, with different values: servers disagree on which of the two counts. */
  | 'conflicting';

const JUDGED = {
  clientId: 'client_id',
  redirectUri: 'redirect_uri',
  responseMode: 'response_mode',
  state: 'state',
  codeChallenge: 'code_challenge',
  codeChallengeMethod: 'code_challenge_method',
} as const;

/**
 * Lays the request object over the parameters around it: what stands inside wins (RFC 9101 5), and PKCE counts inside
 * only, since servers that know the object ignore it outside.
 */
export function mergeRequestObject(outer: AuthorizationRequest, jwt: string): RequestWithObject {
  const claims = parseJwtClaims(jwt);
  if (typeof claims === 'string') return claims;
  // RFC 9101 4: an object must not point to another one.
  if (claims['request'] !== undefined || claims['request_uri'] !== undefined) return 'malformed';
  const inner: Partial<Record<keyof typeof JUDGED, string>> = {};
  for (const [key, name] of Object.entries(JUDGED) as [keyof typeof JUDGED, string][]) {
    const value = claims[name];
    if (value === undefined) continue;
    if (typeof value !== 'string') return 'malformed';
    if (outer[key] !== undefined && outer[key] !== value && !isDefaultMethod(key, outer))
      return 'conflicting';
    inner[key] = value;
  }
  const responseType = innerResponseType(claims);
  if (responseType === 'malformed') return 'malformed';
  if (responseType !== undefined && outer.responseType !== '' && outer.responseType !== responseType) {
    return 'conflicting';
  }
  return {
    request: {
      ...outer,
      ...inner,
      responseType: responseType ?? outer.responseType,
      codeChallenge: inner.codeChallenge,
      codeChallengeMethod:
        inner.codeChallengeMethod ?? (inner.codeChallenge === undefined ? undefined : 'plain'),
    },
    sealsState: inner.state !== undefined || outer.state === undefined,
  };
}

/** The method that was not said but follows from a challenge without one is no second value. */
function isDefaultMethod(key: string, outer: AuthorizationRequest): boolean {
  return (
    key === 'codeChallengeMethod' &&
    outer.codeChallengeMethod === 'plain' &&
    outer.codeChallenge !== undefined
  );
}

function innerResponseType(claims: JwtClaims): string | undefined {
  const value = claims['response_type'];
  if (value === undefined) return undefined;
  return typeof value === 'string' ? normalizeResponseType(value) : 'malformed';
}
