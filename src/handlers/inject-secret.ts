import { type AuthenticatedRequest, authenticateRequest } from '../oauth/client-authentication.ts';
import type { ClientIdentity } from '../oauth/client-identity.ts';
import type { Parameters } from '../oauth/parameters.ts';
import type { Exchange } from './exchange.ts';
import type { IdentifiedClient } from './identify-client.ts';

/**
 * Authenticates to the upstream for a public client (`inject_secret`); `undefined`: it does not. The caller decides whether this
 * request qualifies. Only a client that is named unambiguously gets the credentials, and never one that sent its own, valid or
 * not. An empty secret counts as none (RFC 6749 2.3.1).
 */
export function injectSecret(
  exchange: Exchange,
  endpoint: 'token' | 'revocation',
  parameters: Parameters,
  { clientId, policy, by, mode, certain }: IdentifiedClient,
  identity: ClientIdentity,
): AuthenticatedRequest | undefined {
  const secret = policy.injectSecret;
  if (secret === undefined || mode === 'off' || identity.authenticated) return undefined;
  if (!certain || by === 'folded' || clientId === undefined) return undefined;
  return authenticateRequest(parameters, { clientId, secret }, exchange.issuer.authMethods(endpoint));
}
