import { describe, expect, test } from 'vitest';
import { identifies, parseClientIdentity } from '../../../src/oauth/client-identity.ts';
import { Parameters } from '../../../src/oauth/parameters.ts';
import { unsignedJwt } from '../../support/unsigned-jwt.ts';

const NONE = new Parameters([]);
const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`;
const names = (authorization: string | undefined, parameters = NONE) =>
  parseClientIdentity(parameters, authorization).names;

describe('HTTP Basic', () => {
  test('the example of RFC 6749 2.3.1', () =>
    expect(parseClientIdentity(NONE, 'Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW')).toEqual({
      names: [['s6BhdRkqt3']],
      authenticated: true,
      unread: false,
    }));

  test('the example of RFC 7617 2: a user with a letter, a secret with a colon', () => {
    expect(names('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==')).toEqual([['Aladdin']]);
    expect(names(basic('a:b:c'))).toEqual([['a']]);
  });

  test.each([
    ['as sent and percent-decoded', basic('my%20app:x'), ['my%20app', 'my app']],
    ['a plus sign is a space to some', basic('my+app:x'), ['my+app', 'my app']],
    [
      'a URL as client_id, encoded (RFC 6749 2.3.1)',
      basic('https%3A%2F%2Fc.example:x'),
      ['https%3A%2F%2Fc.example', 'https://c.example'],
    ],
    ['broken percent-encoding: as sent only', basic('100%:x'), ['100%']],
    ['UTF-8 (RFC 7617 2.1)', basic('é:x'), ['é']],
    ['percent-encoded UTF-8', basic('%C3%A9:x'), ['%C3%A9', 'é']],
    ['no colon', basic('alone'), ['alone']],
    ['an empty user', basic(':x'), ['']],
    ['any case of the scheme (RFC 9110 11.1)', basic('a:b').replace('Basic', 'bASIC'), ['a']],
    ['more space', basic('a:b').replace(' ', '   '), ['a']],
    ['base64url', 'Basic Pz8_OmE', ['???']],
    ['lines of an encoder', 'Basic YWxp Y2U6 eA==', ['alice']],
  ])('%s', (_, authorization, readings) => expect(names(authorization)).toEqual([readings]));

  test.each(['Basic', 'Basic ', 'Basic !!!', 'Bearer YTpi', 'BasicYTpi', 'DPoP YTpi', ''])(
    'no user in %j, but credentials',
    (authorization) =>
      expect(parseClientIdentity(NONE, authorization)).toMatchObject({ names: [], authenticated: true }),
  );
});

test.each([
  ['empty: none (RFC 6749 2.3.1)', basic('a:'), false],
  ['a blank', basic('a: '), true],
  ['a colon', basic('a::'), true],
  ['absent, with its colon', basic('a'), true],
  ['empty, and the user too', basic(':'), true],
  ['empty in the first of two credentials', `${basic('a:')}, ${basic('a:s')}`, true],
  ['empty for those who skip a character', basic('a:').replace('Basic ', 'Basic !'), true],
  ['empty for those who ignore bits at the end', 'Basic YTp=', true],
])('HTTP Basic whose secret is %s', (_, authorization, authenticated) =>
  expect(parseClientIdentity(NONE, authorization)).toMatchObject({ authenticated }),
);

test.each([
  ['characters that some skip', 'Basic YT!pi', ['a']],
  ['two credentials', 'Basic YTpi, Basic Yzpk', ['a']],
  ['a sign in the middle', 'Basic YTpi=Yzpk', ['c']],
])('in HTTP Basic with %s, each possible user counts', (_, authorization, possible) => {
  const { names } = parseClientIdentity(NONE, authorization);
  expect(names.length).toBeGreaterThan(1);
  expect(names).toContainEqual(possible);
});

describe('parameters', () => {
  const parse = (...entries: [string, string][]) => parseClientIdentity(new Parameters(entries), undefined);

  test('client_id alone: a public client', () =>
    expect(parse(['client_id', 'a'])).toEqual({ names: [['a']], authenticated: false, unread: false }));

  test.each([
    ['a secret', ['s'], true],
    ['an empty secret, which is none (RFC 6749 2.3.1)', [''], false],
    ['both', ['', 's'], true],
  ])('client_id and %s', (_, secrets, authenticated) =>
    expect(
      parse(['client_id', 'a'], ...secrets.map((secret): [string, string] => ['client_secret', secret])),
    ).toMatchObject({ names: [['a']], authenticated }),
  );

  test('two of them', () =>
    expect(parse(['client_id', 'a'], ['client_id', 'b']).names).toEqual([['a'], ['b']]));

  test('an assertion: its sub (RFC 7523 3)', () =>
    expect(parse(['client_assertion', unsignedJwt({ iss: 'x', sub: 'a' })])).toEqual({
      names: [['a']],
      authenticated: true,
      unread: false,
    }));

  test.each([
    ['nothing in it', '', false],
    ['no JWT', 'abc', true],
    ['no JSON', 'a.b.c', true],
    ['a third part missing', unsignedJwt({ sub: 'a' }).replace(/\.[^.]*$/, ''), true],
    ['padding', unsignedJwt({ sub: 'a' }).replaceAll('.', '=.'), true],
    [
      'octets that are no UTF-8',
      `e30.${Buffer.from('{"sub":"\xff"}', 'latin1').toString('base64url')}.x`,
      true,
    ],
    ['no sub', unsignedJwt({ iss: 'x' }), false],
    ['a sub that is no text', unsignedJwt({ sub: 1 }), false],
    ['null', unsignedJwt(null), true],
    ['five parts, which are encrypted', 'a.b.c.d.e', false],
  ])('an assertion with %s: no name', (_, assertion, unread) =>
    expect(parse(['client_assertion', assertion])).toEqual({ names: [], authenticated: true, unread }),
  );

  test('an assertion with a SAML type is no JWT, and its missing name is no problem (RFC 7522)', () =>
    expect(
      parse(
        ['client_assertion', 'PHNhbWw-'],
        ['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer'],
      ),
    ).toMatchObject({ names: [], unread: false }));

  test('everything together', () => {
    const entries: [string, string][] = [
      ['client_id', 'a'],
      ['client_assertion', unsignedJwt({ sub: 'b' })],
    ];
    expect(names(basic('c:x'), new Parameters(entries))).toEqual([['a'], ['c'], ['b']]);
  });
});

test.each([
  ['no name', [], true],
  ['this name', [['a']], true],
  ['one reading of it', [['b', 'a']], true],
  ['twice', [['a'], ['a', 'x']], true],
  ['another name', [['b']], false],
  ['another one too', [['a'], ['b']], false],
  ['another case', [['A']], false],
])('a request with %s identifies the client: %s', (_, names, expected) =>
  expect(identifies({ names }, 'a')).toBe(expected),
);
