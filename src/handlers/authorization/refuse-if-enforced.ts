import type { JudgedEndpoint, Violation } from '../../policy/reason.ts';
import { parseFlowPrefix } from '../../store/flow-prefix.ts';
import { type ReturnAddress, refuseAuthorization, refuseToken } from '../refuse.ts';
import type { Progress } from '../run-steps.ts';
import { shouldRefuse } from '../should-refuse.ts';
import type { AuthorizationContext } from './authorization-context.ts';

/** Counts and logs a violation. In enforce it refuses the request; the client gets its own state back, never a prefix. */
export function refuseIfEnforced(
  context: AuthorizationContext,
  violation: Violation,
  endpoint: JudgedEndpoint = context.isPushed ? 'pushed_authorization' : 'authorization',
): Progress {
  const { exchange, client } = context;
  if (!shouldRefuse(exchange, endpoint, violation, client)) return undefined;
  if (context.isPushed) refuseToken(exchange, violation.reason);
  else refuseAuthorization(exchange, violation.reason, client.policy, returnAddress(context));
  return 'done';
}

/** `undefined`: there is no safe address. */
function returnAddress(context: AuthorizationContext): ReturnAddress | undefined {
  const { exchange, message, merged, client, judged } = context;
  const { query, body, otherMethod } = message;
  const { parameters, conflict } = merged;
  // No browser navigates with such a method.
  if (otherMethod) return undefined;
  const lossless = query.lossless && body?.form.lossless !== false && body?.problem === undefined;
  // If the text cannot be decoded, only the state that was read is returned.
  if (!client.certain || !(lossless || parameters.has('state')) || conflict !== undefined) return undefined;
  if (parameters.all('redirect_uri').length > 1 || parameters.all('state').length > 1) return undefined;
  const { redirectUri, responseMode, responseType, state } = judged.request;
  const inFragment =
    responseMode?.startsWith('fragment') === true ||
    (responseMode === undefined && responseType.includes('token'));
  const prefix = state === undefined ? undefined : parseFlowPrefix(exchange.group.key, state);
  return { redirectUri, state: prefix === undefined ? state : prefix.clientState, inFragment };
}
