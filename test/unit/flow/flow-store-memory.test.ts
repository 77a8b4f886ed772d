import { describe, expect, test } from 'vitest';
import { BINDING_MEMORY } from '../../../src/flow/binding.ts';
import { DEFAULT_MEMORY_CAPACITY, MemoryFlowStore } from '../../../src/flow/flow-store-memory.ts';
import { openStores } from '../../../src/open-stores.ts';
import { CHALLENGE, sampleBinding, sampleFlow } from '../../support/sample-flow.ts';

function makeStore(capacity: number) {
  const clock = { now: 0 };
  const store = new MemoryFlowStore({ capacity, now: () => clock.now });
  const flows = async (...keys: readonly string[]) => {
    const found = await Promise.all(keys.map(async (key) => ((await store.loadFlow(key)) ? key : '')));
    return found.filter((key) => key !== '').join(' ');
  };
  return { clock, store, flows };
}

describe('at the cap', () => {
  test('the oldest flow goes first, whatever its TTL', async () => {
    const { clock, store, flows } = makeStore(3);
    for (const [key, ttl] of [
      ['a', 60_000],
      ['b', 600_000],
      ['c', 60_000],
      ['d', 300_000],
      ['e', 60_000],
    ] as const) {
      clock.now += 1;
      await store.saveFlow(key, sampleFlow(), ttl);
    }
    expect(await flows('a', 'b', 'c', 'd', 'e')).toBe('c d e');
  });

  test('a flow goes before any code', async () => {
    const { store, flows } = makeStore(3);
    await store.saveBinding('code:1', sampleBinding(), 60_000);
    await store.saveFlow('a', sampleFlow(), 60_000);
    await store.saveFlow('b', sampleFlow(), 60_000);
    await store.saveBinding('code:2', sampleBinding(), 60_000);
    await store.saveFlow('c', sampleFlow(), 60_000);
    expect(await flows('a', 'b', 'c')).toBe('c');
    expect((await store.claimBinding('code:1', CHALLENGE)).outcome).toBe('claimed');
    expect((await store.claimBinding('code:2', CHALLENGE)).outcome).toBe('claimed');
  });

  test('a flood leaves as many records as there may be: the newest flows, and every code', async () => {
    const FLOOD = DEFAULT_MEMORY_CAPACITY * 1.5;
    const store = new MemoryFlowStore();
    for (let i = 0; i < 10; i++) await store.saveBinding(`code:${i}`, sampleBinding(), 60_000);
    for (let i = 0; i < FLOOD; i++) await store.saveFlow(`flow:${i}`, sampleFlow(), 600_000);
    const live: number[] = [];
    for (let i = 0; i < FLOOD; i++) if ((await store.loadFlow(`flow:${i}`)) !== undefined) live.push(i);
    expect(live).toHaveLength(DEFAULT_MEMORY_CAPACITY - 10);
    expect(live[0]).toBe(FLOOD - live.length);
    for (let i = 0; i < 10; i++) {
      expect((await store.claimBinding(`code:${i}`, CHALLENGE)).outcome).toBe('claimed');
    }
  });

  test('full of codes, it is full until one has been forgotten', async () => {
    const { clock, store } = makeStore(2);
    await store.saveBinding('code:1', sampleBinding(), 30_000);
    await store.saveBinding('code:2', sampleBinding(), 60_000);
    await store.claimBinding('code:1', CHALLENGE);
    await expect(store.saveFlow('a', sampleFlow(), 60_000)).rejects.toMatchObject({ code: 'store_full' });
    await expect(store.saveBinding('code:3', sampleBinding(), 60_000)).rejects.toMatchObject({
      code: 'store_full',
    });
    expect(await store.saveBinding('code:2', sampleBinding(), 60_000)).toBe(false);
    clock.now += 30_000 + BINDING_MEMORY;
    expect(await store.saveBinding('code:3', sampleBinding(), 60_000)).toBe(true);
    expect((await store.claimBinding('code:2', CHALLENGE)).outcome).toBe('expired');
  });

  test('what has expired makes room before anything is given up', async () => {
    const { clock, store, flows } = makeStore(2);
    await store.saveFlow('old', sampleFlow(), 600_000);
    await store.saveFlow('expired', sampleFlow(), 60_000);
    clock.now += 60_000;
    await store.saveFlow('new', sampleFlow(), 60_000);
    expect(await flows('old', 'expired', 'new')).toBe('old new');
  });

  test('huge records reach it long before many do', async () => {
    const { store, flows } = makeStore(100);
    await store.saveFlow('a', sampleFlow(), 60_000);
    await store.saveFlow('b', sampleFlow({ redirectUri: 'x'.repeat(60_000) }), 60_000);
    await store.saveFlow('c', sampleFlow({ redirectUri: 'x'.repeat(60_000) }), 60_000);
    expect(await flows('a', 'b', 'c')).toBe('c');
  });
});

test('a clock that goes back loses no flow and keeps none for ever', async () => {
  const { clock, store, flows } = makeStore(10);
  clock.now = 100_000;
  await store.saveFlow('a', sampleFlow(), 60_000);
  clock.now = 0;
  await store.saveFlow('b', sampleFlow(), 60_000);
  clock.now = 60_000;
  expect(await flows('a', 'b')).toBe('a');
  expect(await store.saveFlow('b', sampleFlow(), 300_000)).toBe(true);
  clock.now = 160_000;
  expect(await store.saveFlow('c', sampleFlow(), 60_000)).toBe(true);
  expect(await flows('a', 'b', 'c')).toBe('b c');
});

test('it is what `kind: memory` makes', async () => {
  await using store = openStores({ kind: 'memory' }).flows;
  expect(store).toBeInstanceOf(MemoryFlowStore);
  expect(await store.saveFlow('a', sampleFlow(), 60_000)).toBe(true);
});
