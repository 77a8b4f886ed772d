import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ClientCounts, newClientCounts } from '../../src/inventory/client-counts.ts';
import { type CountsEntry, FRESH_PER_DAY, type InventoryStore } from '../../src/inventory/inventory-store.ts';
import { ADAPTERS, type Adapter, type StoreUnderTest } from './flow-store-adapters.ts';

const DAY = 20_000;
const AT = DAY * 86_400;

describe.each(ADAPTERS)('the inventory in $kind', ({ start }) => {
  let adapter: Adapter;
  let opened: StoreUnderTest;
  let store: InventoryStore;
  let sequence: number;

  beforeAll(async () => {
    adapter = await start();
  });
  afterAll(() => adapter[Symbol.asyncDispose]());
  beforeEach(async () => {
    opened = await adapter.open();
    store = opened.inventory;
    sequence = 0;
    return () => opened[Symbol.asyncDispose]();
  });

  const add = (
    entries: readonly CountsEntry[],
    where: { issuer?: string; day?: number; writer?: string } = {},
  ) => {
    sequence += 1;
    return store.addCounts({ issuer: 'corp', day: DAY, writer: 'one', sequence, entries, ...where });
  };
  const loaded = async (issuer = 'corp', day = DAY) =>
    Object.fromEntries(await store.loadCounts(issuer, day));

  test('what is added is loaded as it was', async () => {
    const portal = entry(
      'portal',
      { S256: 3, bound: 2, '!challenge_missing': 1 },
      { trouble: 'challenge_missing' },
    );
    const other = entry('mobile-*', { none: 1 });
    await add([portal, other]);
    expect(await loaded()).toEqual({ portal: portal.counts, 'mobile-*': other.counts });
  });

  test('an unknown day is empty', async () => expect(await loaded()).toEqual({}));

  test('counts add up, whoever writes them; first and last are kept', async () => {
    await add([entry('portal', { S256: 3, bound: 1 }, { at: AT + 100, trouble: 'code_unknown' })]);
    await add([entry('portal', { S256: 2, none: 1 }, { at: AT + 300, trouble: 'challenge_missing' })], {
      writer: 'two',
    });
    // One that was held up: older than what is there.
    await add([entry('portal', { bound: 1 }, { at: AT + 200, trouble: 'verifier_missing' })]);
    expect(await loaded()).toEqual({
      portal: {
        counts: new Map([
          ['S256', 5],
          ['bound', 2],
          ['none', 1],
        ]),
        firstSeen: AT + 100,
        lastSeen: AT + 300,
        lastTrouble: { at: AT + 300, what: 'challenge_missing' },
        unlisted: false,
      },
    });
  });

  test('a batch that is sent again counts once', async () => {
    const batch = {
      issuer: 'corp',
      day: DAY,
      writer: 'one',
      sequence: 7,
      entries: [entry('portal', { S256: 1 })],
    };
    await store.addCounts(batch);
    await store.addCounts(batch);
    await Promise.all([store.addCounts(batch), store.addCounts({ ...batch, writer: 'two' })]);
    expect((await loaded())['portal']?.counts.get('S256')).toBe(2);
  });

  test('issuers and days are kept apart', async () => {
    await add([entry('portal', { S256: 1 })]);
    await add([entry('portal', { S256: 2 })], { day: DAY + 1 });
    await add([entry('portal', { S256: 4 })], { issuer: 'partner' });
    const seen = [await loaded(), await loaded('corp', DAY + 1), await loaded('partner')];
    expect(seen.map((clients) => clients['portal']?.counts.get('S256'))).toEqual([1, 2, 4]);
  });

  test('names are texts, whatever they look like', async () => {
    const names = [
      '__proto__',
      'constructor',
      '{a}b',
      '*',
      'ü€😀',
      '"\\\'',
      '<script>',
      '_unlisted',
      'x'.repeat(512),
    ];
    await add(names.map((name) => entry(name, { S256: 1 })));
    expect([...(await store.loadCounts('corp', DAY)).keys()].sort()).toEqual([...names].sort());
  });

  test('a client that gets an entry of its own is an unlisted one no more', async () => {
    await add([entry('portal', { S256: 1 }, { unlisted: true })]);
    expect((await loaded())['portal']?.unlisted).toBe(true);
    await add([entry('portal', { S256: 1 })]);
    expect((await loaded())['portal']?.unlisted).toBe(false);
  });

  test('fresh names beyond the limit count under _unlisted; those that are known do not', async () => {
    const fresh = (i: number): CountsEntry => ({
      ...entry(`fresh-${i}`, { S256: 1 }, { unlisted: true }),
      fresh: true,
    });
    const many = Array.from({ length: FRESH_PER_DAY + 20 }, (_, i) => fresh(i));
    for (let start = 0; start < many.length; start += 500) await add(many.slice(start, start + 500));
    await add([entry('known', { S256: 1 }, { unlisted: true }), fresh(0), fresh(FRESH_PER_DAY + 99)]);
    const day = await store.loadCounts('corp', DAY);
    expect(day.size).toBe(FRESH_PER_DAY + 2);
    expect(day.get('_unlisted')?.counts.get('S256')).toBe(21);
    expect(day.get('fresh-0')?.counts.get('S256')).toBe(2);
    expect(day.get('known')?.counts.get('S256')).toBe(1);
  });

  test('thousands of clients are loaded, each once', async () => {
    const many = Array.from({ length: 3_000 }, (_, i) => entry(`client-${i}`, { S256: i + 1 }));
    for (let start = 0; start < many.length; start += 100) await add(many.slice(start, start + 100));
    const day = await store.loadCounts('corp', DAY);
    expect(day.size).toBe(3_000);
    expect([...day.values()].reduce((sum, { counts }) => sum + (counts.get('S256') ?? 0), 0)).toBe(4_501_500);
  });
});

function entry(
  name: string,
  counts: Readonly<Record<string, number>>,
  { at = AT, trouble, unlisted = false }: { at?: number; trouble?: string; unlisted?: boolean } = {},
): CountsEntry {
  const record: ClientCounts = newClientCounts(at, unlisted);
  for (const [what, number] of Object.entries(counts)) record.counts.set(what, number);
  if (trouble !== undefined) record.lastTrouble = { at, what: trouble };
  return { name, counts: record, fresh: false };
}
