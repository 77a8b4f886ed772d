import { foldText } from '../../oauth/fold-text.ts';
import { isGatewayCode } from '../../oauth/gateway-code.ts';
import { beforeNul, canonicalName } from '../../oauth/parameter-names.ts';
import { decideClientId } from '../../policy/client-registry.ts';
import type { Violation } from '../../policy/reason.ts';
import { StoreFault, storeFault } from '../../store/flow-store.ts';
import type { Exchange } from '../exchange.ts';
import { forwardAsSent } from '../forward-as-sent.ts';
import { type IdentifiedClient, recordedClient } from '../identify-client.ts';
import { hintsOf, parameterInQuery } from '../message/message.ts';
import type { Progress } from '../run-steps.ts';
import { refuseIfEnforced } from './refuse-if-enforced.ts';
import type { TokenContext } from './token-context.ts';

/** The most codes per request that are looked up: a valid request has one, and many would load the store. */
const LOOK_UPS = 4;

/** Checks that the message is unambiguous. An ambiguous one is judged by the strictest policy that may apply. */
export function checkTokenMessage(context: TokenContext): Progress | Promise<Progress> {
  const violation = findProblem(context);
  return violation === undefined ? undefined : judgeProblem(context, violation);
}

async function judgeProblem(context: TokenContext, violation: Violation): Promise<Progress> {
  const concerned = (await findEnforcedOwner(context)) ?? context.named;
  return refuseIfEnforced(context.exchange, violation, concerned) ?? forwardAsSent(context);
}

function findProblem({ message, named, parameters, grantType }: TokenContext): Violation | undefined {
  const { body, query } = message;
  const ambiguous = decideClientId(named, named.clientId);
  if (ambiguous !== undefined) return ambiguous;
  if (body === undefined) return { reason: 'http_method_not_allowed' };
  if (body.problem !== undefined) return body.problem;
  const inQuery = parameterInQuery(query);
  if (inQuery !== undefined) return { reason: 'parameter_in_query', detail: inQuery };
  const problem = body.form.problems[0] ?? query.problems[0];
  if (problem !== undefined) return problem;
  // A different spelling of the grant: some servers trim it, fold its case, or assume it if it is missing.
  const meant = grantType && foldText(grantType);
  const redeems = meant === 'authorization_code' || (meant === undefined && parameters.has('code'));
  return redeems && grantType !== 'authorization_code'
    ? { reason: 'parameter_malformed', detail: 'grant_type' }
    : undefined;
}

/** The policy of the code's own client, even if the request names another one. */
async function findEnforcedOwner(context: TokenContext): Promise<IdentifiedClient | undefined> {
  const { exchange, message, named } = context;
  if (named.mode === 'enforce') return undefined;
  const codes = hintsOf(message).filter(([name]) => canonicalName(beforeNul(name)) === 'code');
  for (const [, value] of codes.slice(0, LOOK_UPS)) {
    const code = beforeNul(value).trim();
    const binding = await exchange.services.store.findCode(exchange.group.key, code).catch(storeFault);
    if (binding instanceof StoreFault) {
      if (isGatewayCode(code)) return { ...named, mode: 'enforce' };
      if (named.clientId === undefined) return inStrictestMode(exchange, named);
    } else if (binding?.mode === 'enforce') {
      return recordedClient(exchange, binding);
    }
  }
  return codes.length > LOOK_UPS ? inStrictestMode(exchange, named) : undefined;
}

/** The code may belong to any client. */
function inStrictestMode({ group }: Exchange, named: IdentifiedClient): IdentifiedClient {
  return { ...named, mode: group.strictestMode(Date.now()) };
}
