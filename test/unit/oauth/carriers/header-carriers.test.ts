import { describe, expect, test } from 'vitest';
import { type Changes, rewriteCarriers } from '../../../../src/oauth/carriers/carrier.ts';
import { readHeaderCarriers } from '../../../../src/oauth/carriers/header-carriers.ts';
import { AROUND, CHANGES, PREFIX } from '../../../support/read-carriers.ts';
import { unsignedJwt } from '../../../support/unsigned-jwt.ts';

const CB = 'https://client.example.com/cb';
const carriersIn = (name: string, value: string) =>
  readHeaderCarriers(['Date', 'today', name, value], AROUND).flatMap(({ carriers }) => carriers);
const read = (location: string) => carriersIn('Location', location)[0];

function rewrite(name: string, value: string, changes: Partial<Changes> = {}): string {
  const carriers = carriersIn(name, value);
  return rewriteCarriers(
    value,
    carriers.map((carrier) => [carrier, { ...CHANGES, ...changes }] as const),
  );
}

describe('a redirect is read', () => {
  test('the success of RFC 6749 4.1.2', () => {
    expect(read(`${CB}?code=SplxlOBeZQQYbYS6WxSbIA&state=xyz`)).toMatchObject({
      kind: 'location',
      part: 'query',
      codes: ['SplxlOBeZQQYbYS6WxSbIA'],
      states: ['xyz'],
      hasError: false,
      hasIdToken: false,
      hasIss: false,
      jarm: undefined,
    });
  });

  test('the error of RFC 6749 4.1.2.1', () => {
    expect(read(`${CB}?error=access_denied&state=xyz`)).toMatchObject({
      codes: [],
      states: ['xyz'],
      hasError: true,
    });
  });

  test('a hybrid response, with issuer (OIDC Core 3.3.2.5, RFC 9207 2.1)', () => {
    const idToken = unsignedJwt({ aud: 'client' });
    const location = `${CB}#code=a&id_token=${idToken}&state=c&iss=https%3A%2F%2Fhonest.as.example`;
    expect(read(location)).toMatchObject({
      part: 'fragment',
      codes: ['a'],
      hasIdToken: true,
      hasIss: true,
      audience: ['client'],
    });
  });

  test.each([
    ['duplicates', '?code=a&code=b&state=c&state=d', ['a', 'b'], ['c', 'd']],
    ['the same twice', '?code=a&code=a', ['a', 'a'], []],
    ['query and fragment', '?code=a&state=b#code=c&state=d', ['a', 'c'], ['b', 'd']],
    ['escaped names and values', '?c%6fde=%61&st%61te=b+c', ['a'], ['b c']],
    ['an empty code', '?code=', [], []],
    ['a code without an equals sign', '?code', [], []],
    ['a question mark in front of the fragment', '#?code=a&state=b', ['a'], ['b']],
    ['a route in the fragment', '#/cb?code=a&state=b', ['a'], ['b']],
    ['a state alone', '?state=b', [], ['b']],
    ['a tab, which browsers drop', '?co\tde=a', ['a'], []],
  ])('%s', (_, rest, codes, states) => expect(read(CB + rest)).toMatchObject({ codes, states }));

  test.each(['', '?Code=a', '?code%5B%5D=a', '?x=code', '?iss=a', '#_', '?x=1;code=2'])(
    'no response: %j',
    (rest) => expect(read(CB + rest)).toBeUndefined(),
  );

  test.each([
    ['/cb?code=x', 'https://login.example.com/cb?code=x'],
    ['cb?code=x', 'https://login.example.com/oauth2/cb?code=x'],
    ['//h.example/?code=x', 'https://h.example/?code=x'],
    ['?code=x', 'https://login.example.com/oauth2/continue?code=x'],
    [' https:\\\\h.example\\cb?code=x ', 'https://h.example/cb?code=x'],
    ['com.example.app:/cb?code=x', 'com.example.app:/cb?code=x'],
    ['https://app.example.com/\xc3\xa9?code=x', 'https://app.example.com/%C3%A9?code=x'],
    ['https://[/?code=x', undefined],
  ])('%s leads to %s', (location, href) => expect(read(location)?.target?.href).toBe(href));
});

