import type { ClientPolicy } from './client-policy.ts';
import type { Mode } from './mode.ts';

/** A client, or the owner of a place, whom a message concerns. */
export type Concerned = { readonly mode: Mode; readonly policy: Pick<ClientPolicy, 'onStoreFailure'> };

/**
 * What happens to a message while the store cannot be reached: `fault` where anybody concerned is enforced and does not let
 * its requests through unverified (`on_store_failure`), else `go_on`. What a prefix or a record would say counts for nothing.
 */
export function decideWithoutStore(...concerned: readonly Concerned[]): 'fault' | 'go_on' {
  const waits = concerned.some(
    ({ mode, policy }) => mode === 'enforce' && policy.onStoreFailure === 'reject',
  );
  return waits ? 'fault' : 'go_on';
}
