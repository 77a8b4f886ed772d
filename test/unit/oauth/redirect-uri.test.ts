import { describe, expect, test } from 'vitest';
import {
  goesTo,
  isLoopbackPlace,
  isRegisteredRedirectUri,
  withoutLoopbackPort,
} from '../../../src/oauth/redirect-uri.ts';

describe('a redirect_uri is registered', () => {
  test.each([
    ['character by character', 'https://app.example.com/cb', 'https://app.example.com/cb'],
    ['with its query', 'https://app.example.com/cb?a=1', 'https://app.example.com/cb?a=1'],
    [
      'a private-use scheme (RFC 8252 7.1)',
      'com.example.app:/oauth2redirect/example-provider',
      'com.example.app:/oauth2redirect/example-provider',
    ],
    // RFC 8252 7.3
    [
      'another loopback port',
      'http://127.0.0.1:51004/oauth2redirect/example-provider',
      'http://127.0.0.1/oauth2redirect/example-provider',
    ],
    [
      'the same, IPv6',
      'http://[::1]:61023/oauth2redirect/example-provider',
      'http://[::1]/oauth2redirect/example-provider',
    ],
    ['another port than the registered one', 'http://127.0.0.1:2/cb', 'http://127.0.0.1:1/cb'],
    ['no port where one is registered', 'http://127.0.0.1/cb', 'http://127.0.0.1:8080/cb'],
    ['loopback without a path', 'http://127.0.0.1:4000', 'http://127.0.0.1'],
    ['loopback with a query', 'http://[::1]:4000?a=1', 'http://[::1]?a=1'],
    ['the highest port', 'http://127.0.0.1:65535/cb', 'http://127.0.0.1/cb'],
    [
      'any port of localhost, which desktop agents register',
      'http://localhost:3001/cb',
      'http://localhost/cb',
    ],
  ])('%s', (_, redirectUri, registered) =>
    expect(isRegisteredRedirectUri(redirectUri, ['https://other.example', registered])).toBe(true),
  );

  test.each([
    ['a slash more', 'https://app.example.com/cb/', 'https://app.example.com/cb'],
    ['another case of the path', 'https://app.example.com/CB', 'https://app.example.com/cb'],
    ['another case of the host', 'https://APP.example.com/cb', 'https://app.example.com/cb'],
    ['the default port', 'https://app.example.com:443/cb', 'https://app.example.com/cb'],
    ['a query', 'https://app.example.com/cb?a=1', 'https://app.example.com/cb'],
    ['a fragment', 'https://app.example.com/cb#', 'https://app.example.com/cb'],
    ['a suffix of the host', 'https://app.example.com.evil/cb', 'https://app.example.com/cb'],
    ['an escaped letter', 'https://app.example.com/c%62', 'https://app.example.com/cb'],
    ['a space', ' https://app.example.com/cb', 'https://app.example.com/cb'],
    ['localhost for a loopback literal', 'http://localhost:1/cb', 'http://127.0.0.1/cb'],
    ['one loopback literal for the other', 'http://[::1]:1/cb', 'http://127.0.0.1/cb'],
    ['https on loopback', 'https://127.0.0.1:1/cb', 'https://127.0.0.1/cb'],
    ['any port of another machine', 'http://10.0.0.1:1/cb', 'http://10.0.0.1/cb'],
    ['loopback as user info', 'http://127.0.0.1:80@evil.example/cb', 'http://127.0.0.1/cb'],
    ['loopback as user', 'http://127.0.0.1@evil.example/cb', 'http://127.0.0.1/cb'],
    ['loopback as a subdomain', 'http://127.0.0.1.evil.example/cb', 'http://127.0.0.1/cb'],
    ['loopback behind a backslash', 'http://127.0.0.1:1\\@evil.example/cb', 'http://127.0.0.1/cb'],
    ['another path of loopback', 'http://127.0.0.1:1/other', 'http://127.0.0.1/cb'],
    ['no such port', 'http://127.0.0.1:65536/cb', 'http://127.0.0.1/cb'],
    ['a port with no digits', 'http://127.0.0.1:/cb', 'http://127.0.0.1/cb'],
    ['a port with six digits', 'http://127.0.0.1:000080/cb', 'http://127.0.0.1/cb'],
    ['a loopback of another spelling', 'http://127.1:1/cb', 'http://127.0.0.1/cb'],
    ['a loopback of another number', 'http://127.0.0.2:1/cb', 'http://127.0.0.1/cb'],
    ['a line end', 'http://127.0.0.1:1\n/cb', 'http://127.0.0.1/cb'],
    ['nothing', '', 'https://app.example.com/cb'],
  ])('not with %s', (_, redirectUri, registered) =>
    expect(isRegisteredRedirectUri(redirectUri, [registered])).toBe(false),
  );

  test('without registered ones, no redirect_uri is', () =>
    expect(isRegisteredRedirectUri('https://app.example.com', [])).toBe(false));
});

