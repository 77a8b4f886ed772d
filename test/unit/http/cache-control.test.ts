import { expect, test } from 'vitest';
import { limitCacheControl } from '../../../src/http/cache-control.ts';

test.each([
  [undefined, 'max-age=60'],
  ['public, max-age=86400', 'max-age=60'],
  ['max-age=5', 'max-age=5'],
  ['Private, MAX-AGE="30"', 'private, max-age=30'],
  ['no-cache', 'no-cache, max-age=60'],
  ['max-age=10, no-store', 'no-store'],
  ['max-age=soon', 'max-age=0'],
  ['max-age', 'max-age=0'],
])('%s: %s', (given, limited) => expect(limitCacheControl(given, 60)).toBe(limited));
