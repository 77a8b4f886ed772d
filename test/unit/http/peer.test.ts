import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { readPeer } from '../../../src/http/peer.ts';
import { TrustedProxies } from '../../../src/http/trusted-proxies.ts';

type Connection = { readonly remoteAddress?: string; readonly encrypted?: boolean };

/** The part of a request that `readPeer` reads. */
function request(
  headers: Record<string, string>,
  { remoteAddress = '10.0.0.1', encrypted }: Connection = {},
): IncomingMessage {
  return {
    headers: { host: 'login.example.com', ...headers },
    socket: { remoteAddress, encrypted },
  } as unknown as IncomingMessage;
}

const TRUSTED = new TrustedProxies(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', 'fe80::/10']);
const SPOOFED = {
  'x-forwarded-for': '127.0.0.1',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'evil.example',
};

describe('trusted peers', () => {
  test.each([
    ['10.255.0.1', true],
    ['11.0.0.1', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['2001:db8::1', true],
    ['2001:0DB8:0::1', true],
    ['2001:db9::1', false],
    ['::ffff:10.0.0.1', true],
    ['::ffff:a00:1', true],
    ['::ffff:11.0.0.1', false],
    ['fe80::1%eth0', true],
    ['10.0.0.1:80', false],
    ['10.1', false],
    ['0x0a.0.0.1', false],
    ['010.0.0.1', false],
    ['unknown', false],
    ['', false],
  ])('%s: %s', (address, trusted) => expect(TRUSTED.trusts(address)).toBe(trusted));

  test('nobody by default', () => expect(new TrustedProxies([]).trusts('127.0.0.1')).toBe(false));
});

test('an invalid port does not change the host', () => {
  const headers = { 'x-forwarded-host': 'login.example.com', 'x-forwarded-port': '65536' };
  expect(readPeer(request(headers), TRUSTED).host).toBe('login.example.com');
});

describe('headers of an untrusted peer are ignored', () => {
  test.each(['203.0.113.9', '127.0.0.1', '2001:db9::1'])('%s', (remoteAddress) =>
    expect(readPeer(request(SPOOFED, { remoteAddress }), TRUSTED)).toEqual({
      address: remoteAddress,
      forwardedFor: remoteAddress,
      scheme: 'http',
      host: 'login.example.com',
    }),
  );

  test('also without trusted proxies', () =>
    expect(readPeer(request(SPOOFED), new TrustedProxies([]))).toMatchObject({
      address: '10.0.0.1',
      host: 'login.example.com',
    }));

  test('its own TLS counts', () =>
    expect(readPeer(request({}, { remoteAddress: '203.0.113.9', encrypted: true }), TRUSTED).scheme).toBe(
      'https',
    ));

  test('an IPv4 address on a dual-stack socket in its usual form', () =>
    expect(readPeer(request({}, { remoteAddress: '::ffff:203.0.113.9' }), TRUSTED)).toMatchObject({
      address: '203.0.113.9',
      forwardedFor: '203.0.113.9',
    }));

  test('a closed socket has no address', () => {
    const gone = { headers: {}, socket: {} } as unknown as IncomingMessage;
    expect(readPeer(gone, TRUSTED)).toEqual({ address: '', forwardedFor: '', scheme: 'http', host: '' });
  });
});

describe('the client behind trusted proxies', () => {
  test.each([
    ['one proxy', '203.0.113.9', '203.0.113.9'],
    ['two proxies', '203.0.113.9, 10.0.0.2', '203.0.113.9'],
    ['a forged address', '127.0.0.1, 203.0.113.9', '203.0.113.9'],
    ['a forged trusted address', '10.9.9.9, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
    ['what is no address', 'unknown, _hidden', '10.0.0.1'],
    ['no address behind a proxy', 'unknown, 10.0.0.2', '10.0.0.2'],
    ['proxies only', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['IPv6', '2001:db9::1, 2001:db8::1', '2001:db9::1'],
    ['an IPv4 address written as IPv6', '203.0.113.9, ::ffff:10.0.0.2', '203.0.113.9'],
    ['in capitals', '::FFFF:203.0.113.9', '203.0.113.9'],
    ['a mapped address in hex stays one', '::ffff:cb00:7109', '::ffff:cb00:7109'],
    ['ports, as some proxies write them', '203.0.113.9:5678, 10.0.0.2:443', '203.0.113.9'],
    ['an IPv6 address with a port', '[2001:db9::1]:5678', '2001:db9::1'],
    ['empty elements', ' , 203.0.113.9 ,, ', '203.0.113.9'],
    ['nothing', '', '10.0.0.1'],
  ])('%s', (_, forwardedFor, address) =>
    expect(readPeer(request({ 'x-forwarded-for': forwardedFor }), TRUSTED).address).toBe(address),
  );

  test.each([
    ['127.0.0.1,203.0.113.9', '203.0.113.9, 10.0.0.1'],
    ['127.0.0.1,203.0.113.9, 10.0.0.2', '203.0.113.9, 10.0.0.2, 10.0.0.1'],
  ])('the known chain is forwarded, the connected proxy last: %s', (header, forwardedFor) =>
    expect(readPeer(request({ 'x-forwarded-for': header }), TRUSTED).forwardedFor).toBe(forwardedFor),
  );

  test.each([
    ['https', 'https'],
    ['HTTPS', 'https'],
    ['http, https', 'https'],
    ['https, http', 'http'],
    ['wss', 'http'],
    ['', 'http'],
  ])('its scheme: %j is %s', (proto, scheme) =>
    expect(readPeer(request({ 'x-forwarded-proto': proto }), TRUSTED).scheme).toBe(scheme),
  );

  test.each([
    ['app.example.com', 'app.example.com'],
    ['evil.example, app.example.com:8443', 'app.example.com:8443'],
    [' , ', 'login.example.com'],
  ])('its host: %j is %s', (host, expected) =>
    expect(readPeer(request({ 'x-forwarded-host': host }), TRUSTED).host).toBe(expected),
  );
});

describe('two trusted proxies', () => {
  const behindTwo = (headers: Record<string, string>) =>
    readPeer(request({ 'x-forwarded-for': '203.0.113.9, 10.0.0.2', ...headers }), TRUSTED);

  test.each([
    ['both add', 'https, http', 'https'],
    ['a client that lies, and both add', 'http, https, http', 'https'],
    ['one that replaces', 'https', 'https'],
  ])('scheme: %s', (_, proto, scheme) =>
    expect(behindTwo({ 'x-forwarded-proto': proto }).scheme).toBe(scheme),
  );

  test('host: that of the proxy to which browsers connect', () =>
    expect(behindTwo({ 'x-forwarded-host': 'evil.example, login.example, inner' }).host).toBe(
      'login.example',
    ));
});

describe('the port', () => {
  test.each([
    [{ 'x-forwarded-port': '8443' }, 'login.example.com:8443'],
    [{ 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' }, 'login.example.com'],
    [{ 'x-forwarded-proto': 'https', 'x-forwarded-port': '80' }, 'login.example.com'],
    [{ 'x-forwarded-host': 'a.example:9443', 'x-forwarded-port': '8443' }, 'a.example:9443'],
    [{ 'x-forwarded-host': 'a.example:443' }, 'a.example'],
    [{ 'x-forwarded-port': 'no port' }, 'login.example.com'],
    [{ host: 'login.example.com:8080' }, 'login.example.com:8080'],
    [{ host: 'login.example.com.:8080' }, 'login.example.com:8080'],
    [{ 'x-forwarded-host': 'a b' }, 'login.example.com'],
  ])('%j: %s', (headers, host) => expect(readPeer(request(headers), TRUSTED).host).toBe(host));
});

describe('Forwarded (RFC 7239)', () => {
  test.each([
    ['for=203.0.113.9;proto=https;host=login.example', '203.0.113.9', 'https', 'login.example'],
    ['For="[2001:db9::1]:4711" ; Proto=HTTPS', '2001:db9::1', 'https', 'login.example.com'],
    ['for=1.1.1.1;proto=http, for=203.0.113.9;proto=https', '203.0.113.9', 'https', 'login.example.com'],
    ['for=203.0.113.9;proto=https, for=10.0.0.2;proto=http', '203.0.113.9', 'https', 'login.example.com'],
    ['by="a,b;c\\"d";for=203.0.113.9;host="login.example:8443"', '203.0.113.9', 'http', 'login.example:8443'],
    ['for=_hidden;proto=https', '10.0.0.1', 'https', 'login.example.com'],
    ['nonsense', '10.0.0.1', 'http', 'login.example.com'],
  ])('%s', (forwarded, address, scheme, host) =>
    expect(readPeer(request({ forwarded }), TRUSTED)).toMatchObject({ address, scheme, host }),
  );

  test('counts only without X-Forwarded-*', () =>
    expect(
      readPeer(request({ forwarded: 'for=1.1.1.1', 'x-forwarded-for': '203.0.113.9' }), TRUSTED).address,
    ).toBe('203.0.113.9'));
});

describe('headers of trusted proxies', () => {
  const HEADERS = { 'x-request-id': 'abc-1', 'x-forwarded-prefix': '/sso' };
  test('are used', () =>
    expect(readPeer(request(HEADERS), TRUSTED)).toMatchObject({ requestId: 'abc-1', prefix: '/sso' }));

  test('are ignored from others', () => {
    const peer = readPeer(request(HEADERS, { remoteAddress: '203.0.113.9' }), TRUSTED);
    expect([peer.requestId, peer.prefix]).toEqual([undefined, undefined]);
  });

  test.each(['', 'a b', 'a\u001b[31m', 'x'.repeat(129), 'a<b>'])('the id %j is none', (id) =>
    expect(readPeer(request({ 'x-request-id': id }), TRUSTED).requestId).toBeUndefined(),
  );

  test('in the configured header', () => {
    const trusted = new TrustedProxies(['10.0.0.0/8'], 'X-Correlation-Id');
    expect(readPeer(request({ 'x-correlation-id': 'c-1' }), trusted).requestId).toBe('c-1');
  });
});
