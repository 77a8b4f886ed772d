import { effectiveMode } from '../policy/client-policy.ts';
import type { Exchange } from './exchange.ts';
import type { IdentifiedClient } from './identify-client.ts';

/**
 * Whether this client must get codes and request_uris of the gateway. A store without records recognises no others, so this is
 * the case as soon as any login of the client is enforced.
 */
export function needsOwnNames({ services }: Exchange, { policy, mode }: IdentifiedClient): boolean {
  if (services.store.keepsRecords) return false;
  return mode === 'enforce' || effectiveMode(policy, Date.now()) === 'enforce';
}

/**
 * Whether an unknown code or request_uri may be the upstream's own, from a login in report, which a store without records does
 * not know. Codes issued just before a client became enforced may still arrive.
 */
export function mayBeOfReport({ services }: Exchange, { policy, mode, certain }: IdentifiedClient): boolean {
  if (services.store.keepsRecords || (mode === 'enforce' && !certain)) return false;
  return effectiveMode(policy, Date.now() - policy.codeTtl) !== 'enforce';
}