describe('a signed response is read (JARM 2.1)', () => {
  const claims = { aud: 's6BhdRkqt3', code: 'PyyFaux2o7Q0YfXBU32jhw', state: 'S8NJ7uqk5fY4EjNvP_G' };

  test('its code, state and audience', () => {
    expect(read(`${CB}?response=${unsignedJwt(claims)}`)).toMatchObject({
      codes: [claims.code],
      states: [claims.state],
      jarm: 'readable',
      audience: ['s6BhdRkqt3'],
    });
  });

  test('an error, and several audiences', () => {
    const jwt = unsignedJwt({ aud: ['a', 'b', 1], error: 'access_denied', state: 's' });
    expect(read(`${CB}#response=${jwt}`)).toMatchObject({
      codes: [],
      states: ['s'],
      hasError: true,
      audience: ['a', 'b'],
    });
  });

  test('parameters beside it count too', () => {
    expect(read(`${CB}?code=x&state=y&response=${unsignedJwt(claims)}`)).toMatchObject({
      codes: ['x', claims.code],
      states: ['y', claims.state],
    });
  });

  test('it keeps every byte', () => {
    const location = `${CB}?response=${unsignedJwt({ ...claims, state: PREFIX })}`;
    expect(rewrite('Location', location)).toBe(location);
  });

  test.each([
    ['encrypted', 'a.b.c.d.e'],
    ['no JWT', 'abc'],
    ['claims that are no object', unsignedJwt(['code'])],
    ['twice', `${unsignedJwt(claims)}&response=${unsignedJwt(claims)}`],
  ])('%s: unreadable', (_, jwt) =>
    expect(read(`${CB}?response=${jwt}`)).toMatchObject({ jarm: 'unreadable', codes: [], states: [] }),
  );

  test('an empty one is none', () => expect(read(`${CB}?response=`)).toMatchObject({ jarm: undefined }));
});

describe('a redirect is rewritten', () => {
  test.each([
    ['code and state', '?code=old&state=PREFIXxyz', '?code=NEW&state=xyz'],
    ['their order', '?state=PREFIXxyz&code=old', '?state=xyz&code=NEW'],
    ['in a fragment', '#code=old&state=PREFIXxyz', '#code=NEW&state=xyz'],
    ['in both', '?code=old#state=PREFIXxyz', '?code=NEW#state=xyz'],
    ['an empty state', '?code=old&state=PREFIX', '?code=NEW&state='],
    ['a state as it was escaped', '?code=old&state=PREFIX%7e+%2F/%20é', '?code=NEW&state=%7e+%2F/%20é'],
    ['a prefix that was escaped', '?code=old&state=%70REFIXa+b%7e', '?code=NEW&state=a%20b~'],
    ['a name that was escaped', '?c%6Fde=old&st%61te=PREFIXx', '?c%6Fde=NEW&st%61te=x'],
    ['another parameter with the same text', '?a=PREFIXx&code=old', '?a=PREFIXx&code=NEW'],
    ['the state of another flow', '?code=old&state=other', '?code=NEW&state=other'],
    ['the prefix elsewhere in a state', '?code=old&state=xPREFIX', '?code=NEW&state=xPREFIX'],
    ['empty segments', '?&&code=old&&=&', '?&&code=NEW&&=&'],
    ['odd escapes of others', '?x=%zz%&code=old&y=%2f+;[]"<>', '?x=%zz%&code=NEW&y=%2f+;[]"<>'],
    ['a question mark in the query', '?code=old&x=a?b?', '?code=NEW&x=a?b?'],
    ['a question mark at the beginning of a fragment', '#?code=old&state=PREFIXx', '#?code=NEW&state=x'],
    ['a second number sign', '?code=old#a#code=old', '?code=NEW#a#code=old'],
    ['an empty fragment', '?code=old#', '?code=NEW#'],
    ['names that only look alike', '?code=old&Code=old&code[]=old', '?code=NEW&Code=old&code[]=old'],
    ['tabs, which browsers drop', '?co\tde=old&sta\tte=PRE\tFIXx', '?co\tde=NEW&sta\tte=x'],
  ])('%s', (_, before, after) => {
    const written = before
      .replaceAll('PREFIX', PREFIX)
      .replace('%70REFIX', `%70${PREFIX.slice(1)}`)
      .replace('PRE\tFIX', `${PREFIX.slice(0, 9)}\t${PREFIX.slice(9)}`);
    expect(rewrite('Location', CB + written)).toBe(CB + after.replaceAll('PREFIX', PREFIX));
  });

  test.each(['/cb?code=o', 'cb?code=o', '//h/cb?code=o', 'app:cb?code=o', '?code=o', 'HTTPS:\\\\H\\?code=o'])(
    'the target stays as written: %s',
    (location) => expect(rewrite('Location', location)).toBe(location.replace('code=o', 'code=NEW')),
  );

  test.each([
    ['?code=old&state=PREFIX', '?code=NEW'],
    ['?state=PREFIX&code=old', '?code=NEW'],
    ['?error=x&state=PREFIX#state=PREFIX', '?error=x'],
    ['?state=PREFIX&state=PREFIX&error=x', '?error=x'],
    ['?error=x&state=PREFIX&state=PREFIX', '?error=x'],
    ['?state=PREFIX#_', '#_'],
    ['?code=old&state=mine', '?code=NEW&state=mine'],
  ])('a client that sent no state gets none: %s', (before, after) =>
    expect(rewrite('Location', CB + before.replaceAll('PREFIX', PREFIX), { hadState: false })).toBe(
      CB + after,
    ),
  );

  test('without a prefix the state stays, without a new code the code', () => {
    const location = `${CB}?code=old&state=${PREFIX}x#a`;
    expect(rewrite('Location', location, { prefix: undefined, hadState: false, code: undefined })).toBe(
      location,
    );
  });

  test.each([
    ['?code=old', '?code=NEW&iss=https%3A%2F%2Fas'],
    ['#code=old', '#code=NEW&iss=https%3A%2F%2Fas'],
    ['?a=1#code=old', '?a=1#code=NEW&iss=https%3A%2F%2Fas'],
    ['?code=old#', '?code=NEW&iss=https%3A%2F%2Fas#'],
    ['?code=old#_', '?code=NEW&iss=https%3A%2F%2Fas#_'],
    ['?code=old#_=_', '?code=NEW&iss=https%3A%2F%2Fas#_=_'],
    ['?code=old&iss=a', '?code=NEW&iss=a'],
  ])('the issuer is added to the response (RFC 9207): %s', (before, after) =>
    expect(rewrite('Location', CB + before, { iss: 'https://as' })).toBe(CB + after),
  );
});

