import { type AuthorizationRequest, parseAuthorizationRequest } from '../../oauth/authorization-request.ts';
import { alignQuery } from '../../oauth/in-place.ts';
import type { Parameters } from '../../oauth/parameters.ts';
import { parseFlowPrefix } from '../../store/flow-prefix.ts';
import { StoreFault, storeFault } from '../../store/flow-store.ts';
import { forwardAsSent } from '../forward-as-sent.ts';
import { problemBesideRequest } from '../message/message.ts';
import type { Progress } from '../run-steps.ts';
import { withoutStore } from '../without-store.ts';
import type { AuthorizationContext } from './authorization-context.ts';
import { forwardRequest } from './forward-request.ts';
import { belongsTo } from './reenter-flow.ts';

/**
 * A server may keep the first login of a user in its session. The consent page in a second tab then posts the first login's
 * parameters to the address of the second one (LemonLDAP::NG). In this case the body is a live flow, and the query follows it.
 */
export function enterByBody(context: AuthorizationContext): Progress | Promise<Progress> {
  const { exchange, message, merged } = context;
  const { query, body } = message;
  if (merged.conflict === undefined || body === undefined || body.problem !== undefined) return undefined;
  if (query.problems.length > 0 || query.hidden || !body.form.lossless || body.form.hidden) return undefined;
  if (problemBesideRequest(body.form) !== undefined) return undefined;
  const asked = parseAuthorizationRequest(query.parameters);
  const posted = parseAuthorizationRequest(body.form.parameters);
  const isSame = asked.clientId === posted.clientId && asked.redirectUri === posted.redirectUri;
  const refers = [asked, posted].some((one) => one.request !== undefined || one.requestUri !== undefined);
  const { key } = exchange.group;
  const prefix = parseFlowPrefix(key, posted.state ?? '');
  if (!isSame || refers || prefix === undefined || parseFlowPrefix(key, asked.state ?? '') !== undefined) {
    return undefined;
  }
  return enter(context, prefix.prefix, posted, body.form.parameters);
}

async function enter(
  context: AuthorizationContext,
  prefix: string,
  posted: AuthorizationRequest,
  body: Parameters,
): Promise<Progress> {
  const { exchange, message, merged, client } = context;
  const live = await exchange.services.store.findFlow(exchange.group.key, prefix).catch(storeFault);
  if (live instanceof StoreFault) return withoutStore(exchange, client) ?? forwardAsSent(context);
  if (live === undefined || !belongsTo(live.flow, posted)) return undefined;
  exchange.flow = { ...live, prefix };
  if (live.flow.mode === 'report') return forwardAsSent(context);
  const parameters = alignQuery(message.query.parameters, body);
  context.message = { ...message, query: { ...message.query, parameters } };
  context.merged = { ...merged, conflict: undefined };
  return forwardRequest(context);
}
