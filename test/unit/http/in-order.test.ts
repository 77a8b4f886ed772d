import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Entry, InOrder } from '../../../src/http/in-order.ts';

test('whatever comes and goes, those that are there stand in the order in which they came', () => {
  const steps = fc.array(fc.record({ comes: fc.boolean(), which: fc.nat() }), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (steps) => {
      const list = new InOrder<number>();
      const expected = new Map<number, Entry<number>>();
      for (const [value, { comes, which }] of steps.entries()) {
        if (comes) expected.set(value, list.add(value));
        const [gone, entry] = [...expected][which % Math.max(expected.size, 1)] ?? [];
        if (!comes && gone !== undefined && entry !== undefined) {
          list.remove(entry);
          expected.delete(gone);
        }
        expect([...list]).toEqual([...expected.keys()]);
      }
    }),
  );
});

test('what has gone keeps nothing', () => {
  const list = new InOrder<string>();
  const entries = ['a', 'b', 'c'].map((value) => list.add(value));
  list.remove(entries[1] as Entry<string>);
  expect(entries[1]).toEqual({ value: 'b', before: undefined, behind: undefined });
});
