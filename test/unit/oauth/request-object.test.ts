import { describe, expect, test } from 'vitest';
import {
  type AuthorizationRequest,
  parseAuthorizationRequest,
} from '../../../src/oauth/authorization-request.ts';
import { Parameters } from '../../../src/oauth/parameters.ts';
import { mergeRequestObject } from '../../../src/oauth/request-object.ts';
import { unsignedJwt } from '../../support/unsigned-jwt.ts';

const outer = (parameters: Record<string, string> = {}): AuthorizationRequest =>
  parseAuthorizationRequest(new Parameters(Object.entries(parameters)));

/** RFC 9101 section 4. */
const CLAIMS = {
  iss: 's6BhdRkqt3',
  aud: 'https://server.example.com',
  response_type: 'code id_token',
  client_id: 's6BhdRkqt3',
  redirect_uri: 'https://client.example.org/cb',
  scope: 'openid',
  state: 'af0ifjsldkj',
  nonce: 'n-0S6_WzA2Mj',
  max_age: 86400,
};

test('the example of RFC 9101 4', () => {
  expect(mergeRequestObject(outer({ client_id: 's6BhdRkqt3' }), unsignedJwt(CLAIMS))).toMatchObject({
    request: {
      clientId: 's6BhdRkqt3',
      responseType: 'code id_token',
      redirectUri: 'https://client.example.org/cb',
      state: 'af0ifjsldkj',
      codeChallenge: undefined,
      codeChallengeMethod: undefined,
    },
    sealsState: true,
  });
});

test.each(['Response_Type', 'redirect_ur\u0131', 'state '])(
  'a claim that some readers take for another one is malformed: %j',
  (name) =>
    expect(mergeRequestObject(outer(), unsignedJwt({ ...CLAIMS, [name]: 'token' }))).toBe('malformed'),
);

describe('inside and outside', () => {
  test('parameters that are only outside stay', () =>
    expect(
      mergeRequestObject(
        outer({
          client_id: 'a',
          response_type: 'id_token code',
          redirect_uri: 'https://r',
          response_mode: 'query',
        }),
        unsignedJwt({}),
      ),
    ).toMatchObject({
      request: {
        clientId: 'a',
        responseType: 'code id_token',
        redirectUri: 'https://r',
        responseMode: 'query',
      },
    }));

  test('equal values on both sides are accepted, also a response_type in another order', () =>
    expect(
      mergeRequestObject(
        outer({ client_id: 's6BhdRkqt3', response_type: 'id_token code', state: 'af0ifjsldkj' }),
        unsignedJwt(CLAIMS),
      ),
    ).toHaveProperty('request.responseType', 'code id_token'));

  test.each([
    ['client_id', { client_id: 'other' }, {}],
    ['redirect_uri', { redirect_uri: 'https://evil.example' }, {}],
    ['response_type', { response_type: 'token' }, {}],
    ['state', { state: 'other' }, {}],
    ['response_mode', { response_mode: 'query' }, { response_mode: 'web_message' }],
    ['code_challenge', { code_challenge: 'a' }, { code_challenge: 'b' }],
    [
      'code_challenge_method',
      { code_challenge: 'a', code_challenge_method: 'S256' },
      { code_challenge: 'a', code_challenge_method: 'plain' },
    ],
  ])('a different %s on each side: conflicting', (_, outside, inside) =>
    expect(mergeRequestObject(outer(outside), unsignedJwt({ ...CLAIMS, ...inside }))).toBe('conflicting'),
  );
});

describe('PKCE', () => {
  test('counts only inside: servers that support the object ignore it outside', () =>
    expect(
      mergeRequestObject(outer({ code_challenge: 'a', code_challenge_method: 'S256' }), unsignedJwt(CLAIMS)),
    ).toMatchObject({ request: { codeChallenge: undefined, codeChallengeMethod: undefined } }));

  test('a challenge without a method is plain (RFC 7636 4.3)', () =>
    expect(mergeRequestObject(outer(), unsignedJwt({ code_challenge: 'a' }))).toMatchObject({
      request: { codeChallenge: 'a', codeChallengeMethod: 'plain' },
    }));

  test('a challenge on both sides, the method inside, is no conflict', () =>
    expect(
      mergeRequestObject(
        outer({ code_challenge: 'a' }),
        unsignedJwt({ code_challenge: 'a', code_challenge_method: 'S256' }),
      ),
    ).toMatchObject({ request: { codeChallenge: 'a', codeChallengeMethod: 'S256' } }));
});

describe('the state', () => {
  test.each([
    ['inside', {}, { state: 's' }, true],
    ['on both sides', { state: 's' }, { state: 's' }, true],
    ['outside', { state: 's' }, {}, false],
    ['nowhere', {}, {}, true],
  ])('%s', (_, outside, inside, sealsState) =>
    expect(mergeRequestObject(outer(outside), unsignedJwt(inside))).toHaveProperty('sealsState', sealsState),
  );
});

test.each([
  ['encrypted', 'a.b.c.d.e', 'encrypted'],
  ['no JWT', 'abc', 'malformed'],
  ['an object in the object (RFC 9101 4)', unsignedJwt({ ...CLAIMS, request: 'x' }), 'malformed'],
  ['a reference in the object', unsignedJwt({ ...CLAIMS, request_uri: 'urn:x' }), 'malformed'],
  ['a state that is no text', unsignedJwt({ ...CLAIMS, state: 1 }), 'malformed'],
  ['a state that is null', unsignedJwt({ ...CLAIMS, state: null }), 'malformed'],
  ['a list of challenges', unsignedJwt({ ...CLAIMS, code_challenge: ['a', 'b'] }), 'malformed'],
  ['a response_type that is a list', unsignedJwt({ ...CLAIMS, response_type: ['code'] }), 'malformed'],
])('%s', (_, jwt, problem) => expect(mergeRequestObject(outer(), jwt)).toBe(problem));
