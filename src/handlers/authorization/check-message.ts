import { canonicalName, isProtocolParameter } from '../../oauth/parameter-names.ts';
import { decideClientId } from '../../policy/decide-client-id.ts';
import type { Violation } from '../../policy/reason.ts';
import { parameterInQuery, problemBesideRequest, problemOf } from '../message/message.ts';
import type { Progress } from '../run-steps.ts';
import { shouldRefuse } from '../should-refuse.ts';
import type { AuthorizationContext } from './authorization-context.ts';
import { countRequest } from './count-request.ts';
import { forwardAsSent } from './forward-request.ts';
import { refuseRequest } from './refuse-request.ts';

/** Whether the message can be read in one way only. In report, what cannot is passed on untouched, without a flow. */
export function checkMessage(context: AuthorizationContext): Progress | Promise<Progress> {
  const violation = findProblem(context);
  if (violation === undefined) return undefined;
  context.violation = violation.reason;
  if (shouldRefuse(context.exchange, context.endpoint, violation, context.client)) {
    countRequest(context);
    return refuseRequest(context, violation.reason);
  }
  return canStillBeRead(context, violation) ? undefined : forwardAsSent(context);
}

function findProblem({ message, merged, client, endpoint }: AuthorizationContext): Violation | undefined {
  const { query, body, otherMethod } = message;
  // A disguised client_id is told apart from any other malformed parameter: it may pass for a listed client.
  const ambiguous = decideClientId(client.listing, client.clientId);
  if (ambiguous !== undefined) return ambiguous;
  if (otherMethod || (body === undefined && endpoint === 'pushed_authorization')) {
    return { reason: 'http_method_not_allowed' };
  }
  if (body?.problem !== undefined) return body.problem;
  const inQuery = endpoint === 'pushed_authorization' ? parameterInQuery(query) : undefined;
  if (inQuery !== undefined) return { reason: 'parameter_in_query', detail: inQuery };
  if (merged.conflict !== undefined) return { reason: 'parameter_conflict', detail: merged.conflict };
  // Beside a request in the other one, the server's own parameters may be whatever it likes.
  const inPlace = body !== undefined && merged.inQuery;
  return problemOf(query) ?? (body && (inPlace ? problemBesideRequest : problemOf)(body.form));
}

/** Where only a parameter that decides nothing is at fault, the flow can begin all the same. */
function canStillBeRead(
  { merged, message, client }: AuthorizationContext,
  { reason, detail }: Violation,
): boolean {
  if (reason === 'client_id_ambiguous') return client.certain;
  if (reason !== 'parameter_repeated' && reason !== 'parameter_malformed') return false;
  const lossless = message.query.lossless && message.body?.form.lossless !== false;
  return (
    lossless &&
    merged.conflict === undefined &&
    detail !== undefined &&
    !isProtocolParameter(canonicalName(detail))
  );
}
