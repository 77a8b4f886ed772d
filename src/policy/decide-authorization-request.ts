import { type AuthorizationRequest, carriesCode } from '../oauth/authorization-request.ts';
import { isCodeChallenge } from '../oauth/pkce.ts';
import { isRegisteredRedirectUri } from '../oauth/redirect-uri.ts';
import type { ClientPolicy } from './client-policy.ts';
import type { AuthorizationRequestReason } from './reason.ts';

/**
 * The first rule that an authorization request breaks. In this order: who asks, where the answer would go (only then
 * can a refusal be sent there), what is asked for, and how it is protected.
 */
export function decideAuthorizationRequest(
  request: AuthorizationRequest,
  policy: ClientPolicy,
): AuthorizationRequestReason | undefined {
  return (
    checkClient(request, policy) ??
    checkRequestObject(request) ??
    checkRedirectUri(request, policy) ??
    checkResponseType(request, policy) ??
    checkResponseMode(request, policy) ??
    checkPkce(request, policy)
  );
}

function checkClient(
  request: AuthorizationRequest,
  policy: ClientPolicy,
): AuthorizationRequestReason | undefined {
  if (policy.mode === 'reject') return 'client_unknown';
  return request.clientId === undefined ? 'client_id_missing' : undefined;
}

function checkRequestObject(request: AuthorizationRequest): AuthorizationRequestReason | undefined {
  // RFC 9101 5: what stands inside beats what stands outside, so an object that is not read cannot be judged.
  if (request.request !== undefined) return 'request_object_not_allowed';
  return request.requestUri === undefined ? undefined : 'request_uri_unknown';
}

function checkRedirectUri(
  request: AuthorizationRequest,
  policy: ClientPolicy,
): AuthorizationRequestReason | undefined {
  if (policy.redirectUris === undefined || request.redirectUri === undefined) return undefined;
  return isRegisteredRedirectUri(request.redirectUri, policy.redirectUris)
    ? undefined
    : 'redirect_uri_not_allowed';
}

function checkResponseType(
  request: AuthorizationRequest,
  policy: ClientPolicy,
): AuthorizationRequestReason | undefined {
  return policy.responseTypes.includes(request.responseType) ? undefined : 'response_type_not_allowed';
}

const FOLLOWED_MODES: readonly string[] = ['query', 'fragment'];

function checkResponseMode(
  request: AuthorizationRequest,
  policy: ClientPolicy,
): AuthorizationRequestReason | undefined {
  if (request.responseMode === undefined) return undefined;
  const allowed = policy.responseModes ?? FOLLOWED_MODES;
  return allowed.includes(request.responseMode) && FOLLOWED_MODES.includes(request.responseMode)
    ? undefined
    : 'response_mode_not_allowed';
}

function checkPkce(
  request: AuthorizationRequest,
  policy: ClientPolicy,
): AuthorizationRequestReason | undefined {
  if (!carriesCode(request.responseType)) return undefined;
  if (request.codeChallenge === undefined) return 'challenge_missing';
  const method = request.codeChallengeMethod;
  if ((method !== 'S256' && method !== 'plain') || !policy.methods.includes(method))
    return 'method_not_allowed';
  return isCodeChallenge(request.codeChallenge, method) ? undefined : 'challenge_malformed';
}
