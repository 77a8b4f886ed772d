import { beginsAuthorization } from '../../oauth/in-place.ts';
import { hintsOf } from '../message/message.ts';
import { refusesRedemption } from '../other/find-redemption.ts';
import type { Progress } from '../run-steps.ts';
import { sendUpstream } from '../send-upstream.ts';
import type { AuthorizationContext } from './authorization-context.ts';

/**
 * A step of the server's own at its authorization endpoint: an approval, WSO2's `sessionDataKey`, Shibboleth's `execution`.
 * It is forwarded unchanged and not counted; its response is followed like every other.
 */
export function passServerStep(context: AuthorizationContext): Progress | Promise<Progress> {
  const { exchange, message } = context;
  const { body } = message;
  // A body that cannot be read might begin an authorization.
  if (message.otherMethod || body?.problem !== undefined) return undefined;
  if (beginsAuthorization(hintsOf(message), exchange.method)) return undefined;
  return message.query.hidden || body?.form.hidden === true ? undefined : pass(context);
}

async function pass({ exchange, message }: AuthorizationContext): Promise<'done'> {
  if (!(await refusesRedemption(exchange))) {
    await sendUpstream(exchange, { query: message.query.raw, bodyAsSent: message.asSent() });
  }
  return 'done';
}