describe('other headers', () => {
  const URL_TEXT = `${CB}?code=old&state=${PREFIX}xyz`;
  const escaped = encodeURIComponent(URL_TEXT);

  test.each([
    ['Refresh', `0;url=${URL_TEXT}`, 'refresh'],
    ['refresh', `3.5 , URL = '${URL_TEXT}' x`, 'refresh'],
    ['REFRESH', `0; "${URL_TEXT}"`, 'refresh'],
    ['Refresh', `0 ${URL_TEXT}`, 'refresh'],
    ['Link', `</a>; rel=x, <${URL_TEXT}>; rel="next"`, 'link'],
    ['HX-Redirect', URL_TEXT, 'link'],
    ['Content-Location', URL_TEXT, 'link'],
    ['X-Next', `url="${URL_TEXT}"`, 'link'],
    ['HX-Location', JSON.stringify({ path: URL_TEXT, target: '#main' }), 'link'],
    ['Set-Cookie', `to=${escaped}; Path=/`, 'cookie'],
    ['Set-Cookie', `to="${URL_TEXT}"`, 'cookie'],
    ['Set-Cookie', `to=${URL_TEXT}; Secure`, 'cookie'],
    ['Location', `/continue?a=1&to=${escaped}&b=2`, 'url'],
    ['Location', `/continue?a=1&to=${encodeURIComponent(`/next?to=${escaped}`)}&b=2`, 'url'],
  ])('%s: %s', (name, value, kind) => {
    const [carrier, ...others] = carriersIn(name, value);
    expect(others).toEqual([]);
    expect(carrier).toMatchObject({ kind, codes: ['old'], states: [`${PREFIX}xyz`] });
    expect(carrier?.target?.href).toBe(URL_TEXT);
    expect(rewrite(name, value)).toBe(value.replace('old', 'NEW').replace(PREFIX, ''));
    expect(rewrite(name, value, { hadState: false })).toBe(
      value.replace('old', 'NEW').replace(/(?:&|%(?:25)*26)state(?:=|%(?:25)*3D)pg[a-z0-9]{30}xyz/, ''),
    );
  });

  test('an outer URL and the one in its parameter are separate carriers', () => {
    const location = `/login?state=${PREFIX}a&to=${escaped}`;
    expect(carriersIn('Location', location).map(({ kind, target }) => [kind, target?.host])).toEqual([
      ['location', 'login.example.com'],
      ['url', 'client.example.com'],
    ]);
  });

  test('an issuer has the same escaping as the URL around it', () => {
    const value = `to=${escaped}`;
    const target = new URL(
      decodeURIComponent(rewrite('Set-Cookie', value, { iss: 'https://as/?a&b' }).slice(3)),
    );
    expect(target.searchParams.get('iss')).toBe('https://as/?a&b');
  });

  test.each([
    ['Link', `<${CB}?code=old&state=preserved>; rel=next`],
    ['Set-Cookie', `to=${encodeURIComponent(`${CB}?code=old`)}`],
    ['Set-Cookie', `state=${PREFIX}; Path=/`],
    ['X-State', `${PREFIX}xyz`],
    ['Location', `${CB}?next=${encodeURIComponent('https://a.example/?code=x')}`],
  ])('none in %s: %s', (name, value) => expect(carriersIn(name, value)).toEqual([]));

  test('each value by its index in the list', () => {
    const headers = ['Location', '/', 'Refresh', `0;url=${URL_TEXT}`, 'location', URL_TEXT];
    expect(readHeaderCarriers(headers, AROUND).map(({ index }) => index)).toEqual([3, 5]);
  });
});
