import { isGatewayCode } from '../../oauth/gateway-code.ts';
import { allowsGrantType } from '../../policy/client-policy.ts';
import { StoreFault, storeFault } from '../../store/flow-store.ts';
import { forwardAsSent } from '../forward-as-sent.ts';
import { injectSecret } from '../inject-secret.ts';
import { writeBody } from '../message/message.ts';
import type { Progress } from '../run-steps.ts';
import { sendUpstream } from '../send-upstream.ts';
import { answerUnverifiableCode, mayOwnCode, withoutStore } from '../without-store.ts';
import { refuseIfEnforced } from './refuse-if-enforced.ts';
import type { TokenContext } from './token-context.ts';

/** Any other grant. Its `code` belongs to that grant (device polls), unless it is bound to a flow. */
export function passOtherGrant(context: TokenContext): Progress | Promise<Progress> {
  return context.grantType === 'authorization_code' ? undefined : judgeGrant(context);
}

async function judgeGrant(context: TokenContext): Promise<Progress> {
  const { exchange, named, parameters, grantType } = context;
  const code = parameters.get('code');
  if (code !== undefined) {
    const binding = await exchange.services.store.findCode(exchange.group.key, code).catch(storeFault);
    const isFault = binding instanceof StoreFault;
    if (binding !== undefined && !isFault) return undefined;
    if (isFault && isGatewayCode(code)) return answerUnverifiableCode(exchange);
    if (isFault && withoutStore(exchange, ...mayOwnCode(exchange, named)) === 'done') return 'done';
  }
  const allowed = named.policy.mode !== 'reject' && allowsGrantType(named.policy, grantType ?? '');
  const violation = { reason: 'grant_type_not_allowed', detail: grantType ?? 'no grant_type' } as const;
  const refused = allowed ? undefined : refuseIfEnforced(exchange, violation, named);
  return refused ?? forwardGrant(context);
}

async function forwardGrant(context: TokenContext): Promise<'done'> {
  const { exchange, message, parameters, named, identity, grantType } = context;
  const refreshes = grantType === 'refresh_token';
  const sent = refreshes ? injectSecret(exchange, 'token', parameters, named, identity) : undefined;
  if (named.mode !== 'enforce' && sent === undefined) return forwardAsSent(context);
  await sendUpstream(exchange, {
    query: message.query.parameters.serialize(),
    ...writeBody(message, sent?.parameters ?? parameters),
    authorization: sent?.authorization,
  });
  return 'done';
}
