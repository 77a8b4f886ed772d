import type { ProtectedEndpoint } from '../../issuer/endpoints.ts';
import { strictestMode } from '../../policy/mode.ts';
import type { Violation } from '../../policy/reason.ts';
import type { Exchange } from '../exchange.ts';
import { refuseAuthorization, refuseToken } from '../refuse.ts';
import { shouldRefuse } from '../should-refuse.ts';

/**
 * Judges a request that some servers would treat as one to a protected endpoint. Its client is unknown, so the strictest
 * mode that may apply is in force. Returns whether the request was answered.
 */
export function isRefusedElsewhere(
  exchange: Exchange,
  endpoint: ProtectedEndpoint,
  violation: Violation,
): boolean {
  const { issuer, group, rivals } = exchange;
  const { unlisted } = issuer.clients;
  const now = Date.now();
  const mode = strictestMode([
    group.strictestMode(now),
    ...rivals.map(({ clients }) => clients.strictestMode(now)),
  ]);
  if (!shouldRefuse(exchange, endpoint, violation, { clientId: undefined, policy: unlisted, mode }))
    return false;
  if (exchange.response.headersSent) return true;
  if (endpoint === 'authorization') refuseAuthorization(exchange, violation.reason, unlisted, undefined);
  else refuseToken(exchange, violation.reason);
  return true;
}
