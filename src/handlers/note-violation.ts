import type { ClientPolicy } from '../policy/client-policy.ts';
import type { Mode } from '../policy/mode.ts';
import type { JudgedEndpoint, Reason } from '../policy/reason.ts';
import type { Exchange } from './exchange.ts';

/** Counts and logs a violation; says whether it is to be refused. */
export function noteViolation(
  exchange: Exchange,
  endpoint: JudgedEndpoint,
  reason: Reason,
  client: { readonly policy: ClientPolicy; readonly clientId: string | undefined; readonly mode: Mode },
): boolean {
  if (client.mode === 'off') return false;
  exchange.services.events.violation({
    issuer: exchange.issuer.name,
    client: client.policy.name,
    clientId: client.clientId,
    endpoint,
    reason,
    mode: client.mode,
    requestId: exchange.requestId,
    clientAddress: exchange.peer.address,
    userAgent: exchange.request.headers['user-agent'],
  });
  return client.mode === 'enforce';
}
