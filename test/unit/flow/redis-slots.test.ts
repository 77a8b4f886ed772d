import { expect, test } from 'vitest';
import { parseSlots, slotOf } from '../../../src/flow/redis-slots.ts';

// As CLUSTER KEYSLOT of Redis 7.0 has them; the first is the check value of CRC16 (XMODEM).
test.each([
  ['123456789', 0x31c3],
  ['foo', 12_182],
  ['{foo}.bar', 12_182],
  ['a{foo}b{bar}c', 12_182],
  ['ü', 9_552],
  ['foo{}{bar}', 8_363],
  ['foo{bar', 15_278],
  ['foo}bar{', 11_073],
  ['foo{{bar}}zap', 4_015],
  ['{}', 15_257],
])('the slot of %s is %i', (key, slot) => {
  expect(slotOf(key)).toBe(slot);
});

const ASKED = { host: '10.0.0.9', port: 7000 };

test('a map of slots', () => {
  const map = parseSlots(
    [
      [0, 5460, ['10.0.0.1', 6379, 'id-1'], ['10.0.0.4', 6379, 'id-4']],
      [5461, 16_382, ['10.0.0.2', 6380, 'id-2', []]],
    ],
    ASKED,
  );
  const [first, second] = [
    { host: '10.0.0.1', port: 6379 },
    { host: '10.0.0.2', port: 6380 },
  ];
  expect(map?.primaries).toEqual([first, second]);
  expect(map?.nodes).toEqual([first, { host: '10.0.0.4', port: 6379 }, second]);
  const at = [0, 5460, 5461, 16_382, 16_383].map((slot) => map?.owners[slot]);
  expect(at).toEqual([first, first, second, second, undefined]);
});

test.each([null, '', '?'])('a node that calls itself %j is the one that was asked', (host) => {
  expect(parseSlots([[0, 1, [host, 6379]]], ASKED)?.primaries).toEqual([{ host: '10.0.0.9', port: 6379 }]);
});

test.each([undefined, null, 'OK', [], [[]], [[0, 1]], [[0, 1, ['host', 'port']]]])(
  'a map of nothing is none: %j',
  (reply) => {
    expect(parseSlots(reply, ASKED)).toBeUndefined();
  },
);
