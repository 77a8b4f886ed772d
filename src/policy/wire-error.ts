import type { Reason } from './reason.ts';

/** What the outside is told of a refusal: an OAuth error code, a sentence for a developer, an HTTP status. */
export type WireError = {
  readonly status: 400 | 405 | 413 | 415;
  /** RFC 6749 4.1.2.1 and 5.2. */
  readonly error: 'invalid_request' | 'invalid_grant' | 'unauthorized_client' | 'unsupported_response_type';
  readonly description: string;
};

/**
 * The one mapping from reasons to the wire. Generic about codes on purpose: whoever holds a stolen code learns no more
 * from it than that it does not work. The precise reason stands in the log and the metric.
 */
export function wireErrorFor(reason: Reason): WireError {
  switch (reason) {
    case 'client_id_missing':
      return invalidRequest('client_id is missing');
    case 'client_unknown':
      return refusal('unauthorized_client', 'this client is not known here');
    case 'challenge_missing':
      return invalidRequest('PKCE is required: code_challenge is missing (RFC 7636)');
    case 'challenge_malformed':
      return invalidRequest('code_challenge is malformed (RFC 7636 section 4.2)');
    case 'method_not_allowed':
      return invalidRequest('this code_challenge_method is not allowed; use S256 (RFC 7636 section 4.3)');
    case 'response_type_not_allowed':
      return refusal('unsupported_response_type', 'this response_type is not allowed for the client');
    case 'response_mode_not_allowed':
      return invalidRequest('this response_mode is not allowed for the client');
    case 'redirect_uri_not_allowed':
      return invalidRequest('redirect_uri is not one of those registered for the client');
    case 'request_object_not_allowed':
      return invalidRequest('request objects are not allowed for the client');
    case 'request_uri_unknown':
      return invalidRequest('request_uri is unknown, used or expired');
    case 'state_conflict':
      return invalidRequest('another authorization request with this state is under way');
    case 'redirect_target_mismatch':
      return invalidRequest(
        'the authorization server answered to another redirect_uri than the one asked for',
      );
    case 'response_ambiguous':
      return invalidRequest('the authorization response cannot be read in one way only');
    case 'flow_unknown':
      return invalidRequest(
        'the authorization response belongs to no request that is under way; start again',
      );
    case 'verifier_missing':
      return invalidGrant('PKCE is required: code_verifier is missing (RFC 7636)');
    case 'verifier_malformed':
      return invalidGrant('code_verifier is malformed (RFC 7636 section 4.1)');
    case 'verifier_mismatch':
    case 'verifier_unexpected':
      return invalidGrant('code_verifier does not match (RFC 7636 section 4.6)');
    case 'code_unknown':
    case 'code_expired':
    case 'code_replayed':
    case 'attempts_exceeded':
    case 'client_mismatch':
    case 'redirect_uri_mismatch':
      return invalidGrant(
        'the code is invalid, expired, used, or was issued for another client or redirect_uri',
      );
    case 'code_missing':
      return invalidGrant('code is missing');
    case 'grant_type_not_allowed':
      return refusal('unauthorized_client', 'this grant_type is not allowed for the client');
    case 'parameter_repeated':
      return invalidRequest('a parameter comes more than once');
    case 'parameter_malformed':
      return invalidRequest('a parameter is malformed');
    case 'parameter_in_query':
      return invalidRequest('parameters belong in the body, not in the query');
    case 'path_ambiguous':
      return invalidRequest('this is not the path of the endpoint');
    case 'content_type_not_allowed':
      return { ...invalidRequest('use application/x-www-form-urlencoded'), status: 415 };
    case 'content_encoding_not_allowed':
      return { ...invalidRequest('the body must not be encoded'), status: 415 };
    case 'http_method_not_allowed':
      return { ...invalidRequest('this HTTP method is not allowed here'), status: 405 };
    case 'body_too_large':
      return { ...invalidRequest('the body is too large'), status: 413 };
  }
}

function refusal(error: WireError['error'], description: string): WireError {
  return { status: 400, error, description };
}

function invalidRequest(description: string): WireError {
  return refusal('invalid_request', description);
}

function invalidGrant(description: string): WireError {
  return refusal('invalid_grant', description);
}
