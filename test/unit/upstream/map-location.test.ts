import { describe, expect, test } from 'vitest';
import { mapLocation } from '../../../src/upstream/map-location.ts';

const UPSTREAM = 'https://idp.internal:8443';
const PUBLIC = 'https://login.example.com';

test.each([
  ['/login?a=b#c', '/login?a=b#c'],
  ['login', 'login'],
  ['?a=b', '?a=b'],
  ['', ''],
  [`${UPSTREAM}`, PUBLIC],
  [`${UPSTREAM}/login?a=%zz&b=é#c`, `${PUBLIC}/login?a=%zz&b=é#c`],
  [`${UPSTREAM}?a`, `${PUBLIC}?a`],
  [`${UPSTREAM}//x/../y`, `${PUBLIC}//x/../y`],
  ['HTTPS://IDP.internal:8443/a', `${PUBLIC}/a`],
  ['https:\\\\idp.internal:8443\\a', `${PUBLIC}/a`],
  ['https:/\t/idp.internal:8443/a', `${PUBLIC}/a`],
  ['//idp.internal:8443/a', `${PUBLIC}/a`],
  [`${UPSTREAM}\\a`, `${PUBLIC}/a`],
  ['https://idp.internal/a', 'https://idp.internal/a'],
  ['http://idp.internal:8443/a', `${PUBLIC}/a`],
  ['http://idp.internal/a', 'http://idp.internal/a'],
  [`${UPSTREAM}.evil/a`, `${UPSTREAM}.evil/a`],
  [`${UPSTREAM}@evil.example/`, `${UPSTREAM}@evil.example/`],
  [
    'https://app.example.com/cb?next=https://idp.internal:8443/',
    'https://app.example.com/cb?next=https://idp.internal:8443/',
  ],
  ['com.example.app:/cb', 'com.example.app:/cb'],
  ['https://', 'https://'],
])('%s: %s', (location, mapped) => expect(mapLocation(location, [UPSTREAM], PUBLIC)).toBe(mapped));

describe('an origin with more text after it', () => {
  test.each([
    ['the default port', 'https://idp.internal:443/a'],
    ['user info', 'https://idp.internal:x@idp.internal/a'],
  ])('%s', (_, location) =>
    expect(mapLocation(location, ['https://idp.internal'], 'http://localhost:8080')).toBe(
      'http://localhost:8080/a',
    ),
  );
});

test.each(['https://10.0.0.5:8080/a?b', '//10.0.0.5:8080/a?b', 'http://10.0.0.5:8080/a?b'])(
  'a server that speaks http behind a public https: %s',
  (location) => expect(mapLocation(location, ['http://10.0.0.5:8080'], PUBLIC)).toBe(`${PUBLIC}/a?b`),
);

test('nothing changes if both are the same', () =>
  expect(mapLocation('HTTPS://login.example.com/a', [PUBLIC], PUBLIC)).toBe('HTTPS://login.example.com/a'));
