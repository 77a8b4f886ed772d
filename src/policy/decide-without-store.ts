import type { ClientPolicy } from './client-policy.ts';
import type { Mode } from './mode.ts';

/** A client, or the owner of a place, that a message concerns. */
export type Concerned = { readonly mode: Mode; readonly policy: Pick<ClientPolicy, 'onStoreFailure'> };

/**
 * What happens to a message while the store is unreachable: `fault` if any party concerned is enforced and does not let its
 * requests through unverified (`on_store_failure`), else `go_on`. Prefixes are ignored, because no record can confirm them.
 */
export function decideWithoutStore(...concerned: readonly Concerned[]): 'fault' | 'go_on' {
  const waits = concerned.some(
    ({ mode, policy }) => mode === 'enforce' && policy.onStoreFailure === 'reject',
  );
  return waits ? 'fault' : 'go_on';
}
