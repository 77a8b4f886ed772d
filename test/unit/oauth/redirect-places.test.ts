import { describe, expect, test } from 'vitest';
import { RedirectPlaces } from '../../../src/oauth/redirect-places.ts';

function register(entries: readonly (readonly [redirectUri: string, owner: string])[]) {
  const places = new RedirectPlaces<string>();
  for (const [redirectUri, owner] of entries) places.add(redirectUri, owner);
  return places;
}

const places = register([
  ['https://app.example.com/cb', 'portal'],
  ['https://app.example.com/cb?tenant=1', 'tenant'],
  ['https://app.example.com', 'root'],
  ['https://files.example.com/x/', 'files'],
  ['http://plain.example.com/cb', 'plain'],
  ['http://localhost:3000/cb', 'desktop'],
  ['com.example.app:/cb', 'native'],
  ['MsAuth.Example://Auth', 'broker'],
  ['no uri', 'nobody'],
]);
const ownersOf = (url: string) => places.ownersOf(URL.parse(url) ?? undefined);

describe('the owners of a place', () => {
  test.each([
    ['whatever the query', 'https://app.example.com/cb?code=x#y', ['portal', 'tenant']],
    ['host and port as a browser reads them', 'https://APP.example.com:443/cb', ['portal', 'tenant']],
    ['a path that a browser resolves', 'https://app.example.com/x/../cb', ['portal', 'tenant']],
    ['an escaped letter', 'https://app.example.com/%63b', ['portal', 'tenant']],
    ['user information', 'https://u:p@app.example.com/cb', ['portal', 'tenant']],
    ['a fully qualified host', 'https://app.example.com./cb', ['portal', 'tenant']],
    ['below a registered path', 'https://app.example.com/cb/x/y', ['portal', 'tenant']],
    ['a trailing slash', 'https://app.example.com/cb/', ['portal', 'tenant']],
    ['below another one of the same origin', 'https://app.example.com/cbx', ['root']],
    ['below a path with a trailing slash', 'https://files.example.com/x/y', ['files']],
    ['any port of loopback', 'http://localhost:51004/cb', ['desktop']],
    ['a private-use scheme', 'com.example.app:/cb?code=x', ['native']],
    ['its host in another case', 'msauth.example://auth/?code=x', ['broker']],
  ])('%s', (_, url, owners) => expect(ownersOf(url)).toEqual(owners));

  test.each([
    ['above a registered path', 'https://files.example.com/x'],
    ['beside it', 'https://files.example.com/xy'],
    ['below one of plain http', 'http://plain.example.com/cb/x'],
    ['below one of loopback', 'http://localhost:1/cb/x'],
    ['another port', 'https://app.example.com:8443/cb'],
    ['another scheme', 'http://app.example.com/cb'],
    ['a suffix of the host', 'https://app.example.com.evil.example/cb'],
    ['no URL', 'https://'],
  ])('not %s', (_, url) => expect(ownersOf(url)).toEqual([]));

  test('a client that registers a place twice owns it once', () => {
    const twice = register([
      ['https://a.example/cb?x=1', 'one'],
      ['https://a.example/cb?x=2', 'one'],
    ]);
    expect(twice.ownersOf(new URL('https://a.example/cb'))).toEqual(['one']);
  });
});
