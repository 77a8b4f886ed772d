import { describe, expect, test } from 'vitest';
import { buildRequestHeaders, connectionNamed } from '../../../src/upstream/request-headers.ts';

const PEER = {
  address: '203.0.113.9',
  forwardedFor: '203.0.113.9, 10.0.0.1',
  scheme: 'https',
  host: 'login.example.com',
} as const;
const FORWARDED = [
  'X-Forwarded-For',
  '203.0.113.9, 10.0.0.1',
  'X-Forwarded-Proto',
  'https',
  'X-Forwarded-Host',
  'login.example.com',
  'X-Forwarded-Port',
  '443',
  'X-Request-Id',
  'id-1',
];
const OPTIONS = {
  peer: PEER,
  publicOrigin: 'https://login.example.com',
  host: 'idp.internal',
  requestId: ['X-Request-Id', 'id-1'],
} as const;

/** The remaining headers, without those that the gateway sets. */
function clean(raw: readonly string[], body: 'as_sent' | 'replaced' = 'as_sent'): string[] {
  const headers = buildRequestHeaders(raw, { ...OPTIONS, body });
  expect(headers.slice(0, 2)).toEqual(['Host', 'idp.internal']);
  expect(headers.slice(-10)).toEqual(FORWARDED);
  return headers.slice(2, -10);
}

describe('never forwarded', () => {
  test.each([
    // RFC 9110 7.6.1
    'Connection',
    'Keep-Alive',
    'Proxy-Authenticate',
    'Proxy-Authorization',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'HTTP2-Settings',
    'Expect',
    // The gateway sets these itself.
    'Host',
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-Port',
    'X-Forwarded-Prefix',
    'X-Forwarded-Server',
    'X-Forwarded-Anything',
    'X-Real-IP',
    // These would show the upstream another path, method or host.
    'X-Original-URL',
    'X-Original-URI',
    'X-Original-Method',
    'X-Original-Host',
    'X-Rewrite-URL',
    'X-HTTP-Method-Override',
    'X-HTTP-Method',
    'X-Method-Override',
    'X-Host',
    'X-Original-Path',
    'X-Rewrite-Path',
    'X-Request-URI',
    'X-Envoy-Original-Path',
    'X-MS-Original-URL',
    'X-WAWS-Unencoded-URL',
    'X-RestLi-Method-Override',
    'X-Tunneled-Method',
  ])('%s, in any spelling', (name) => {
    const spellings = [
      name,
      name.toLowerCase(),
      name.toUpperCase(),
      name.replaceAll('-', '_'),
      name.replaceAll('-', '.'),
      name.replace('-', '_').toLowerCase(),
    ];
    for (const spelling of spellings) {
      expect(clean(['A', '1', spelling, 'x', 'B', '2'])).toEqual(['A', '1', 'B', '2']);
    }
  });
});

describe('forwarded unchanged', () => {
  test('names as written, order, duplicates and values', () => {
    const raw = [
      ...['Cookie', 'a=1', 'accept', '*/*', 'COOKIE', 'b=2', 'X-Custom', '', 'x-custom', ' padded '],
      ...['DPoP', 'e30', 'Origin', 'https://app.example.com', 'Via', '1.1 proxy'],
    ];
    expect(clean(raw)).toEqual(raw);
  });

  test.each(['X-Forward', 'X-Original', 'Hosts', 'X-Method', 'Upgrade-Insecure-Requests', 'Accept-Encoding'])(
    '%s',
    (name) => expect(clean([name, 'x'])).toEqual([name, 'x']),
  );

  test('no headers at all', () => expect(clean([])).toEqual([]));
});

test('another method may be named at other paths', () => {
  const raw = ['X-HTTP-Method-Override', 'DELETE', 'X_Method_Override', 'PUT', 'X-Original-URL', '/a'];
  const headers = buildRequestHeaders(raw, { ...OPTIONS, body: 'as_sent', keepsMethodOverrides: true });
  expect(headers.slice(2, -10)).toEqual(raw.slice(0, 4));
});

