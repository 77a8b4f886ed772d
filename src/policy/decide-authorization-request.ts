import { type AuthorizationRequest, carriesCode } from '../oauth/authorization-request.ts';
import { LONGEST_CLIENT_ID } from '../oauth/fold-text.ts';
import { isCodeChallenge } from '../oauth/pkce.ts';
import { isRegisteredRedirectUri, LONGEST_REDIRECT_URI } from '../oauth/redirect-uri.ts';
import { isFollowedMode, isJwtMode } from '../oauth/response-mode.ts';
import type { ClientPolicy } from './client-policy.ts';
import type { Reason, Violation } from './reason.ts';

/**
 * The first rule that an authorization request breaks. In order: the client, the redirect_uri (a refusal can be sent there only
 * after this check), what is requested, and how it is protected.
 */
export function decideAuthorizationRequest(
  request: AuthorizationRequest,
  policy: ClientPolicy,
): Violation | undefined {
  return (
    checkClient(request, policy) ??
    checkRequestUri(request) ??
    checkRedirectUri(request, policy) ??
    checkResponseType(request, policy) ??
    checkResponseMode(request, policy) ??
    checkPkce(request, policy)
  );
}

function checkClient({ clientId }: AuthorizationRequest, policy: ClientPolicy): Violation | undefined {
  if (clientId === undefined) return violation('client_id_missing');
  if (Buffer.byteLength(clientId) > LONGEST_CLIENT_ID) return violation('parameter_malformed', 'client_id');
  return policy.mode === 'reject' ? violation('client_unknown', clientId) : undefined;
}

/** Pushed requests were looked up before; any other request_uri names a document that the upstream would fetch itself. */
function checkRequestUri({ requestUri }: AuthorizationRequest): Violation | undefined {
  return requestUri === undefined ? undefined : violation('request_uri_unknown');
}

function checkRedirectUri(request: AuthorizationRequest, policy: ClientPolicy): Violation | undefined {
  const { redirectUri } = request;
  const { redirectUris } = policy;
  if (redirectUri === undefined) return undefined;
  if (Buffer.byteLength(redirectUri) > LONGEST_REDIRECT_URI)
    return violation('parameter_malformed', 'redirect_uri');
  if (redirectUris === undefined || isRegisteredRedirectUri(redirectUri, redirectUris)) return undefined;
  return violation('redirect_uri_not_allowed', redirectUri);
}

function checkResponseType(request: AuthorizationRequest, policy: ClientPolicy): Violation | undefined {
  if (policy.responseTypes.includes(request.responseType)) return undefined;
  return violation('response_type_not_allowed', request.responseType || 'no response_type');
}

function checkResponseMode(request: AuthorizationRequest, policy: ClientPolicy): Violation | undefined {
  const { responseMode: mode } = request;
  const { responseModes } = policy;
  if (mode === undefined) return undefined;
  // JARM 2.3: `jwt` allows all of its forms.
  const allowed =
    responseModes === undefined ||
    responseModes.includes(mode) ||
    (isJwtMode(mode) && responseModes.includes('jwt'));
  return isFollowedMode(mode) && allowed ? undefined : violation('response_mode_not_allowed', mode);
}

function checkPkce(request: AuthorizationRequest, policy: ClientPolicy): Violation | undefined {
  if (!carriesCode(request.responseType)) return undefined;
  if (request.codeChallenge === undefined) return violation('challenge_missing');
  const { codeChallengeMethod: method, namesMethod } = request;
  if ((method !== 'S256' && method !== 'plain') || !policy.methods.includes(method))
    return violation(
      'method_not_allowed',
      namesMethod ? method : 'no code_challenge_method, which means plain',
    );
  return isCodeChallenge(request.codeChallenge, method) ? undefined : violation('challenge_malformed');
}

function violation(reason: Reason, detail?: string): Violation {
  return { reason, detail };
}
