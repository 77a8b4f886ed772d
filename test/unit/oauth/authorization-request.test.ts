import { expect, test } from 'vitest';
import {
  carriesCode,
  normalizeResponseType,
  parseAuthorizationRequest,
} from '../../../src/oauth/authorization-request.ts';
import { parseParameters } from '../../../src/oauth/parameters.ts';

const parse = (query: string) => parseAuthorizationRequest(parseParameters(query).parameters);

test('the example of RFC 6749 4.1.1, with PKCE', () => {
  const query =
    'response_type=code&client_id=s6BhdRkqt3&state=xyz&redirect_uri=https%3A%2F%2Fclient%2Eexample%2Ecom%2Fcb' +
    '&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256';
  expect(parse(query)).toEqual({
    clientId: 's6BhdRkqt3',
    redirectUri: 'https://client.example.com/cb',
    responseType: 'code',
    responseMode: undefined,
    state: 'xyz',
    codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    codeChallengeMethod: 'S256',
    namesMethod: true,
    request: undefined,
    requestUri: undefined,
  });
});

test.each([
  ['code_challenge=a', 'plain'], // RFC 7636 4.3
  ['code_challenge=a&code_challenge_method=s256', 's256'],
  ['code_challenge_method=S256', 'S256'],
  ['', undefined],
])('the method of %j: %s', (query, method) => expect(parse(query).codeChallengeMethod).toBe(method));

test('request objects and references', () =>
  expect(parse('request=a.b.c&request_uri=urn:x&response_mode=form_post')).toMatchObject({
    request: 'a.b.c',
    requestUri: 'urn:x',
    responseMode: 'form_post',
    responseType: '',
  }));

// OAuth 2.0 Multiple Response Types 3: the order has no meaning.
test.each([
  ['code', 'code', true],
  ['id_token code', 'code id_token', true],
  ['token id_token code', 'code id_token token', true],
  [' code ', 'code', true],
  ['code  code', 'code code', true],
  ['token', 'token', false],
  ['id_token token', 'id_token token', false],
  ['none', 'none', false],
  ['', '', false],
  ['Code', 'Code', false],
  ['codes', 'codes', false],
  ['device_code', 'device_code', false],
])('response_type %j is %j; with a code: %s', (responseType, normalized, withCode) => {
  expect(normalizeResponseType(responseType)).toBe(normalized);
  expect(carriesCode(normalized)).toBe(withCode);
});