test.each([
  ['https://login.example.com', ['https', 'login.example.com', '443']],
  ['http://login.example.com', ['http', 'login.example.com', '80']],
  ['https://login.example.com:8443', ['https', 'login.example.com:8443', '8443']],
  ['http://[2001:db8::1]', ['http', '[2001:db8::1]', '80']],
  ['http://[2001:db8::1]:81', ['http', '[2001:db8::1]:81', '81']],
  ['http://', ['http', '', '80']],
])('the upstream gets %s', (publicOrigin, expected) => {
  const headers = buildRequestHeaders([], { ...OPTIONS, publicOrigin, body: 'as_sent' });
  const sent = (name: string) => headers[headers.indexOf(name) + 1];
  expect(['Proto', 'Host', 'Port'].map((part) => sent(`X-Forwarded-${part}`))).toEqual(expected);
});

test('an id from the client is not used', () => {
  const raw = ['X-Request-ID', 'a', 'x_request_id', 'b', 'traceparent', '00-1-2-01', 'tracestate', 'c=d'];
  expect(clean(raw)).toEqual(raw.slice(4));
});

describe('headers that are forwarded once', () => {
  test.each(['Authorization', 'Content-Type', 'Content-Length'])('%s: the first one was judged', (name) => {
    expect(clean([name, '1', name.toLowerCase(), '2', name.toUpperCase(), '3'])).toEqual([name, '1']);
  });

  test.each(['content_type', 'CONTENT_LENGTH', 'Content.Type', 'content_Length'])(
    '%s, which CGI reads as the same header, is dropped, even if it comes first',
    (name) => {
      const proper = /type/i.test(name) ? 'Content-Type' : 'Content-Length';
      expect(clean([name, '1', proper, '2'])).toEqual([proper, '2']);
      expect(clean([name, '1'])).toEqual([]);
    },
  );

  test('the headers that describe a replaced body are dropped', () => {
    const raw = ['Content-Type', 'a/b', 'Content_Type', 'c/d', 'Content-Length', '5', 'Accept', '*/*'];
    expect(clean(raw, 'replaced')).toEqual(['Accept', '*/*']);
  });
});

test('a response that will be read is requested without a coding, whatever the client accepts', () => {
  const raw = ['Accept-Encoding', 'gzip', 'accept_encoding', 'br', 'Accept', '*/*'];
  const options = { ...OPTIONS, body: 'as_sent', acceptEncoding: 'identity' } as const;
  const headers = buildRequestHeaders(raw, options);
  expect(headers.slice(2, -10)).toEqual(['Accept', '*/*', 'Accept-Encoding', 'identity']);
});

describe('headers named in Connection belong to this hop', () => {
  test.each([
    ['one', ['Connection', 'X-Hop', 'X-Hop', '1', 'A', '2'], ['A', '2']],
    ['several, in any case', ['connection', 'close, x-HOP ,b', 'X-Hop', '1', 'B', '2', 'C', '3'], ['C', '3']],
    ['in two headers', ['Connection', 'a', 'CONNECTION', 'b', 'A', '1', 'B', '2', 'C', '3'], ['C', '3']],
    ['behind their use', ['X-Hop', '1', 'Connection', 'x-hop'], []],
    ['with an underscore', ['Connection', 'x_hop', 'X-Hop', '1', 'X_Hop', '2'], []],
    ['keep-alive alone', ['Connection', 'keep-alive', 'A', '1'], ['A', '1']],
    ['nothing', ['Connection', ' ,, ', 'A', '1'], ['A', '1']],
  ])('%s', (_, raw, expected) => expect(clean(raw)).toEqual(expected));

  test.each([
    'Authorization',
    'Content-Type',
    'Content-Length',
    'Content-Encoding',
    'Cookie',
    'content_type',
  ])('a client cannot remove %s', (token) => {
    const raw = [
      'Authorization',
      'a',
      'Content-Type',
      'b',
      'Content-Length',
      '1',
      'Content-Encoding',
      'c',
      'Cookie',
      'd',
    ];
    expect(clean(['Connection', token, ...raw])).toEqual(raw);
  });

  test('none in the usual case', () => {
    expect(connectionNamed(['Connection', 'keep-alive', 'A', 'b'])).toBeUndefined();
    expect(connectionNamed(['Connection', 'Close, Keep-Alive'])).toBeUndefined();
    expect(connectionNamed(['X-Connection', 'a'])).toBeUndefined();
    expect(connectionNamed(['Connection', 'A, b'])).toEqual(new Set(['a', 'b']));
  });
});
