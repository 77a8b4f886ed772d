import { effectiveMode } from '../policy/client-policy.ts';
import type { Exchange } from './exchange.ts';
import type { IdentifiedClient } from './identify-client.ts';

/**
 * Whether codes and request_uris for this client must be the gateway's own. A store that keeps no records knows no others, so
 * they are as soon as any login of the client is enforced.
 */
export function needsOwnNames({ services }: Exchange, { policy, mode }: IdentifiedClient): boolean {
  if (services.store.keepsRecords) return false;
  return mode === 'enforce' || effectiveMode(policy, Date.now()) === 'enforce';
}

/**
 * Whether a code or request_uri that nobody knows may be one that the upstream made for a login in report, of which such a
 * store knows nothing. A code that was issued just before a client became enforced may still come.
 */
export function mayBeOfReport({ services }: Exchange, { policy, mode, certain }: IdentifiedClient): boolean {
  if (services.store.keepsRecords || (mode === 'enforce' && !certain)) return false;
  return effectiveMode(policy, Date.now() - policy.codeTtl) !== 'enforce';
}
