/** Where a request is judged: the `endpoint` label of violations. */
export type JudgedEndpoint = 'authorization' | 'pushed_authorization' | 'authorization_response' | 'token';

/** What a reason means to those who see it. */
export type ReasonEntry = {
  /** HTTP. */
  readonly status: 400 | 405 | 413 | 415;
  /** RFC 6749 4.1.2.1 and 5.2. */
  readonly error: 'invalid_request' | 'invalid_grant' | 'unauthorized_client' | 'unsupported_response_type';
  /**
   * For the developer of the client. Generic about codes on purpose: a thief learns no more from it than that a code does
   * not work. The precise reason stands in the log and the metric.
   */
  readonly description: string;
  /** For the operator who prepares to enforce: what the client does, and how to mend it. */
  readonly advice: string;
};

const CODE_INVALID = 'the code is invalid, expired, used, or was issued for another client or redirect_uri';
const VERIFIER_WRONG = 'code_verifier does not match (RFC 7636 section 4.6)';

/** Every reason for which a request breaks its client's policy. Their names are stable: dashboards, alerts and clients depend on them. */
export const REASONS = {
  client_id_missing: invalidRequest(
    'client_id is missing',
    'the client sends no client_id: make it send one',
  ),
  client_id_ambiguous: invalidRequest(
    'client_id is not written as the client is registered',
    'the client_id differs from a listed one only in case, spaces or look-alike characters: make the client send it as listed',
  ),
  client_unknown: {
    ...invalidRequest(
      'this client is not registered here',
      'the client is not listed: add it under `clients`',
    ),
    error: 'unauthorized_client',
  },
  challenge_missing: invalidRequest(
    'PKCE is required: code_challenge is missing (RFC 7636)',
    'the client sends no code_challenge: turn on PKCE with S256 in it',
  ),
  challenge_malformed: invalidRequest(
    'code_challenge is malformed (RFC 7636 section 4.2)',
    'the code_challenge is not the base64url SHA-256 of a verifier: update the client’s PKCE library',
  ),
  method_not_allowed: invalidRequest(
    'this code_challenge_method is not allowed; use S256 (RFC 7636 section 4.3). A missing method means plain',
    'the code_challenge_method is missing (which means plain) or not allowed: make the client send S256, or allow plain in `methods` until it can',
  ),
  response_type_not_allowed: {
    ...invalidRequest(
      'this response_type is not allowed for the client',
      'the client asks for another response_type: move it to `code`, or allow the type in `response_types`',
    ),
    error: 'unsupported_response_type',
  },
  response_mode_not_allowed: invalidRequest(
    'this response_mode is not allowed for the client',
    'the client asks for another response_mode: change the client, or allow the mode in `response_modes`',
  ),
  redirect_uri_not_allowed: invalidRequest(
    'redirect_uri is not one of those registered for the client',
    'the client uses a redirect_uri that is not listed: add it to `redirect_uris` if it is the client’s own',
  ),
  request_object_not_allowed: invalidRequest(
    'request objects are not allowed for the client',
    'the client sends request objects: allow them with `request_objects`, or turn them off in the client',
  ),
  request_uri_unknown: invalidRequest(
    'request_uri is unknown or expired',
    'the request_uri was not pushed through the gateway by this client, or has expired',
  ),
  state_conflict: invalidRequest(
    'another authorization request with this state is in progress',
    'the client uses one state for several logins at once: make it send a random state each time',
  ),
  redirect_target_mismatch: invalidRequest(
    'the authorization server answered to another redirect_uri than the one requested',
    'codes went to another address than the one requested: check the redirect URIs registered at the server',
  ),
  response_ambiguous: invalidRequest(
    'the authorization response can be read in more than one way',
    'a response held several codes or states, or a code of another login: look at what the server sends',
  ),
  response_not_followable: invalidRequest(
    'the authorization response cannot be checked',
    'the server hands the code over in a way that the gateway cannot follow: see docs/limits.md',
  ),
  flow_unknown: invalidRequest(
    'the authorization response belongs to no login in progress; start again',
    'codes arrived for logins that did not begin at the gateway, or that took longer than `flow_ttl`',
  ),
  verifier_missing: invalidGrant(
    'PKCE is required: code_verifier is missing (RFC 7636)',
    'the client sent a code_challenge but no code_verifier with the code: fix its token request',
  ),
  verifier_malformed: invalidGrant(
    'code_verifier is malformed (RFC 7636 section 4.1)',
    'the code_verifier is not 43 to 128 unreserved characters: update the client’s PKCE library',
  ),
  verifier_mismatch: invalidGrant(
    VERIFIER_WRONG,
    'the code_verifier does not belong to the code_challenge: look for a lost or shared verifier',
  ),
  verifier_unexpected: invalidGrant(
    VERIFIER_WRONG,
    'the client sent a code_verifier but no code_challenge before: make it send both',
  ),
  code_missing: invalidGrant('code is missing', 'token requests arrived without a code'),
  code_unknown: invalidGrant(
    CODE_INVALID,
    'codes were redeemed that the gateway never saw: send the client’s authorization requests through the gateway as well',
  ),
  code_expired: invalidGrant(
    CODE_INVALID,
    'codes were redeemed later than `code_ttl`: make the client redeem them at once, or allow more time',
  ),
  code_replayed: invalidGrant(
    CODE_INVALID,
    'codes were redeemed twice: look for a retry or a second instance',
  ),
  attempts_exceeded: invalidGrant(CODE_INVALID, 'wrong verifiers burnt codes: look for their sender'),
  client_mismatch: invalidGrant(
    CODE_INVALID,
    'another client redeemed the codes than the one that requested them',
  ),
  redirect_uri_mismatch: invalidGrant(
    CODE_INVALID,
    'the token request names another redirect_uri than the authorization request',
  ),
  grant_type_not_allowed: {
    ...invalidRequest(
      'this grant_type is not allowed for the client',
      'the client uses another grant: allow it in `grant_types`, or turn it off in the client',
    ),
    error: 'unauthorized_client',
  },
  parameter_conflict: invalidRequest(
    'a parameter has different values in the query and in the body',
    'the query and the body of a request disagree about a parameter: make the client send it once',
  ),
  parameter_repeated: invalidRequest(
    'a parameter is sent more than once',
    'the client sends a parameter twice: make it send the parameter once',
  ),
  parameter_malformed: invalidRequest(
    'a parameter is malformed',
    'the client sends a parameter that servers read in different ways: misspelt, badly encoded, or with control characters',
  ),
  parameter_in_query: invalidRequest(
    'parameters belong in the body, not in the query',
    'the client sends parameters in the URL: make it send them in the body',
  ),
  content_type_not_allowed: {
    ...invalidRequest(
      'use application/x-www-form-urlencoded',
      'the request is not a form: make the client send application/x-www-form-urlencoded',
    ),
    status: 415,
  },
  content_encoding_not_allowed: {
    ...invalidRequest(
      'the body must not be content-encoded',
      'the client compresses its requests: turn that off',
    ),
    status: 415,
  },
  http_method_not_allowed: {
    ...invalidRequest(
      'this HTTP method is not allowed here',
      'the client uses another HTTP method than GET or POST',
    ),
    status: 405,
  },
  body_too_large: {
    ...invalidRequest('the body is too large', 'the request body is larger than `listen.limits.body`'),
    status: 413,
  },
  path_ambiguous: invalidRequest(
    'this is not the path of the endpoint',
    'the client uses a path that servers read in different ways: use the one in the discovery document',
  ),
} as const satisfies Readonly<Record<string, ReasonEntry>>;

/** Why a request breaks its client's policy. */
export type Reason = keyof typeof REASONS;

/** What a violation is about: the reason, and what exactly broke the rule (a value that is no secret, or a parameter's name). */
export type Violation = { readonly reason: Reason; readonly detail?: string | undefined };

function invalidRequest(description: string, advice: string) {
  return { status: 400, error: 'invalid_request', description, advice } as const;
}

function invalidGrant(description: string, advice: string) {
  return { status: 400, error: 'invalid_grant', description, advice } as const;
}
