import { expect, test } from 'vitest';
import { clientOf } from '../../../src/http/client-address.ts';

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::6', '2001:db8:1:2'],
  ['2001:db8::6', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['1::', '1:0:0:0'],
  ['', ''],
])('%s is the client %s', (address, client) => expect(clientOf(address)).toBe(client));

test('addresses of one network are one client, those of two networks are two', () => {
  expect(clientOf('2001:db8::1')).toBe(clientOf('2001:db8::2:ffff'));
  expect(clientOf('2001:db8::1')).not.toBe(clientOf('2001:db8:0:1::1'));
});
