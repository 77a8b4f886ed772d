import {
  type AuthenticatedRequest,
  authenticateRequest,
  chooseSecretMethod,
} from '../oauth/client-authentication.ts';
import type { ClientIdentity } from '../oauth/client-identity.ts';
import type { Parameters } from '../oauth/parameters.ts';
import type { Exchange } from './exchange.ts';
import type { IdentifiedClient } from './identify-client.ts';

/**
 * Authenticates to the upstream for a public client (`inject_secret`). The caller decides whether this request qualifies.
 * Only a client that is named unambiguously gets the credentials, and never one that sent its own, valid or not.
 */
export function injectSecret(
  exchange: Exchange,
  endpoint: 'token' | 'revocation',
  parameters: Parameters,
  client: IdentifiedClient,
  identity: ClientIdentity,
): AuthenticatedRequest & { readonly injected: boolean } {
  const { clientId, policy, mode, certain, listing } = client;
  const secret = policy.injectSecret;
  if (
    secret === undefined ||
    mode === 'off' ||
    identity.authenticated ||
    !certain ||
    listing.by === 'folded' ||
    clientId === undefined
  ) {
    return { parameters, authorization: undefined, injected: false };
  }
  const method = chooseSecretMethod(exchange.issuer.authMethods(endpoint));
  return { ...authenticateRequest(parameters, { clientId, secret, method }), injected: true };
}
