import { isGatewayCode } from '../../oauth/gateway-code.ts';
import { allowsGrantType } from '../../policy/client-policy.ts';
import { type Binding, StoreFault } from '../../store/flow-store.ts';
import { injectSecret } from '../inject-secret.ts';
import { answerFault } from '../refuse.ts';
import type { Progress } from '../run-steps.ts';
import { sendUpstream } from '../send-upstream.ts';
import { shouldRefuse } from '../should-refuse.ts';
import { mayOwnCode, withoutStore } from '../without-store.ts';
import { forwardAsSent } from './forward-as-sent.ts';
import { refuseRedemption } from './refuse-redemption.ts';
import type { TokenContext } from './token-context.ts';
import { writeBody } from './write-body.ts';

/** Any other grant. Its `code` belongs to that grant (device polls), unless it is bound to a flow. */
export async function passOtherGrant(context: TokenContext): Promise<Progress> {
  const { exchange, named, parameters, grantType } = context;
  if (grantType === 'authorization_code') return undefined;
  const code = parameters.get('code');
  if (code !== undefined) {
    const found = await isRedemption(context, code);
    if (found === 'yes') return undefined;
    if (found === 'answered') return 'done';
  }
  const allowed = named.policy.mode !== 'reject' && allowsGrantType(named.policy, grantType ?? '');
  const violation = { reason: 'grant_type_not_allowed', detail: grantType ?? 'no grant_type' } as const;
  if (!allowed && shouldRefuse(exchange, 'token', violation, named)) {
    return refuseRedemption(exchange, violation.reason, named);
  }
  return forwardGrant(context);
}

async function isRedemption(
  { exchange, named }: TokenContext,
  code: string,
): Promise<'yes' | 'no' | 'answered'> {
  let binding: Binding | undefined;
  try {
    binding = await exchange.services.store.findCode(exchange.group.key, code);
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    if (isGatewayCode(code)) {
      answerFault(exchange, 503, 'the code cannot be verified right now; try again in a moment');
      return 'answered';
    }
    return withoutStore(exchange, ...mayOwnCode(exchange, named)) === 'answered' ? 'answered' : 'no';
  }
  return binding === undefined ? 'no' : 'yes';
}

async function forwardGrant(context: TokenContext): Promise<'done'> {
  const { exchange, message, parameters, named, identity, grantType } = context;
  const sent =
    grantType === 'refresh_token'
      ? injectSecret(exchange, 'token', parameters, named, identity)
      : { parameters, authorization: undefined, injected: false };
  if (named.mode !== 'enforce' && !sent.injected) return forwardAsSent(context);
  await sendUpstream(exchange, {
    query: message.query.parameters.serialize(),
    ...writeBody(message, sent.parameters),
    authorization: sent.authorization,
  });
  return 'done';
}
