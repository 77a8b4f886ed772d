import type { Parameters } from './parameters.ts';
import { type CodeChallengeMethod, isCodeChallenge } from './pkce.ts';

/** The parameters of an authorization request that the gateway judges (RFC 6749 4.1.1, RFC 7636 4.3, RFC 9101, RFC 9126). */
export type AuthorizationRequest = {
  readonly clientId: string | undefined;
  readonly redirectUri: string | undefined;
  /** Normalised: words sorted, separated by one space (their order has no meaning: OAuth 2.0 Multiple Response Types 3). */
  readonly responseType: string;
  readonly responseMode: string | undefined;
  readonly state: string | undefined;
  readonly codeChallenge: string | undefined;
  /** `plain` for a challenge without a method (RFC 7636 4.3). */
  readonly codeChallengeMethod: string | undefined;
  /** Whether the request names the method. */
  readonly namesMethod: boolean;
  readonly request: string | undefined;
  readonly requestUri: string | undefined;
};

export function parseAuthorizationRequest(parameters: Parameters): AuthorizationRequest {
  return {
    clientId: parameters.get('client_id'),
    redirectUri: parameters.get('redirect_uri'),
    responseType: normalizeResponseType(parameters.get('response_type') ?? ''),
    responseMode: parameters.get('response_mode'),
    state: parameters.get('state'),
    codeChallenge: parameters.get('code_challenge'),
    codeChallengeMethod: challengeMethodOf(parameters),
    namesMethod: parameters.has('code_challenge_method'),
    request: parameters.get('request'),
    requestUri: parameters.get('request_uri'),
  };
}

/** `undefined`: no challenge. */
function challengeMethodOf(parameters: Parameters): string | undefined {
  return parameters.get('code_challenge_method') ?? (parameters.has('code_challenge') ? 'plain' : undefined);
}

/** The method to verify its challenge; `none` if there is no challenge, or one that no verifier could match. */
export function usableMethod(request: AuthorizationRequest): CodeChallengeMethod | 'none' {
  const { codeChallenge, codeChallengeMethod: method } = request;
  if (codeChallenge === undefined || (method !== 'S256' && method !== 'plain')) return 'none';
  return isCodeChallenge(codeChallenge, method) ? method : 'none';
}

export function normalizeResponseType(responseType: string): string {
  return responseType.includes(' ') ? responseType.split(' ').filter(Boolean).sort().join(' ') : responseType;
}

/** Whether the response to this response_type carries a code. */
export function carriesCode(responseType: string): boolean {
  return responseType === 'code' || responseType.split(' ').includes('code');
}

/** Whether the response to this response_type carries an id_token. */
export function carriesIdToken(responseType: string): boolean {
  return responseType.split(' ').includes('id_token');
}
