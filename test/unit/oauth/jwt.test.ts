import { describe, expect, test } from 'vitest';
import { parseClientJwtClaims, parseJwtClaims } from '../../../src/oauth/jwt.ts';
import { unsignedJwt } from '../../support/unsigned-jwt.ts';

const PAYLOAD =
  'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';

describe('the claims of', () => {
  test.each([
    [
      'the signed JWT of RFC 7515 A.1',
      `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${PAYLOAD}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`,
    ],
    ['the unsecured JWT of RFC 7519 6.1', `eyJhbGciOiJub25lIn0.${PAYLOAD}.`],
  ])('%s', (_, jwt) =>
    expect(parseJwtClaims(jwt)).toEqual({
      iss: 'joe',
      exp: 1300819380,
      'http://example.com/is_root': true,
    }),
  );

  test('a JWT with letters beyond ASCII', () =>
    expect(parseJwtClaims(unsignedJwt({ state: 'é€😀' }))).toEqual({ state: 'é€😀' }));
});

test('five parts: encrypted (RFC 7516 9)', () => expect(parseJwtClaims('a.b.c.d.e')).toBe('encrypted'));

test.each(['{"state":"a","state":"b"}', '{"claims":{"a":1,"\\u0061":2}}'])(
  'of a client, a claim twice is malformed, because readers disagree on which counts: %s',
  (payload) => expect(parseClientJwtClaims(`${HEADER}.${part(payload)}.`)).toBe('malformed'),
);

test('of a server, a claim may stand twice, as `iss` does in responses of Keycloak', () =>
  expect(parseJwtClaims(`${HEADER}.${part('{"iss":"a","code":"b","iss":"a"}')}.`)).toEqual({
    iss: 'a',
    code: 'b',
  }));

const part = (bytes: string) => Buffer.from(bytes, 'latin1').toString('base64url');
const HEADER = part('{"alg":"none"}');

test.each([
  ['nothing', ''],
  ['one part', HEADER],
  ['two parts', `${HEADER}.${part('{}')}`],
  ['four parts', `${HEADER}.${part('{}')}..`],
  ['six parts', '.....'],
  ['no payload', `${HEADER}..`],
  ['no header', `.${part('{}')}.`],
  ['a header that is no JSON', `${part('{')}.${part('{}')}.`],
  ['a payload that is no JSON', `${HEADER}.${part('state=x')}.`],
  ['a payload that is an array', `${HEADER}.${part('[]')}.`],
  ['a payload that is null', `${HEADER}.${part('null')}.`],
  ['a payload that is a text', `${HEADER}.${part('"a"')}.`],
  ['a payload that is no UTF-8', `${HEADER}.${part('{"a":"\xff"}')}.`],
  ['padding', `${HEADER}.${Buffer.from('{"a":1}').toString('base64')}.`],
  ['base64 characters', `${HEADER}.${Buffer.from('{"a":"???>>>"}').toString('base64').replace(/=/g, '')}.`],
  ['space', `${HEADER}. ${part('{}')}.`],
])('malformed: %s', (_, jwt) => expect(parseJwtClaims(jwt)).toBe('malformed'));
