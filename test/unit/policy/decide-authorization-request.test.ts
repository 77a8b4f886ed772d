import { describe, expect, test } from 'vitest';
import {
  type AuthorizationRequest,
  parseAuthorizationRequest,
} from '../../../src/oauth/authorization-request.ts';
import { Parameters } from '../../../src/oauth/parameters.ts';
import type { ClientPolicy } from '../../../src/policy/client-policy.ts';
import { decideAuthorizationRequest } from '../../../src/policy/decide-authorization-request.ts';
import { samplePolicy } from '../../support/sample-policy.ts';

const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const CALLBACK = 'https://app.example.com/cb';
const GOOD = {
  client_id: 'spa-portal',
  redirect_uri: CALLBACK,
  response_type: 'code',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
};

/** A valid request with some parameters changed or (`undefined`) omitted. */
function request(changes: Record<string, string | undefined> = {}): AuthorizationRequest {
  const entries = Object.entries({ ...GOOD, ...changes }).filter(([, value]) => value !== undefined);
  return parseAuthorizationRequest(new Parameters(entries as [string, string][]));
}

const decide = (changes: Record<string, string | undefined>, policy: Partial<ClientPolicy> = {}) =>
  decideAuthorizationRequest(request(changes), samplePolicy(policy))?.reason;

describe('accepted', () => {
  test.each<[what: string, changes: Record<string, string | undefined>, policy: Partial<ClientPolicy>]>([
    ['the good request', {}, {}],
    ['a registered redirect_uri', {}, { redirectUris: [CALLBACK] }],
    ['no redirect_uri', { redirect_uri: undefined }, { redirectUris: [CALLBACK] }],
    ['a loopback port', { redirect_uri: 'http://127.0.0.1:9/x' }, { redirectUris: ['http://127.0.0.1/x'] }],
    ['plain, where it is allowed', { code_challenge_method: 'plain' }, { methods: ['plain'] }],
    [
      'no method, where plain is allowed',
      { code_challenge_method: undefined },
      { methods: ['S256', 'plain'] },
    ],
    [
      'a long plain challenge',
      { code_challenge: 'a.~'.repeat(40), code_challenge_method: 'plain' },
      { methods: ['plain'] },
    ],
    [
      'no challenge where there is no code',
      { response_type: 'id_token', code_challenge: undefined },
      { responseTypes: ['id_token'] },
    ],
    ['a hybrid in any order', { response_type: 'token code' }, { responseTypes: ['code token'] }],
    ['form_post', { response_mode: 'form_post' }, {}],
    ['a message to a window', { response_mode: 'web_message' }, {}],
    ['a listed mode', { response_mode: 'query' }, { responseModes: ['query'] }],
    [
      'jwt, which includes all of its forms (JARM 2.3)',
      { response_mode: 'query.jwt' },
      { responseModes: ['jwt'] },
    ],
    ['a state of any kind', { state: '' }, {}],
    ['the client_id of an unlisted client', { client_id: 'x' }, { name: '_unlisted' }],
    ['a client_id of 2 KiB', { client_id: 'é'.repeat(1024) }, {}],
    ['a redirect_uri of 2 KiB', { redirect_uri: 'https://a.test/'.padEnd(2048, 'a') }, {}],
  ])('%s', (_, changes, policy) => expect(decide(changes, policy)).toBeUndefined());
});

describe('each reason', () => {
  test.each<[reason: string, changes: Record<string, string | undefined>, policy: Partial<ClientPolicy>]>([
    ['client_unknown', {}, { mode: 'reject' }],
    ['parameter_malformed', { client_id: `${'é'.repeat(1024)}a` }, {}],
    ['parameter_malformed', { redirect_uri: `https://a.test/${'é'.repeat(1024)}` }, {}],
    ['client_id_missing', { client_id: undefined }, {}],
    ['client_id_missing', { client_id: undefined }, { mode: 'reject' }],
    ['request_uri_unknown', { request_uri: 'https://evil.example/r' }, {}],
    ['redirect_uri_not_allowed', { redirect_uri: `${CALLBACK}/` }, { redirectUris: [CALLBACK] }],
    ['redirect_uri_not_allowed', {}, { redirectUris: [] }],
    ['response_type_not_allowed', { response_type: 'token' }, {}],
    ['response_type_not_allowed', { response_type: 'code token' }, {}],
    ['response_type_not_allowed', { response_type: undefined }, {}],
    ['response_type_not_allowed', { response_type: 'CODE' }, {}],
    ['response_type_not_allowed', { response_type: 'code code' }, {}],
    ['response_mode_not_allowed', { response_mode: 'okta_post_message' }, {}],
    ['response_mode_not_allowed', { response_mode: 'web_message' }, { responseModes: ['query'] }],
    ['response_mode_not_allowed', { response_mode: 'web_message.jwt' }, { responseModes: ['jwt'] }],
    ['response_mode_not_allowed', { response_mode: 'fragment' }, { responseModes: ['query', 'jwt'] }],
    ['response_mode_not_allowed', { response_mode: 'jwt' }, { responseModes: ['query.jwt'] }],
    ['response_mode_not_allowed', { response_mode: 'Query' }, {}],
    ['challenge_missing', { code_challenge: undefined, code_challenge_method: undefined }, {}],
    ['challenge_missing', { code_challenge: undefined }, {}],
    [
      'challenge_missing',
      { response_type: 'code id_token', code_challenge: undefined },
      { responseTypes: ['code id_token'] },
    ],
    ['method_not_allowed', { code_challenge_method: undefined }, {}],
    ['method_not_allowed', { code_challenge_method: 'plain' }, {}],
    ['method_not_allowed', { code_challenge_method: 's256' }, {}],
    ['method_not_allowed', { code_challenge_method: 'S512' }, { methods: ['S256', 'plain'] }],
    ['method_not_allowed', { code_challenge_method: 'S256' }, { methods: ['plain'] }],
    ['challenge_malformed', { code_challenge: CHALLENGE.slice(1) }, {}],
    ['challenge_malformed', { code_challenge: `${CHALLENGE}=` }, {}],
    [
      'challenge_malformed',
      { code_challenge: 'short', code_challenge_method: 'plain' },
      { methods: ['plain'] },
    ],
  ])('%s: %j, %j', (reason, changes, policy) => expect(decide(changes, policy)).toBe(reason));
});

test('the first broken rule is reported', () => {
  const broken: [string, Record<string, string | undefined>, Partial<ClientPolicy>][] = [
    ['client_id_missing', { client_id: undefined }, {}],
    ['client_unknown', {}, { mode: 'reject' }],
    ['request_uri_unknown', { request_uri: 'urn:x' }, {}],
    ['redirect_uri_not_allowed', { redirect_uri: 'https://evil.example' }, { redirectUris: [CALLBACK] }],
    ['response_type_not_allowed', { response_type: 'token code' }, {}],
    ['response_mode_not_allowed', { response_mode: 'okta_post_message' }, {}],
    ['challenge_missing', { code_challenge: undefined }, {}],
  ];
  for (const [first, [reason]] of broken.entries()) {
    const rest = broken.slice(first);
    const changes = Object.assign({}, ...rest.map(([, change]) => change));
    const policy = Object.assign({}, ...rest.map(([, , override]) => override));
    expect(decide(changes, policy)).toBe(reason);
  }
  expect(decide({ code_challenge: 'short', code_challenge_method: 'plain' })).toBe('method_not_allowed');
});
