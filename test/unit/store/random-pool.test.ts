import { expect, test } from 'vitest';
import { takeRandomBytes } from '../../../src/store/random-pool.ts';

test('no bytes are returned twice, for any sizes', () => {
  const sizes = Array.from({ length: 3000 }, (_, i) => (i % 3 === 0 ? 32 : 16));
  const taken = sizes.map(takeRandomBytes);
  expect(taken.map((bytes) => bytes.length)).toEqual(sizes);
  const halves = taken.flatMap((bytes) =>
    [bytes.subarray(0, 16), bytes.subarray(16)].filter((half) => half.length > 0),
  );
  expect(new Set(halves.map((half) => half.toString('hex'))).size).toBe(halves.length);
});

test('returned bytes do not change afterwards', () => {
  const first = takeRandomBytes(32);
  const before = first.toString('hex');
  for (let i = 0; i < 500; i += 1) takeRandomBytes(32);
  expect(first.toString('hex')).toBe(before);
});
