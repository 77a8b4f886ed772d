import {
  type AuthorizationRequest,
  carriesCode,
  parseAuthorizationRequest,
} from '../oauth/authorization-request.ts';
import type { Parameters } from '../oauth/parameters.ts';
import { mergeRequestObject } from '../oauth/request-object.ts';
import { isFollowedMode, isJwtMode } from '../oauth/response-mode.ts';
import type { ClientPolicy } from '../policy/client-policy.ts';
import { decideAuthorizationRequest } from '../policy/decide-authorization-request.ts';
import type { Reason } from '../policy/reason.ts';

/** An authorization request as the upstream will read it. */
export type JudgedRequest = {
  readonly request: AuthorizationRequest;
  /** Whether the client's state goes upstream as it is, because the policy says so or because it is signed. */
  readonly preservesState: boolean;
  /** Whether parameters stand in a request object, where nothing can be changed. */
  readonly sealed: boolean;
  /** Why its request object cannot be judged. */
  readonly problem: Reason | undefined;
};

export function judgeParameters(parameters: Parameters, policy: ClientPolicy): JudgedRequest {
  const outer = parseAuthorizationRequest(parameters);
  const preserves = policy.state === 'preserve' || isJwtMode(outer.responseMode);
  const plain = { request: outer, preservesState: preserves, sealed: false, problem: undefined };
  if (outer.request === undefined) return plain;
  const problem = (reason: Reason) => ({ ...plain, sealed: true, problem: reason });
  if (policy.requestObjects === 'reject') return problem('request_object_not_allowed');
  const merged = mergeRequestObject(outer, outer.request);
  if (merged === 'encrypted') return problem('request_object_not_allowed');
  if (merged === 'malformed') return problem('parameter_malformed');
  if (merged === 'conflicting') return problem('parameter_repeated');
  const { request, sealsState } = merged;
  const jwtMode = isJwtMode(request.responseMode);
  // Its response is found by where it goes: without redirect_uris there is nowhere to look.
  if (sealsState && !jwtMode && policy.redirectUris === undefined)
    return problem('request_object_not_allowed');
  return { request, preservesState: preserves || sealsState || jwtMode, sealed: true, problem: undefined };
}

/** What is wrong with a request that begins a flow. */
export function violationOf({ request, problem }: JudgedRequest, policy: ClientPolicy): Reason | undefined {
  return problem ?? decideAuthorizationRequest(request, policy);
}

/** What is not understood, brings no code, or comes back in a way of its own begins no flow, where report lets it pass. */
export function canBeFollowed({ request, problem }: JudgedRequest): boolean {
  return problem === undefined && carriesCode(request.responseType) && isFollowedMode(request.responseMode);
}
