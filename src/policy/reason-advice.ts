import type { Reason } from './reason.ts';

/** What a violation says about its client, and what to do so that it is no more. For those who prepare to enforce. */
export const ADVICE: Readonly<Record<Reason, string>> = {
  client_id_missing: 'the client sends no client_id: make it name itself',
  client_unknown: 'nobody has listed this client: give it an entry under `clients`',
  challenge_missing: 'the client sends no code_challenge: turn PKCE with S256 on in it',
  challenge_malformed:
    'its code_challenge is not the base64url SHA-256 of a verifier: fix or update its PKCE library',
  method_not_allowed:
    'its code_challenge_method is not allowed: make it send S256, or allow plain in `methods` until it can',
  response_type_not_allowed:
    'it asks for another response_type: move it to `code`, or allow the other in `response_types`',
  response_mode_not_allowed:
    'it asks for another response_mode: change that, or allow it in `response_modes`',
  redirect_uri_not_allowed:
    'it uses a redirect_uri that is not listed: add it to `redirect_uris` if it is its own',
  request_object_not_allowed:
    'it sends request objects: allow them with `request_objects`, or turn them off in it',
  request_uri_unknown:
    'it names a request_uri that was not pushed through the gateway, is too old, or was used before',
  state_conflict: 'it uses one state for several logins at once: make it send a random one each time',
  redirect_target_mismatch:
    'codes went to another address than was asked for: check its redirect URIs at the server',
  response_ambiguous: 'the server answered with several responses in one page: look at that page',
  flow_unknown: 'codes came for logins that did not begin at the gateway, or took longer than `flow_ttl`',
  verifier_missing: 'it sends a code_challenge but no code_verifier with the code: fix its token request',
  verifier_malformed:
    'its code_verifier is not 43 to 128 unreserved characters: fix or update its PKCE library',
  verifier_mismatch: 'its code_verifier is not that of its challenge: look for a lost or shared verifier',
  verifier_unexpected: 'it sends a code_verifier but had sent no code_challenge: make it send both',
  code_missing: 'token requests came without a code',
  code_unknown:
    'codes were redeemed that the gateway never saw: lead its authorization requests through the gateway as well',
  code_expired: 'codes came later than `code_ttl`: make it redeem them at once, or allow more',
  code_replayed: 'codes were redeemed twice: look for a retry or a second instance',
  attempts_exceeded: 'codes were burnt by wrong verifiers: look for who sent them',
  client_mismatch: 'codes were redeemed by another client than had asked for them',
  redirect_uri_mismatch: 'its token request names another redirect_uri than its authorization request',
  grant_type_not_allowed: 'it uses another grant: allow it in `grant_types`, or turn it off in the client',
  parameter_repeated: 'it sends a parameter twice',
  parameter_malformed:
    'it sends a parameter that not every server reads alike: empty, misspelt or badly encoded',
  parameter_in_query: 'it sends parameters in the URL that belong into the body',
  content_type_not_allowed: 'its requests are no forms: make it send application/x-www-form-urlencoded',
  content_encoding_not_allowed: 'it compresses its requests: turn that off',
  http_method_not_allowed: 'it uses another HTTP method than GET or POST',
  body_too_large: 'its requests are larger than `listen.limits.body`',
  path_ambiguous:
    'it asks under a path that not every server reads alike: use the one in the discovery document',
};
