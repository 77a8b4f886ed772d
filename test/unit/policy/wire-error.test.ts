import { expect, test } from 'vitest';
import type { Reason } from '../../../src/policy/reason.ts';
import { type WireError, wireErrorFor } from '../../../src/policy/wire-error.ts';

/** Section 7 of the contract. */
const WIRE: Readonly<Record<Reason, readonly [status: WireError['status'], error: WireError['error']]>> = {
  client_id_missing: [400, 'invalid_request'],
  client_unknown: [400, 'unauthorized_client'],
  challenge_missing: [400, 'invalid_request'],
  challenge_malformed: [400, 'invalid_request'],
  method_not_allowed: [400, 'invalid_request'],
  response_type_not_allowed: [400, 'unsupported_response_type'],
  response_mode_not_allowed: [400, 'invalid_request'],
  redirect_uri_not_allowed: [400, 'invalid_request'],
  request_object_not_allowed: [400, 'invalid_request'],
  request_uri_unknown: [400, 'invalid_request'],
  state_conflict: [400, 'invalid_request'],
  redirect_target_mismatch: [400, 'invalid_request'],
  response_ambiguous: [400, 'invalid_request'],
  flow_unknown: [400, 'invalid_request'],
  verifier_missing: [400, 'invalid_grant'],
  verifier_malformed: [400, 'invalid_grant'],
  verifier_mismatch: [400, 'invalid_grant'],
  verifier_unexpected: [400, 'invalid_grant'],
  code_missing: [400, 'invalid_grant'],
  code_unknown: [400, 'invalid_grant'],
  code_expired: [400, 'invalid_grant'],
  code_replayed: [400, 'invalid_grant'],
  attempts_exceeded: [400, 'invalid_grant'],
  client_mismatch: [400, 'invalid_grant'],
  redirect_uri_mismatch: [400, 'invalid_grant'],
  grant_type_not_allowed: [400, 'unauthorized_client'],
  parameter_repeated: [400, 'invalid_request'],
  parameter_malformed: [400, 'invalid_request'],
  parameter_in_query: [400, 'invalid_request'],
  content_type_not_allowed: [415, 'invalid_request'],
  content_encoding_not_allowed: [415, 'invalid_request'],
  http_method_not_allowed: [405, 'invalid_request'],
  body_too_large: [413, 'invalid_request'],
  path_ambiguous: [400, 'invalid_request'],
};
const REASONS = Object.keys(WIRE) as Reason[];

test.each(REASONS)('%s', (reason) => {
  const { status, error, description } = wireErrorFor(reason);
  expect([status, error]).toEqual(WIRE[reason]);
  // RFC 6749 4.1.2.1 and 5.2: the characters of an error_description.
  expect(description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
});

test('whoever holds a stolen code learns no more than that it does not work', () => {
  const about = (reasons: Reason[]) => new Set(reasons.map((reason) => wireErrorFor(reason).description));
  const code: Reason[] = ['code_unknown', 'code_expired', 'code_replayed', 'attempts_exceeded'];
  expect(about([...code, 'client_mismatch', 'redirect_uri_mismatch']).size).toBe(1);
  expect(about(['verifier_mismatch', 'verifier_unexpected']).size).toBe(1);
});
