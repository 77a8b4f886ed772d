import type { JudgedEndpoint, Violation } from '../policy/reason.ts';
import type { Exchange } from './exchange.ts';
import { type IdentifiedClient, subjectOf } from './identify-client.ts';

/** Whose policy is broken. */
export type Offender = Pick<IdentifiedClient, 'policy' | 'clientId' | 'mode'>;

/** Counts and logs a violation; answers whether to refuse. */
export function shouldRefuse(
  exchange: Exchange,
  endpoint: JudgedEndpoint,
  { reason, detail }: Violation,
  offender: Offender,
): boolean {
  if (offender.mode === 'off') return false;
  exchange.services.events.violation({
    ...subjectOf(exchange, offender),
    endpoint,
    reason,
    detail,
    mode: offender.mode,
    requestId: exchange.requestId,
    clientAddress: exchange.peer.address,
    userAgent: exchange.request.headers['user-agent'],
  });
  return offender.mode === 'enforce';
}