test.each([
  ['http://127.0.0.1:8080/cb?a=1#f', 'http://127.0.0.1/cb?a=1#f'],
  ['HTTP://[::1]:8080', 'http://[::1]'],
  ['http://127.0.0.1:1@evil.example/', undefined],
  ['http://127.0.0.1.evil.example/', undefined],
  ['http://127.0.0.1:8080\\cb', undefined],
  ['https://127.0.0.1:8080/', undefined],
  ['http://localhost:8080/', 'http://localhost/'],
])('%s without its loopback port: %s', (uri, expected) => expect(withoutLoopbackPort(uri)).toBe(expected));

describe('a response leads to a redirect_uri', () => {
  test.each([
    ['with parameters in a query', 'https://app.example.com/cb?code=x&state=y', 'https://app.example.com/cb'],
    ['with parameters in a fragment', 'https://app.example.com/cb#code=x', 'https://app.example.com/cb'],
    [
      'with its own query in front',
      'https://app.example.com/cb?a=1&code=x',
      'https://app.example.com/cb?a=1',
    ],
    [
      'its own query, answer in a fragment',
      'https://app.example.com/cb?a=1#c',
      'https://app.example.com/cb?a=1',
    ],
    ['a host in upper case', 'https://APP.Example.com/cb?code=x', 'https://app.example.com/cb'],
    ['the default port', 'https://app.example.com:443/cb?code=x', 'https://app.example.com/cb'],
    [
      'the root of a host with and without its slash',
      'https://app.example.com/?code=x',
      'https://app.example.com',
    ],
    ['dots that a browser resolves', 'https://app.example.com/x/../cb?code=x', 'https://app.example.com/cb'],
    [
      'a rewritten query',
      'https://app.example.com/cb?a=%2F%7E&b=&code=x',
      'https://app.example.com/cb?a=/~&b',
    ],
    ['a query that ends in &', 'https://app.example.com/cb?a=1&code=x', 'https://app.example.com/cb?a=1&'],
    ['an empty query', 'https://app.example.com/cb?code=x', 'https://app.example.com/cb?'],
    [
      'user info that was registered',
      'https://u:p@app.example.com/cb?code=x',
      'https://u:p@app.example.com/cb',
    ],
    ['a private-use scheme', 'com.example.app:/cb?code=x', 'com.example.app:/cb'],
    ['a private-use scheme with an authority', 'app://callback/x?code=x', 'app://callback/x'],
    ['an opaque private-use scheme', 'app:callback?code=x', 'app:callback'],
    ['loopback', 'http://127.0.0.1:51004/cb?code=x', 'http://127.0.0.1:51004/cb'],
    [
      'its query behind the answer',
      'https://app.example.com/cb?code=x&a=1',
      'https://app.example.com/cb?a=1',
    ],
    [
      'its own code before the server’s',
      'https://app.example.com/cb?code=own&code=x',
      'https://app.example.com/cb?code=own',
    ],
    // RFC 3986 6.2.2 and 6.2.3
    ['an empty path as the root', 'msauth.com.example.app://auth/?code=x', 'msauth.com.example.app://auth'],
    [
      'the host of a private-use scheme in another case',
      'msauth.com.example://auth?code=x',
      'MsAuth.Com.Example://Auth',
    ],
    ['an escaped unreserved character', 'https://a.example/%7Eu?code=x', 'https://a.example/~u'],
    ['escapes in lower case', 'https://a.example/a%2fb?code=x', 'https://a.example/a%2Fb'],
    ['dots of a private-use scheme', 'com.example://h/x/../cb?code=x', 'com.example://h/cb'],
  ])('%s', (_, target, redirectUri) => expect(goesTo(new URL(target), redirectUri)).toBe(true));

  const CALLBACK = 'https://app.example.com/cb';
  test.each([
    ['a suffix of the host', 'https://app.example.com.evil/cb?code=x', CALLBACK],
    ['a prefix of the host', 'https://evilapp.example.com/cb?code=x', CALLBACK],
    ['a trailing dot of the host', 'https://app.example.com./cb?code=x', CALLBACK],
    ['it as user info', 'https://app.example.com@evil.example/cb?code=x', CALLBACK],
    ['it as user info behind a colon', 'https://app.example.com:x@evil.example/cb?code=x', CALLBACK],
    ['user info', 'https://x@app.example.com/cb?code=x', CALLBACK],
    ['a password', 'https://:x@app.example.com/cb?code=x', CALLBACK],
    ['a backslash for a slash', 'https://evil.example\\@app.example.com/cb?code=x', CALLBACK],
    ['a backslash behind the host', 'https://evil.example\\.app.example.com/cb?code=x', CALLBACK],
    ['two slashes', 'https://app.example.com//cb?code=x', CALLBACK],
    ['a trailing slash', 'https://app.example.com/cb/?code=x', CALLBACK],
    ['no trailing slash', 'https://app.example.com/cb?code=x', 'https://app.example.com/cb/'],
    ['another case of the path', 'https://app.example.com/CB?code=x', CALLBACK],
    ['a longer path', 'https://app.example.com/cb/evil?code=x', CALLBACK],
    ['a path that goes up', 'https://app.example.com/cb/../evil?code=x', CALLBACK],
    ['an escaped path that goes up', 'https://app.example.com/cb/%2e%2e/evil?code=x', CALLBACK],
    ['a path parameter', 'https://app.example.com/cb;x?code=x', CALLBACK],
    ['another scheme', 'http://app.example.com/cb?code=x', CALLBACK],
    ['another port', 'https://app.example.com:8443/cb?code=x', CALLBACK],
    ['another port of loopback', 'http://127.0.0.1:2/cb?code=x', 'http://127.0.0.1:1/cb'],
    ['a longer value of its query', 'https://app.example.com/cb?a=12&code=x', `${CALLBACK}?a=1`],
    ['another value of its query', 'https://app.example.com/cb?a=2&code=x', `${CALLBACK}?a=1`],
    ['its query missing', 'https://app.example.com/cb?code=x', `${CALLBACK}?a=1`],
    ['its query twice, with another value', 'https://app.example.com/cb?a=2&a=1', `${CALLBACK}?a=1`],
    ['an escaped slash for a slash', 'https://app.example.com/cb%2Fx?code=x', `${CALLBACK}/x`],
    ['part of its query', 'https://app.example.com/cb?a=1&code=x', `${CALLBACK}?a=1&b=2`],
    ['its query in the fragment', 'https://app.example.com/cb#a=1', `${CALLBACK}?a=1`],
    ['another private-use scheme', 'com.evil.app:/cb?code=x', 'com.example.app:/cb'],
    ['another opaque path', 'app:callback2?code=x', 'app:callback'],
    ['no URI that was asked for', 'https://app.example.com/cb?code=x', '/cb'],
  ])('not with %s', (_, target, redirectUri) => expect(goesTo(new URL(target), redirectUri)).toBe(false));
});

test.each([
  ['http://127.0.0.1:8080/cb', true],
  ['http://127.1/cb', true],
  ['http://[::1]:8080/cb', true],
  ['http://LOCALHOST:8080/cb', true],
  ['https://localhost:8080/cb', false],
  ['http://localhost.evil.example/cb', false],
  ['http://127.0.0.1@evil.example/cb', false],
  ['com.example.app://localhost/cb', false],
])('%s is a loopback place: %s', (url, expected) => expect(isLoopbackPlace(new URL(url))).toBe(expected));
