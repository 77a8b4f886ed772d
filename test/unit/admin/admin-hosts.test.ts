import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { acceptsHost } from '../../../src/admin/admin-hosts.ts';

function request(host: string | undefined, localAddress: string): IncomingMessage {
  const headers = host === undefined ? {} : { host };
  return { headers, rawHeaders: Object.entries(headers).flat(), socket: { localAddress } } as IncomingMessage;
}

const LOOPBACK = ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'];

test.each([
  '127.0.0.1:9090',
  '10.1.2.3',
  '[::1]:9090',
  '[2001:db8::1]',
  'localhost:9090',
  'LocalHost',
  // RFC 6761 6.3: the same name, which no website can have.
  'localhost.',
  'localhost.:9090',
  undefined,
])('%s cannot be the name of a website', (host) => {
  for (const address of [...LOOPBACK, '10.1.2.3']) {
    for (const hosts of [undefined, ['admin.example.com']]) {
      expect(acceptsHost(request(host, address), hosts)).toBe(true);
    }
  }
});

test.each([
  'rebound.example',
  'rebound.example:9090',
  'localhost.rebound.example',
  '127.0.0.1.rebound.example',
  'rebound.example.',
  'localhost.rebound.example.:9090',
])('%s may be the name of a website: not accepted over loopback, unless it is configured', (host) => {
  for (const address of LOOPBACK) {
    expect(acceptsHost(request(host, address), undefined)).toBe(false);
    expect(acceptsHost(request(host.toUpperCase(), address), [host])).toBe(true);
  }
  expect(acceptsHost(request(host, '10.1.2.3'), undefined)).toBe(true);
  expect(acceptsHost(request(host, '10.1.2.3'), ['admin.example.com'])).toBe(false);
});

test('the port does not count', () => {
  const hosts = ['admin.example.com:9090'];
  for (const host of ['admin.example.com', 'admin.example.com:443', 'Admin.Example.com:9090']) {
    expect(acceptsHost(request(host, '127.0.0.1'), hosts)).toBe(true);
  }
});

test('an ambiguous Host is not accepted', () => {
  expect(acceptsHost(request('localhost@rebound.example', '10.1.2.3'), undefined)).toBe(false);
});
