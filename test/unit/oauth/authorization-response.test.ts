import { describe, expect, test } from 'vitest';
import {
  buildErrorRedirect,
  type ResponseChanges,
  readAuthorizationResponse,
  redirectParameters,
  rewriteAuthorizationResponse,
} from '../../../src/oauth/authorization-response.ts';
import { unsignedJwt } from '../../support/unsigned-jwt.ts';

const CB = 'https://client.example.com/cb';
const read = (location: string) => {
  const target = new URL(location);
  return readAuthorizationResponse(target, redirectParameters(target));
};

describe('a redirect is read', () => {
  test('the success of RFC 6749 4.1.2', () => {
    expect(read(`${CB}?code=SplxlOBeZQQYbYS6WxSbIA&state=xyz`)).toMatchObject({
      codes: ['SplxlOBeZQQYbYS6WxSbIA'],
      states: ['xyz'],
      hasIdToken: false,
      hasIss: false,
      jarm: undefined,
    });
  });

  test('the error of RFC 6749 4.1.2.1', () => {
    expect(read(`${CB}?error=access_denied&state=xyz`)).toMatchObject({ codes: [], states: ['xyz'] });
  });

  test('the token of RFC 6749 4.2.2', () => {
    const location =
      'http://example.com/cb#access_token=2YotnFZFEjr1zCsicMWpAA&state=xyz&token_type=example&expires_in=3600';
    expect(read(location)).toMatchObject({ codes: [], states: ['xyz'], hasIdToken: false });
  });

  test('a hybrid response, with issuer (OIDC Core 3.3.2.5, RFC 9207 2.1)', () => {
    expect(read(`${CB}#code=a&id_token=b&state=c&iss=https%3A%2F%2Fhonest.as.example`)).toMatchObject({
      codes: ['a'],
      hasIdToken: true,
      hasIss: true,
    });
  });

  test.each([
    ['duplicates', '?code=a&code=b&state=c&state=d', ['a', 'b'], ['c', 'd']],
    ['the same twice', '?code=a&code=a', ['a', 'a'], []],
    ['query and fragment', '?code=a&state=b#code=c&state=d', ['a', 'c'], ['b', 'd']],
    ['escaped names and values', '?c%6fde=%61&st%61te=b+c', ['a'], ['b c']],
    ['an empty code', '?code=', [''], []],
    ['a code without an equals sign', '?code', [''], []],
    ['a question mark in front of the fragment', '#?code=a&state=b', ['a'], ['b']],
  ])('%s', (_, rest, codes, states) => expect(read(CB + rest)).toMatchObject({ codes, states }));

  test.each(['', '?state=xyz', '?Code=a', '?code%5B%5D=a', '#/route?code=a', '?x=code', '?iss=a', '#_'])(
    'no response: %j',
    (rest) => expect(read(CB + rest)).toBeUndefined(),
  );
});

describe('a signed response is read (JARM 2.1)', () => {
  const claims = {
    iss: 'https://accounts.example.com',
    aud: 's6BhdRkqt3',
    exp: 1311281970,
    code: 'PyyFaux2o7Q0YfXBU32jhw.5FXSQpvr8akv9CeRDSd0QA',
    state: 'S8NJ7uqk5fY4EjNvP_G_FtyJu6pUsvH9jsYni9dMAJw',
  };

  test('its code, state and audience', () => {
    expect(read(`${CB}?response=${unsignedJwt(claims)}`)).toMatchObject({
      codes: [claims.code],
      states: [claims.state],
      jarm: { audience: ['s6BhdRkqt3'] },
    });
  });

  test('an error, and several audiences', () => {
    const jwt = unsignedJwt({ aud: ['a', 'b', 1], error: 'access_denied', state: 's' });
    expect(read(`${CB}#response=${jwt}`)).toMatchObject({
      codes: [],
      states: ['s'],
      jarm: { audience: ['a', 'b'] },
    });
  });

  test('what stands beside it counts as well', () => {
    expect(read(`${CB}?code=x&state=y&response=${unsignedJwt(claims)}`)).toMatchObject({
      codes: ['x', claims.code],
      states: ['y', claims.state],
    });
  });

  test.each([
    ['encrypted', 'a.b.c.d.e'],
    ['no JWT', 'abc'],
    ['empty', ''],
    ['claims that are no object', unsignedJwt(['code'])],
    ['twice', `${unsignedJwt(claims)}&response=${unsignedJwt(claims)}`],
  ])('%s: unreadable', (_, jwt) =>
    expect(read(`${CB}?response=${jwt}`)).toMatchObject({ jarm: 'unreadable', codes: [], states: [] }),
  );

  test('a code that is no text is none', () =>
    expect(read(`${CB}?response=${unsignedJwt({ code: 1, state: { a: 1 }, aud: 1 })}`)).toMatchObject({
      codes: [],
      states: [],
      jarm: { audience: [] },
    }));
});

