import { expect, test } from 'vitest';
import type { ClientActivity } from '../../../src/inventory/client-activity.ts';
import { UNLISTED_LIMIT } from '../../../src/inventory/history.ts';
import { readInventory } from '../../../src/inventory/inventory-report.ts';
import { MemoryInventoryStore } from '../../../src/inventory/inventory-store-memory.ts';
import { PastDays } from '../../../src/inventory/past-days.ts';
import { fillInventory, type SampleClient } from '../../support/sample-inventory.ts';
import { samplePolicy } from '../../support/sample-policy.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const UNLISTED = samplePolicy({ name: '_unlisted', mode: 'report' });

async function report(entries: readonly string[], counted: readonly SampleClient[]) {
  const store = new MemoryInventoryStore();
  await fillInventory(store, 'corp', counted, NOW);
  const listed = entries.map((name) => samplePolicy({ name, mode: 'report' }));
  const source = new PastDays(store, () => NOW);
  const read = async () => {
    const { clients, upstreamTrouble } = await readInventory(
      source,
      [{ name: 'corp', clients: { listed, unlisted: UNLISTED } }],
      NOW,
    );
    return { requests: Object.fromEntries(clients.map(requestsOf)), clients, upstreamTrouble };
  };
  const first = await read();
  // Whoever reads again, of what was kept from the first time, reads the same.
  expect(await read()).toEqual(first);
  return first;
}
const requestsOf = ({ client, total }: ClientActivity) => [client, total.requests];
const daily = (name: string, requests: number, unlisted = false): SampleClient => ({
  name,
  unlisted,
  day: () => ({ S256: requests, bound: requests }),
});

test('every entry is there, in its order, seen or not; then the others, the busiest first', async () => {
  const { requests } = await report(
    ['b', 'a'],
    [daily('a', 1), daily('x', 2, true), daily('y', 3, true), daily('_unlisted', 4)],
  );
  expect(Object.entries(requests)).toEqual([
    ['b', 0],
    ['a', 14],
    ['y', 42],
    ['x', 28],
    ['_unlisted', 56],
  ]);
});

test('a client that got an entry since it was counted belongs to it, be it its own or a prefix', async () => {
  const counted = [
    daily('mobile-1', 1, true),
    daily('mobile-2', 2, true),
    daily('mobile-*', 4),
    daily('portal', 8, true),
  ];
  expect((await report(['mobile-*', 'portal'], counted)).requests).toEqual({
    'mobile-*': 98,
    portal: 112,
    _unlisted: 0,
  });
});

test('one whose entry is gone stands among the others', async () => {
  expect((await report([], [daily('portal', 1)])).requests).toEqual({ _unlisted: 14 });
});

test('an entry that matches `_unlisted` by its prefix does not take it over', async () => {
  const { requests, clients } = await report(['_*'], [daily('_unlisted', 1), daily('_x', 2, true)]);
  expect(requests).toEqual({ '_*': 28, _unlisted: 14 });
  expect(clients.at(-1)).toMatchObject({ client: '_unlisted', listed: false });
});

test('of too many others, the ones with the most codes have a name', async () => {
  const many = Array.from({ length: UNLISTED_LIMIT + 50 }, (_, i) => daily(`client-${i}`, i + 1, true));
  const { requests } = await report([], many);
  expect(Object.keys(requests)).toHaveLength(UNLISTED_LIMIT + 1);
  expect(requests[`client-${UNLISTED_LIMIT + 49}`]).toBe((UNLISTED_LIMIT + 50) * 14);
  expect(requests['client-49']).toBeUndefined();
  expect(requests['_unlisted']).toBe(14 * ((50 * 51) / 2));
});

test('what the upstream did not answer is told by kind', async () => {
  const { upstreamTrouble } = await report([], [daily('portal', 1)]);
  expect(upstreamTrouble.get('corp')?.counts).toEqual(
    new Map([
      ['timeout', 2],
      ['unreachable', 1],
    ]),
  );
});
