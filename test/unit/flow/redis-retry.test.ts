import { expect, test } from 'vitest';
import { retryDelay } from '../../../src/flow/redis-retry.ts';

test('pauses between attempts grow up to two seconds, and no further', () => {
  const longest = (attempt: number) => Math.max(...Array.from({ length: 200 }, () => retryDelay(attempt)));
  const shortest = (attempt: number) => Math.min(...Array.from({ length: 200 }, () => retryDelay(attempt)));
  for (let attempt = 1; attempt < 6; attempt += 1) {
    expect(shortest(attempt + 1)).toBeGreaterThan(shortest(attempt));
  }
  for (const attempt of [1, 2, 6, 7, 100, 1_000_000]) {
    expect(shortest(attempt)).toBeGreaterThanOrEqual(25);
    expect(longest(attempt)).toBeLessThanOrEqual(2_000);
  }
  expect(shortest(1_000_000)).toBeGreaterThanOrEqual(1_000);
});

test('gateways that have lost Redis at the same moment do not come back at the same moment', () => {
  expect(new Set(Array.from({ length: 100 }, () => retryDelay(6))).size).toBeGreaterThan(90);
});
