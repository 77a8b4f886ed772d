import { expect, test } from 'vitest';
import { publishHead } from '../../../src/upstream/publish-head.ts';

const OWN = { origin: 'https://idp.internal:8443', origins: ['https://sso.corp.example', 'http://10.0.0.5'] };
const PUBLIC = 'https://login.example.com';
const published = (name: string, value: string, publicOrigin = PUBLIC) =>
  publishHead({ status: 200, statusText: '', headers: [name, value] }, OWN, publicOrigin).headers[1];

test.each([
  ['Location', 'https://sso.corp.example/a?b', 'https://login.example.com/a?b'],
  ['location', 'http://idp.internal:8443/a', 'https://login.example.com/a'],
  ['Content-Location', 'http://10.0.0.5/a', 'https://login.example.com/a'],
  ['Location', 'https://app.example.com/cb?code=1', 'https://app.example.com/cb?code=1'],
  ['Refresh', '0; url=https://idp.internal:8443/next', '0; url=https://login.example.com/next'],
  ['Refresh', "5;URL='https://sso.corp.example/a'", "5;URL='https://login.example.com/a'"],
  ['Refresh', '5, https://sso.corp.example/a', '5, https://login.example.com/a'],
  ['Refresh', '5', '5'],
  ['Refresh', '0; url=/next', '0; url=/next'],
  ['Refresh', '0; url=https://app.example.com/', '0; url=https://app.example.com/'],
  ['Set-Cookie', 'a=b; Domain=idp.internal; Path=/', 'a=b; Domain=login.example.com; Path=/'],
  ['Set-Cookie', 'a=b; Path=/;domain=.sso.corp.example', 'a=b; Path=/; Domain=login.example.com'],
  ['Set-Cookie', 'a=b; domain=corp.example; Secure', 'a=b; Domain=login.example.com; Secure'],
  ['Set-Cookie', 'a=b; Domain=example.com', 'a=b; Domain=example.com'],
  ['Set-Cookie', 'a=b; Domain=elsewhere.example', 'a=b; Domain=elsewhere.example'],
  ['Set-Cookie', 'a=domain=idp.internal; Path=/', 'a=domain=idp.internal; Path=/'],
  ['Set-Cookie', 'domain=idp.internal', 'domain=idp.internal'],
  ['X-Other', 'https://idp.internal:8443/', 'https://idp.internal:8443/'],
])('%s: %s', (name, value, expected) => expect(published(name, value)).toBe(expected));

test.each(['http://127.0.0.1:8080', 'http://localhost:8080'])(
  'a cookie of %s has no domain: no browser would accept it',
  (origin) => expect(published('Set-Cookie', 'a=b; Domain=idp.internal; Path=/', origin)).toBe('a=b; Path=/'),
);

test('an unchanged head is the same object', () => {
  const head = { status: 200, statusText: '', headers: ['Location', '/a', 'Set-Cookie', 'a=b'] };
  expect(publishHead(head, OWN, PUBLIC)).toBe(head);
});
