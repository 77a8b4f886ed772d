/** Where a request is judged: the `endpoint` label of violations. */
export type JudgedEndpoint = 'authorization' | 'pushed_authorization' | 'authorization_response' | 'token';

/** The meaning of a reason for those who see it. */
export type ReasonEntry = {
  /** The HTTP status. */
  readonly status: 400 | 405 | 413 | 415;
  /** The OAuth error (RFC 6749 4.1.2.1 and 5.2). */
  readonly error: 'invalid_request' | 'invalid_grant' | 'unauthorized_client' | 'unsupported_response_type';
  /**
   * For the developer of the client. Generic about codes on purpose: a thief learns only that a code does
   * not work. The log and the metric have the precise reason.
   */
  readonly description: string;
  /** For the operator who prepares to enforce: what the client does, and how to fix it. */
  readonly advice: string;
};

const CODE_INVALID = 'the code is invalid, expired, used, or was issued for another client or redirect_uri';
const VERIFIER_WRONG = 'code_verifier does not match (RFC 7636 section 4.6)';

/** Every reason for which a request breaks its client's policy. Their names are stable: dashboards, alerts and clients depend on them. */
export const REASONS = {
  client_id_missing: refusal('client_id is missing', 'the client sends no client_id: make it send one'),
  client_id_ambiguous: refusal(
    'client_id is not written as the client is registered',
    'the client_id differs from a listed one only in case, spaces or look-alike characters: make the client send it as listed',
  ),
  client_unknown: refusal(
    'this client is not registered here',
    'the client is not listed: add it under `clients`',
    { error: 'unauthorized_client' },
  ),
  challenge_missing: refusal(
    'PKCE is required: code_challenge is missing (RFC 7636)',
    'the client sends no code_challenge: enable PKCE with S256 in the client',
  ),
  challenge_malformed: refusal(
    'code_challenge is malformed (RFC 7636 section 4.2)',
    'the code_challenge is not the base64url SHA-256 of a verifier: update the client’s PKCE library',
  ),
  method_not_allowed: refusal(
    'this code_challenge_method is not allowed; use S256 (RFC 7636 section 4.3). A missing method means plain',
    'the code_challenge_method is missing (which means plain) or not allowed: make the client send S256, or allow plain in `methods` until it can',
  ),
  response_type_not_allowed: refusal(
    'the response_type is missing, or not allowed for the client',
    'the client requests a response_type that is not allowed: move it to `code`, or allow the type in `response_types`',
    { error: 'unsupported_response_type' },
  ),
  response_mode_not_allowed: refusal(
    'this response_mode is not allowed for the client',
    'the client requests a response_mode that is not allowed: change the client, or allow the mode in `response_modes`',
  ),
  redirect_uri_not_allowed: refusal(
    'redirect_uri is not one of those registered for the client',
    'the client uses a redirect_uri that is not listed: add it to `redirect_uris` if it is the client’s own',
  ),
  request_object_not_allowed: refusal(
    'request objects are not allowed for the client',
    'the client sends request objects: allow them with `request_objects`, or disable them in the client',
  ),
  request_uri_unknown: refusal(
    'request_uri is unknown or expired',
    'the request_uri was not pushed through the gateway by this client, or has expired',
  ),
  state_conflict: refusal(
    'another authorization request with this state is in progress',
    'the client uses one state for several logins at once: make it send a random state each time',
  ),
  redirect_target_mismatch: refusal(
    'the authorization server sent its response to a different redirect_uri than the requested one',
    'the server sent codes to a different address than the requested one: check the redirect URIs registered at the server',
  ),
  response_ambiguous: refusal(
    'the authorization response is ambiguous',
    'a response contained several codes or states, or a code of another login: check what the server sends',
  ),
  response_not_followable: refusal(
    'the authorization response cannot be checked',
    'the server delivers the code in a way that the gateway cannot follow: see docs/limits.md',
  ),
  flow_unknown: refusal(
    'the authorization response does not belong to a login in progress; start again',
    'codes arrived for logins that did not begin at the gateway, or that took longer than `flow_ttl`',
  ),
  verifier_missing: invalidGrant(
    'PKCE is required: code_verifier is missing (RFC 7636)',
    'the client sent a code_challenge but no code_verifier: fix its token request',
  ),
  verifier_malformed: invalidGrant(
    'code_verifier is malformed (RFC 7636 section 4.1)',
    'the code_verifier is not 43 to 128 unreserved characters: update the client’s PKCE library',
  ),
  verifier_mismatch: invalidGrant(
    VERIFIER_WRONG,
    'the code_verifier does not match the code_challenge: check whether the client loses its verifier or shares it between logins',
  ),
  verifier_unexpected: invalidGrant(
    VERIFIER_WRONG,
    'the client sent a code_verifier but no code_challenge: make it send both',
  ),
  code_missing: invalidGrant(
    'code is missing',
    'the token request has no code: fix the token request of the client',
  ),
  code_unknown: invalidGrant(
    CODE_INVALID,
    'the gateway does not know the codes that the client redeemed: send its authorization requests through the gateway as well, and give all gateways the same store or key',
  ),
  code_expired: invalidGrant(
    CODE_INVALID,
    'the client redeemed codes after `code_ttl`: make it redeem them at once, or raise `code_ttl`',
  ),
  code_replayed: invalidGrant(
    CODE_INVALID,
    'the client redeemed codes twice: look for a retry or a second instance',
  ),
  attempts_exceeded: invalidGrant(
    CODE_INVALID,
    'codes were invalidated by too many wrong verifiers: find out who sends them',
  ),
  client_mismatch: invalidGrant(
    CODE_INVALID,
    'a different client redeemed the code than the one that requested it: find out how it got the code',
  ),
  redirect_uri_mismatch: invalidGrant(
    CODE_INVALID,
    'the redirect_uri of the token request differs from the one of the authorization request: make the client send the same one',
  ),
  grant_type_not_allowed: refusal(
    'this grant_type is not allowed for the client',
    'the client uses a grant type that is not allowed: allow it in `grant_types`, or disable it in the client',
    { error: 'unauthorized_client' },
  ),
  parameter_conflict: refusal(
    'a parameter has different values in the query and in the body',
    'a parameter has different values in the query and in the body: make the client send it once',
  ),
  parameter_repeated: refusal(
    'a parameter is sent more than once',
    'the client sends a parameter more than once: make it send the parameter once',
  ),
  parameter_malformed: refusal(
    'a parameter is malformed',
    'the client sends a parameter that servers interpret differently: it is misspelt, badly encoded or contains control characters',
  ),
  parameter_in_query: refusal(
    'parameters belong in the body, not in the query',
    'the client sends parameters in the URL: make it send them in the body',
  ),
  content_type_not_allowed: refusal(
    'use application/x-www-form-urlencoded',
    'the request is not a form: make the client send application/x-www-form-urlencoded',
    { status: 415 },
  ),
  content_encoding_not_allowed: refusal(
    'the body must not be content-encoded',
    'the client compresses its requests: disable that',
    { status: 415 },
  ),
  http_method_not_allowed: refusal(
    'this HTTP method is not allowed here',
    'the client uses an HTTP method other than GET and POST',
    { status: 405 },
  ),
  body_too_large: refusal('the body is too large', 'the request body is larger than `listen.limits.body`', {
    status: 413,
  }),
  path_ambiguous: refusal(
    'this is not the path of the endpoint',
    'the client uses a path that servers interpret differently: use the one in the discovery document',
  ),
} as const satisfies Readonly<Record<string, ReasonEntry>>;

/** Why a request breaks its client's policy. */
export type Reason = keyof typeof REASONS;

/** A violation: the reason, and what exactly broke the rule (a value that is not secret, or a parameter's name). */
export type Violation = { readonly reason: Reason; readonly detail?: string | undefined };

function refusal(
  description: string,
  advice: string,
  other: Partial<Pick<ReasonEntry, 'status' | 'error'>> = {},
): ReasonEntry {
  return { status: 400, error: 'invalid_request', description, advice, ...other };
}

function invalidGrant(description: string, advice: string): ReasonEntry {
  return refusal(description, advice, { error: 'invalid_grant' });
}
