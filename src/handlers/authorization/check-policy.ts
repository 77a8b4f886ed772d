import { usableMethod } from '../../oauth/authorization-request.ts';
import { beginsAuthorization } from '../../oauth/in-place.ts';
import { decideAuthorizationRequest } from '../../policy/decide-authorization-request.ts';
import { subjectOf } from '../identify-client.ts';
import type { Progress } from '../run-steps.ts';
import type { AuthorizationContext } from './authorization-context.ts';
import { refuseIfEnforced } from './refuse-if-enforced.ts';

/** Judges a request that begins a flow. */
export function checkPolicy(context: AuthorizationContext): Progress {
  const { client, judged } = context;
  countRequest(context);
  // A message that was already reported is not reported again for consequences of the same violation.
  if (context.violation !== undefined) return undefined;
  const violation = judged.problem ?? decideAuthorizationRequest(judged.request, client.policy);
  if (violation === undefined) return undefined;
  context.violation = violation.reason;
  // In report it was counted when its page was requested.
  if (client.mode === 'report' && isPostedByPage(context)) return undefined;
  return refuseIfEnforced(context, violation);
}

/** Counts an authorization request once, with any result. */
export function countRequest(context: AuthorizationContext): void {
  if (isPostedByPage(context)) return;
  const { exchange, client, judged } = context;
  exchange.services.events.authorizationRequested(subjectOf(exchange, client), usableMethod(judged.request));
}

/**
 * A login or consent page of the server has posted to its own address: the query contains the client's request, and the body
 * none of it, or the same again. That is not a new request.
 */
function isPostedByPage({ message: { query, body }, merged }: AuthorizationContext): boolean {
  if (body === undefined || body.isEmpty) return false;
  return !merged.inBody || beginsAuthorization(query.parameters.entries, 'POST');
}
