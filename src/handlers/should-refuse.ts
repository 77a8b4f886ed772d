import type { JudgedEndpoint, Reason, Violation } from '../policy/reason.ts';
import type { Exchange } from './exchange.ts';
import { type IdentifiedClient, subjectOf } from './identify-client.ts';

/** The client whose policy is violated. */
export type Offender = Pick<IdentifiedClient, 'policy' | 'clientId' | 'mode' | 'issuer'>;

/** Counts and logs a violation; returns whether to refuse. */
export function shouldRefuse(
  exchange: Exchange,
  endpoint: JudgedEndpoint,
  violation: Violation,
  offender: Offender,
): boolean {
  if (offender.mode === 'off') return false;
  const subject = subjectOf(exchange, offender);
  if (endpoint === 'token' && offender.mode === 'report')
    exchange.reported = { subject, reason: violation.reason };
  exchange.services.events.violation({
    ...subject,
    endpoint,
    reason: violation.reason,
    detail: violation.detail ?? detailOf(violation.reason, exchange),
    mode: offender.mode,
    requestId: exchange.requestId,
    clientAddress: exchange.peer.address,
    userAgent: exchange.request.headers['user-agent'],
  });
  return offender.mode === 'enforce';
}

/** The part of the request that broke the rule, if it is not a parameter. */
function detailOf(reason: Reason, { request }: Exchange): string | undefined {
  if (reason === 'http_method_not_allowed') return request.method;
  if (reason === 'content_encoding_not_allowed') return request.headers['content-encoding'];
  return reason === 'parameter_malformed' ? 'text that cannot be decoded' : undefined;
}
