import { decideClientId } from '../../policy/client-registry.ts';
import type { Violation } from '../../policy/reason.ts';
import { forwardAsSent } from '../forward-as-sent.ts';
import { isDecisive, parameterInQuery, problemBesideRequest } from '../message/message.ts';
import type { Progress } from '../run-steps.ts';
import type { AuthorizationContext } from './authorization-context.ts';
import { countRequest } from './check-policy.ts';
import { refuseIfEnforced } from './refuse-if-enforced.ts';

/** Checks that the message is unambiguous. In report, an ambiguous one is forwarded unchanged, without a flow. */
export function checkMessage(context: AuthorizationContext): Progress | Promise<Progress> {
  const violation = findProblem(context);
  if (violation === undefined) return undefined;
  context.violation = violation.reason;
  const refused = refuseIfEnforced(context, violation);
  if (refused === 'done') countRequest(context);
  return refused ?? (canStillBeRead(context, violation) ? undefined : forwardAsSent(context));
}

function findProblem({ message, merged, client, isPushed }: AuthorizationContext): Violation | undefined {
  const { query, body, otherMethod } = message;
  // A disguised client_id has its own reason, because it may be treated as a listed client.
  const ambiguous = decideClientId(client, client.clientId);
  if (ambiguous !== undefined) return ambiguous;
  if (otherMethod || (body === undefined && isPushed)) {
    return { reason: 'http_method_not_allowed' };
  }
  if (body?.problem !== undefined) return body.problem;
  const inQuery = isPushed ? parameterInQuery(query) : undefined;
  if (inQuery !== undefined) return { reason: 'parameter_in_query', detail: inQuery };
  if (merged.conflict !== undefined) return { reason: 'parameter_conflict', detail: merged.conflict };
  if (query.problems.length > 0 || body === undefined) return query.problems[0];
  // If the other part contains the request, this part may contain any parameters of the server.
  return merged.inQuery ? problemBesideRequest(body.form) : body.form.problems[0];
}

/** If only irrelevant parameters are malformed, the flow can still begin. */
function canStillBeRead({ merged, message, client }: AuthorizationContext, { reason }: Violation): boolean {
  if (reason === 'client_id_ambiguous') return client.certain;
  if (reason !== 'parameter_repeated' && reason !== 'parameter_malformed') return false;
  if (merged.conflict !== undefined) return false;
  const forms = [message.query, ...(message.body === undefined ? [] : [message.body.form])];
  return forms.every(({ lossless, problems }) => lossless && !problems.some(isDecisive));
}
