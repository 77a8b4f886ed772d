import type { Listing } from './client-registry.ts';
import type { Violation } from './reason.ts';

/** An id that equals a listed client's only after folding: some server may read it as that client's. */
export function decideClientId({ by }: Listing, clientId: string | undefined): Violation | undefined {
  return by === 'folded' ? { reason: 'client_id_ambiguous', detail: clientId } : undefined;
}
