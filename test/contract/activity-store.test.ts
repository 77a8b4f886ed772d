import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ActivityStore, dayRecord, RECORD_TTL } from '../../src/activity/activity-store.ts';
import { ADAPTERS, type Adapter, type StoreUnderTest } from './store/adapters.ts';

const TODAY = dayRecord('corp', 20_000);

describe.each(ADAPTERS)('activity in $kind', ({ start }) => {
  let adapter: Adapter;
  let opened: StoreUnderTest;
  let store: ActivityStore;

  beforeAll(async () => {
    adapter = await start();
  });
  afterAll(() => adapter[Symbol.asyncDispose]());
  beforeEach(async () => {
    opened = await adapter.open();
    store = opened.activity;
    return () => opened[Symbol.asyncDispose]();
  });

  const add = (changes: Readonly<Record<string, number | string>>, record = TODAY) =>
    store.addActivity(record, new Map(Object.entries(changes)));
  const loaded = async (record = TODAY) => Object.fromEntries(await store.loadActivity(record));

  test('numbers are added, also negative ones; a text replaces the one before', async () => {
    await add({ 'S256 portal': 3, 'last portal': '17 challenge_missing', 'none _unlisted': 1 });
    await add({ 'S256 portal': 2, 'bound portal': 1, 'none _unlisted': -1 });
    await add({ 'last portal': '18 verifier_missing' });
    expect(await loaded()).toEqual({
      'S256 portal': '5',
      'bound portal': '1',
      'none _unlisted': '0',
      'last portal': '18 verifier_missing',
    });
  });

  test('an unknown record is empty, and records are separate', async () => {
    await add({ 'S256 portal': 1 });
    await add({ 'S256 portal': 2 }, dayRecord('corp', 20_001));
    await add({ 'S256 portal': 4 }, dayRecord('partner', 20_000));
    expect(await loaded()).toEqual({ 'S256 portal': '1' });
    expect(await loaded(dayRecord('partner', 20_000))).toEqual({ 'S256 portal': '4' });
    expect(await loaded(dayRecord('nobody', 20_000))).toEqual({});
  });

  test('names can be any text', async () => {
    const names = ['__proto__', 'constructor', '{a}b', '*', 'ü€😀', '"\\\'', '<script>', 'x'.repeat(512), ''];
    const changes = Object.fromEntries(names.map((name) => [`S256 ${name}`, 1]));
    await add(changes);
    expect(Object.keys(await loaded()).sort()).toEqual(Object.keys(changes).sort());
  });

  test('concurrent writers lose nothing', async () => {
    await Promise.all(Array.from({ length: 50 }, () => add({ 'S256 portal': 1, 'bound portal': 2 })));
    expect(await loaded()).toEqual({ 'S256 portal': '50', 'bound portal': '100' });
  });

  test('a large record is loaded completely', async () => {
    const fields = Array.from({ length: 5_000 }, (_, i) => [`S256 client-${i}`, i] as const);
    for (let i = 0; i < fields.length; i += 500) {
      await store.addActivity(TODAY, new Map(fields.slice(i, i + 500)));
    }
    const all = await store.loadActivity(TODAY);
    expect(all.size).toBe(5_000);
    expect(all.get('S256 client-4999')).toBe('4999');
  });

  test('a record is kept for 15 days after its last change', async () => {
    await add({ 'S256 portal': 1 });
    await opened.advance(RECORD_TTL - 60_000);
    await add({ 'S256 portal': 1 });
    await opened.advance(RECORD_TTL - 60_000);
    expect(await loaded()).toEqual({ 'S256 portal': '2' });
    await opened.advance(120_000);
    expect(await loaded()).toEqual({});
  });
});
