import { PATHS } from './quirks.ts';
import { type Exchange, hostOrigin, realmOf, sendJson } from './state.ts';

/** The discovery document. It does not announce PKCE, which the server does not support. */
export function handleMetadata(exchange: Exchange): void {
  const { res, state } = exchange;
  const base = (state.quirks.publicUrl ?? hostOrigin(exchange)) + realmOf(exchange.request);
  sendJson(res, 200, {
    issuer: base,
    authorization_endpoint: `${base}${PATHS.authorization}`,
    token_endpoint: `${base}${PATHS.token}`,
    pushed_authorization_request_endpoint: `${base}${PATHS.par}`,
    userinfo_endpoint: `${base}${PATHS.userinfo}`,
    jwks_uri: `${base}/jwks`,
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
    ...state.quirks.metadataOverrides,
  });
}
