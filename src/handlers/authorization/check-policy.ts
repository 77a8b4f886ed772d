import { decideAuthorizationRequest } from '../../policy/decide-authorization-request.ts';
import type { Progress } from '../run-steps.ts';
import { shouldRefuse } from '../should-refuse.ts';
import type { AuthorizationContext } from './authorization-context.ts';
import { countRequest, isPostedByPage } from './count-request.ts';
import { refuseRequest } from './refuse-request.ts';

/** Judges a request that begins a flow. */
export function checkPolicy(context: AuthorizationContext): Progress {
  const { exchange, client, judged } = context;
  countRequest(context);
  // A message that was already reported is not reported again for consequences of the same violation.
  if (context.violation !== undefined) return undefined;
  const violation = judged.problem ?? decideAuthorizationRequest(judged.request, client.policy);
  if (violation === undefined) return undefined;
  context.violation = violation.reason;
  // In report it was counted when its page was requested.
  if (client.mode === 'report' && isPostedByPage(context)) return undefined;
  if (!shouldRefuse(exchange, context.endpoint, violation, client)) return undefined;
  return refuseRequest(context, violation.reason);
}
