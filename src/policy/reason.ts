/** Where a request is judged: the `endpoint` label of violations. */
export type JudgedEndpoint = 'authorization' | 'pushed_authorization' | 'authorization_response' | 'token';

/** Why a request breaks its client's policy. Stable: dashboards, alerts and clients depend on these names. */
export type Reason = AuthorizationRequestReason | AuthorizationResponseReason | TokenReason | MessageReason;

export type AuthorizationRequestReason =
  | 'client_id_missing'
  | 'client_unknown'
  | 'challenge_missing'
  | 'challenge_malformed'
  | 'method_not_allowed'
  | 'response_type_not_allowed'
  | 'response_mode_not_allowed'
  | 'redirect_uri_not_allowed'
  | 'request_object_not_allowed'
  | 'request_uri_unknown'
  | 'state_conflict';

export type AuthorizationResponseReason = 'redirect_target_mismatch' | 'response_ambiguous' | 'flow_unknown';

export type TokenReason =
  | 'verifier_missing'
  | 'verifier_malformed'
  | 'verifier_mismatch'
  | 'verifier_unexpected'
  | 'code_missing'
  | 'code_unknown'
  | 'code_expired'
  | 'code_replayed'
  | 'attempts_exceeded'
  | 'client_mismatch'
  | 'redirect_uri_mismatch'
  | 'grant_type_not_allowed';

/** What can be wrong with any message, before it is understood. */
export type MessageReason =
  | 'parameter_repeated'
  | 'parameter_malformed'
  | 'parameter_in_query'
  | 'content_type_not_allowed'
  | 'content_encoding_not_allowed'
  | 'http_method_not_allowed'
  | 'body_too_large'
  | 'path_ambiguous';
