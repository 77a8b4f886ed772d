import { type AuthorizationRequest, carriesCode } from '../oauth/authorization-request.ts';
import { isCodeChallenge } from '../oauth/pkce.ts';
import { isRegisteredRedirectUri } from '../oauth/redirect-uri.ts';
import { isFollowedMode, isJwtMode } from '../oauth/response-mode.ts';
import type { ClientPolicy } from './client-policy.ts';
import type { AuthorizationRequestReason } from './reason.ts';

type Rule = (request: AuthorizationRequest, policy: ClientPolicy) => AuthorizationRequestReason | undefined;

/**
 * The rules for an authorization request, in order: who asks, where the answer would go (only then can a refusal be sent
 * there), what is asked for, and how it is protected.
 */
const RULES: readonly Rule[] = [
  checkClient,
  checkRequestUri,
  checkRedirectUri,
  checkResponseType,
  checkResponseMode,
  checkPkce,
];

/** The first rule that an authorization request breaks. */
export function decideAuthorizationRequest(
  request: AuthorizationRequest,
  policy: ClientPolicy,
): AuthorizationRequestReason | undefined {
  for (const rule of RULES) {
    const reason = rule(request, policy);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function checkClient(
  request: AuthorizationRequest,
  policy: ClientPolicy,
): AuthorizationRequestReason | undefined {
  if (request.clientId === undefined) return 'client_id_missing';
  return policy.mode === 'reject' ? 'client_unknown' : undefined;
}

/** Pushed requests are looked up before; any other request_uri names a document that the upstream would fetch on its own. */
function checkRequestUri(request: AuthorizationRequest): AuthorizationRequestReason | undefined {
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

function checkResponseMode(
  request: AuthorizationRequest,
  policy: ClientPolicy,
): AuthorizationRequestReason | undefined {
  const mode = request.responseMode;
  if (mode === undefined) return undefined;
  // JARM 2.3: `jwt` allows all of its forms.
  const allowed =
    policy.responseModes === undefined ||
    policy.responseModes.includes(mode) ||
    (isJwtMode(mode) && policy.responseModes.includes('jwt'));
  return isFollowedMode(mode) && allowed ? undefined : 'response_mode_not_allowed';
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
