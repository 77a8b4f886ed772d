import type { Reason } from '../../policy/reason.ts';
import type { Exchange } from '../exchange.ts';
import { type IdentifiedClient, subjectOf } from '../identify-client.ts';
import { refuseToken } from '../refuse.ts';

export function refuseRedemption(exchange: Exchange, reason: Reason, client: IdentifiedClient): 'done' {
  exchange.services.events.redeemed(subjectOf(exchange, client), 'refused');
  refuseToken(exchange, reason);
  return 'done';
}
