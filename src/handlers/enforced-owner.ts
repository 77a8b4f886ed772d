import { codeKey } from '../flow/keys.ts';
import type { Issuer } from '../issuer.ts';
import type { Exchange } from './exchange.ts';
import type { IdentifiedClient } from './identify-client.ts';

/** Whose code it is: the exchange, taken for that client's issuer, and the client. */
export type EnforcedOwner = { readonly exchange: Exchange; readonly client: IdentifiedClient };

/**
 * The client whose enforced flow a code belongs to, at one of these issuers. Whoever brings it in the name of a laxer
 * client, or to a laxer issuer of the same server, is judged by that one. Throws a `StoreFault`.
 */
export async function findEnforcedOwner(
  exchange: Exchange,
  code: string,
  issuers: readonly Issuer[],
): Promise<EnforcedOwner | undefined> {
  for (const issuer of issuers) {
    const binding = await exchange.services.store.loadBinding(codeKey(issuer.name, code));
    if (binding?.mode !== 'enforce') continue;
    const { clientId } = binding;
    const policy = issuer.clients.policyFor(clientId);
    return {
      exchange: issuer === exchange.issuer ? exchange : exchange.under(issuer),
      client: { clientId, policy, mode: 'enforce', certain: true },
    };
  }
  return undefined;
}
