import { expect, test } from 'vitest';
import { RecentMap } from '../../src/recent-map.ts';

test('beyond its limit, the entry that was not used for the longest time goes', () => {
  const map = new RecentMap<number>(3);
  for (const [index, key] of ['read', 'written', 'unused'].entries()) map.set(key, index);
  map.get('read');
  map.set('written', 4);
  map.set('further', 5);
  expect(map.get('unused')).toBeUndefined();
  expect(['read', 'written', 'further'].map((key) => map.get(key))).toEqual([0, 4, 5]);
});

test('an entry that is read now and then outlives any number of others', () => {
  const map = new RecentMap<string>(10);
  map.set('real', 'kept');
  for (let index = 0; index < 1_000; index += 1) {
    map.set(`made-up ${index}`, '');
    if (index % 9 === 0) expect(map.get('real')).toBe('kept');
  }
});

test('a deleted entry is gone, also the newest', () => {
  const map = new RecentMap<string>(2);
  map.set('a', '1');
  map.delete('a');
  expect(map.get('a')).toBeUndefined();
});
