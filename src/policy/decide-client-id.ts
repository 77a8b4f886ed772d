import type { Listing } from './client-registry.ts';
import type { Violation } from './reason.ts';

/** An id that is a listed client's only as servers fold it: one of them may take the request for that client's. */
export function decideClientId({ by }: Listing, clientId: string | undefined): Violation | undefined {
  return by === 'folded' ? { reason: 'client_id_ambiguous', detail: clientId } : undefined;
}