describe('a redirect is rewritten', () => {
  const changes: ResponseChanges = { prefix: 'PRE_fix.', hadState: true, code: 'NEW', iss: undefined };

  test.each([
    ['code and state', '?code=old&state=PRE_fix.xyz', '?code=NEW&state=xyz'],
    ['their order', '?state=PRE_fix.xyz&code=old', '?state=xyz&code=NEW'],
    ['in a fragment', '#code=old&state=PRE_fix.xyz', '#code=NEW&state=xyz'],
    ['in both', '?code=old#state=PRE_fix.xyz', '?code=NEW#state=xyz'],
    ['an empty state', '?code=old&state=PRE_fix.', '?code=NEW&state='],
    ['a state as it was escaped', '?code=old&state=PRE_fix.%7e+%2F/%20é', '?code=NEW&state=%7e+%2F/%20é'],
    ['a prefix that was escaped', '?code=old&state=PRE%5Ffix%2Ea+b%7e', '?code=NEW&state=a%20b~'],
    ['a name that was escaped', '?c%6Fde=old&st%61te=PRE_fix.x', '?code=NEW&state=x'],
    ['another parameter with the same text', '?a=PRE_fix.x&code=old', '?a=PRE_fix.x&code=NEW'],
    ['the state of somebody else', '?code=old&state=other', '?code=NEW&state=other'],
    ['the prefix elsewhere in a state', '?code=old&state=xPRE_fix.', '?code=NEW&state=xPRE_fix.'],
    ['empty segments', '?&&code=old&&=&', '?&&code=NEW&&=&'],
    ['odd escapes of others', '?x=%zz%&code=old&y=%2f+;[]"<>', '?x=%zz%&code=NEW&y=%2f+;[]"<>'],
    ['a question mark in the query', '?code=old&x=a?b?', '?code=NEW&x=a?b?'],
    ['a question mark in a fragment', '#code=old&x=a?state=1', '#code=NEW&x=a?state=1'],
    ['a question mark at the beginning of a fragment', '#?code=old&state=PRE_fix.x', '#?code=NEW&state=x'],
    ['two of them are a name', '#??code=old', '#??code=old'],
    ['a second number sign', '?code=old#a#code=old', '?code=NEW#a#code=old'],
    ['an empty fragment', '?code=old#', '?code=NEW#'],
    ['names that only look alike', '?Code=old&code[]=old&codes=old', '?Code=old&code[]=old&codes=old'],
    ['tabs and line ends, which browsers drop', '?co\tde=old&sta\r\nte=PRE_\nfix.x', '?code=NEW&state=x'],
  ])('%s', (_, before, after) => expect(rewriteAuthorizationResponse(CB + before, changes)).toBe(CB + after));

  test.each(['/cb?code=o', 'cb?code=o', '//h/cb?code=o', 'app:cb?code=o', '?code=o', 'HTTPS:\\\\H\\?code=o'])(
    'the target stays as written: %s',
    (location) =>
      expect(rewriteAuthorizationResponse(location, changes)).toBe(location.replace('code=o', 'code=NEW')),
  );

  test.each([
    ['?code=old&state=PRE_fix.', '?code=NEW'],
    ['?state=PRE_fix.&code=old', '?code=NEW'],
    ['?error=x&state=PRE_fix.#state=PRE_fix.', '?error=x'],
    ['?code=old&state=mine', '?code=NEW&state=mine'],
  ])('a client that sent no state gets none: %s', (before, after) =>
    expect(rewriteAuthorizationResponse(CB + before, { ...changes, hadState: false })).toBe(CB + after),
  );

  test('without a prefix the state stays, without a code the code', () => {
    const nothing = { prefix: undefined, hadState: false, code: undefined, iss: undefined };
    const location = `${CB}?code=old&state=PRE_fix.x#a`;
    expect(rewriteAuthorizationResponse(location, nothing)).toBe(location);
  });

  test('a code is escaped', () =>
    expect(rewriteAuthorizationResponse(`${CB}?code=a`, { ...changes, code: 'a&b#c' })).toBe(
      `${CB}?code=a%26b%23c`,
    ));

  test.each([
    ['?code=old', '?code=NEW&iss=https%3A%2F%2Fas'],
    ['#code=old', '#code=NEW&iss=https%3A%2F%2Fas'],
    ['?a=1#code=old', '?a=1#code=NEW&iss=https%3A%2F%2Fas'],
    ['?code=old#', '?code=NEW&iss=https%3A%2F%2Fas#'],
    ['?code=old#_', '?code=NEW&iss=https%3A%2F%2Fas#_'],
    ['?code=old#_=_', '?code=NEW&iss=https%3A%2F%2Fas#_=_'],
  ])('the issuer is added where the response stands (RFC 9207): %s', (before, after) =>
    expect(rewriteAuthorizationResponse(CB + before, { ...changes, iss: 'https://as' })).toBe(CB + after),
  );
});

describe('an error goes back', () => {
  const error = { error: 'invalid_request', description: 'not this way' };
  const inQuery = { state: 'a b&c', inFragment: false };

  test.each([
    [CB, `${CB}?error=invalid_request&error_description=not%20this%20way&state=a%20b%26c`],
    [`${CB}?a=1`, `${CB}?a=1&error=invalid_request&error_description=not%20this%20way&state=a%20b%26c`],
  ])('to %s', (redirectUri, location) =>
    expect(buildErrorRedirect(redirectUri, error, inQuery, undefined)).toBe(location),
  );

  test('in the fragment', () =>
    expect(buildErrorRedirect(CB, error, { state: undefined, inFragment: true }, undefined)).toBe(
      `${CB}#error=invalid_request&error_description=not%20this%20way`,
    ));

  test('with an empty state, and with the issuer', () =>
    expect(buildErrorRedirect(CB, error, { state: '', inFragment: false }, 'https://as')).toBe(
      `${CB}?error=invalid_request&error_description=not%20this%20way&state=&iss=https%3A%2F%2Fas`,
    ));
});
