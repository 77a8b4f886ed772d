import type { Violation } from '../../policy/reason.ts';
import type { Exchange } from '../exchange.ts';
import { type IdentifiedClient, subjectOf } from '../identify-client.ts';
import { refuseToken } from '../refuse.ts';
import type { Progress } from '../run-steps.ts';
import { shouldRefuse } from '../should-refuse.ts';

/** Counts and logs a violation. In enforce it refuses the redemption. */
export function refuseIfEnforced(
  exchange: Exchange,
  violation: Violation,
  client: IdentifiedClient,
): Progress {
  if (!shouldRefuse(exchange, 'token', violation, client)) return undefined;
  exchange.services.events.redeemed(subjectOf(exchange, client), 'refused');
  refuseToken(exchange, violation.reason);
  return 'done';
}
