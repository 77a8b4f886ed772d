import type { AuthorizationServer } from 'oauth4webapi';

export type Way = 'server' | 'gateway';

type Metadata = AuthorizationServer & { readonly token_endpoint: string };

/** The same authorization server, reached directly or through the gateway. */
export type Ways = Readonly<Record<Way, Metadata>>;

export function metadataAt(origin: string, issuer: string): Metadata {
  return {
    issuer,
    authorization_endpoint: `${origin}/auth`,
    token_endpoint: `${origin}/token`,
    jwks_uri: `${origin}/jwks`,
    authorization_response_iss_parameter_supported: true,
  };
}
