import {
  type AuthorizationRequest,
  carriesCode,
  carriesIdToken,
  parseAuthorizationRequest,
} from '../oauth/authorization-request.ts';
import type { Parameters } from '../oauth/parameters.ts';
import { mergeRequestObject } from '../oauth/request-object.ts';
import { isFollowedMode, isJwtMode } from '../oauth/response-mode.ts';
import type { ClientPolicy } from '../policy/client-policy.ts';
import type { Mode } from '../policy/mode.ts';
import type { Reason, Violation } from '../policy/reason.ts';

/** An authorization request as the upstream will read it. */
export type JudgedRequest = {
  readonly request: AuthorizationRequest;
  /** Whether the client's state is sent upstream unchanged, because of the policy or because a signature may cover it. */
  readonly preservesState: boolean;
  /** Whether parameters are in a request object, which cannot be changed. */
  readonly sealed: boolean;
  /** Why it cannot be followed, or its request object cannot be judged. */
  readonly problem: Violation | undefined;
};

export function judgeRequest(
  parameters: Parameters,
  { policy, mode }: { readonly policy: ClientPolicy; readonly mode: Mode },
): JudgedRequest {
  const outer = parseAuthorizationRequest(parameters);
  const preserves =
    mayBeSigned(outer, policy, mode) || (policy.state === 'preserve' && outer.state !== undefined);
  const plain = { request: outer, preservesState: preserves, sealed: false, problem: undefined };
  const problem = (reason: Reason, detail?: string) => {
    return { ...plain, sealed: outer.request !== undefined, problem: { reason, detail } };
  };
  if (needsPrefix(outer) && (preserves || carriesIdToken(outer.responseType))) {
    return problem('response_mode_not_allowed', outer.responseMode);
  }
  if (outer.request === undefined) return plain;
  if (policy.requestObjects === 'reject') return problem('request_object_not_allowed', 'request');
  const merged = mergeRequestObject(outer, outer.request);
  if (merged === 'encrypted') return problem('request_object_not_allowed', 'an encrypted request object');
  if (merged === 'malformed') return problem('parameter_malformed', 'request');
  if (merged === 'conflicting') return problem('parameter_repeated', 'request');
  const { request, sealsState } = merged;
  if (needsPrefix(request)) {
    return { ...problem('response_mode_not_allowed', request.responseMode), request };
  }
  const signed = mayBeSigned(request, policy, mode);
  // Its response is recognised by its target, which needs redirect_uris.
  if (sealsState && !signed && policy.redirectUris === undefined)
    return problem('request_object_not_allowed', 'a state in the request object, without redirect_uris');
  return { request, preservesState: preserves || sealsState || signed, sealed: true, problem: undefined };
}

/** A JARM response contains the state, and an id_token may contain its hash (`s_hash`); both are signed. */
function mayBeSigned(
  { responseMode, responseType, state }: AuthorizationRequest,
  { redirectUris }: ClientPolicy,
  mode: Mode,
): boolean {
  if (isJwtMode(responseMode)) return true;
  const canBeFound = mode !== 'enforce' || redirectUris !== undefined;
  return state !== undefined && carriesIdToken(responseType) && canBeFound;
}

/** A page that posts a message is found by the flow prefix, which a preserved state does not have. */
export function needsPrefix({ responseMode }: AuthorizationRequest): boolean {
  return responseMode === 'web_message';
}

/** In report, a request begins no flow if it is not understood, requests no code, or uses an unknown response mode. */
export function canBeFollowed({ request, problem }: JudgedRequest): boolean {
  return problem === undefined && carriesCode(request.responseType) && isFollowedMode(request.responseMode);
}
