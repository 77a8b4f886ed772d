import { describe, expect, test } from 'vitest';
import { StoreFault } from '../../../src/flow/flow-store.ts';
import { Inventory } from '../../../src/inventory/inventory.ts';
import type { CountsBatch, InventoryStore } from '../../../src/inventory/inventory-store.ts';
import { MemoryInventoryStore } from '../../../src/inventory/inventory-store-memory.ts';
import { UNSENT_LIMIT } from '../../../src/inventory/unsent-counts.ts';
import type { Subject } from '../../../src/telemetry/activity-sink.ts';
import { keptBy, message } from '../../support/kept-memory.ts';

const DAY = 20_000;
const NOON = (DAY + 0.5) * 86_400_000;

const VIOLATION = {
  endpoint: 'authorization',
  reason: 'challenge_missing',
  mode: 'report',
  requestId: 'r',
  clientAddress: '192.0.2.1',
  userAgent: undefined,
} as const;

const listed = (client: string): Subject => ({ issuer: 'corp', client, clientId: client });
const unlisted = (clientId: string): Subject => ({ issuer: 'corp', client: '_unlisted', clientId });

/** An inventory on a clock of its own, which flushes when it is told to. */
function openInventory(store: InventoryStore = new MemoryInventoryStore()) {
  const lost: number[] = [];
  const clock = { now: NOON };
  const inventory = new Inventory(store, {
    onLost: (records) => lost.push(records),
    now: () => clock.now,
    flushInterval: 2 ** 31 - 1,
  });
  const counts = async (day = DAY) => {
    await inventory.flush();
    const loaded = await store.loadCounts('corp', day);
    return Object.fromEntries([...loaded].map(([name, { counts }]) => [name, Object.fromEntries(counts)]));
  };
  return { inventory, counts, lost, clock };
}

/** A memory store that can be away. `after`: it takes a batch, but nobody hears of it. */
class FailingStore extends MemoryInventoryStore {
  fails: 'no' | 'before' | 'after' = 'no';

  override async addCounts(batch: CountsBatch): Promise<void> {
    if (this.fails !== 'before') await super.addCounts(batch);
    if (this.fails !== 'no') throw new StoreFault('store_unreachable', 'away');
  }
}

describe('an unlisted client', () => {
  test('is counted under _unlisted until the upstream gives it a code, and what was counted is then its own', async () => {
    const { inventory, counts } = openInventory();
    inventory.authorizationRequested(unlisted('portal'), 'none');
    inventory.violation({ ...unlisted('portal'), ...VIOLATION });
    inventory.authorizationRequested(unlisted('nobody'), 'S256');
    expect(await counts()).toEqual({ _unlisted: { none: 1, S256: 1, '!challenge_missing': 1 } });
    inventory.codeBound(unlisted('portal'));
    expect(await counts()).toEqual({
      _unlisted: { none: 0, S256: 1, '!challenge_missing': 0 },
      portal: { none: 1, '!challenge_missing': 1, bound: 1 },
    });
  });

  test('keeps what was counted for it yesterday yesterday', async () => {
    const { inventory, counts, clock } = openInventory();
    inventory.authorizationRequested(unlisted('portal'), 'S256');
    clock.now += 86_400_000;
    inventory.codeBound(unlisted('portal'));
    expect(await counts()).toEqual({ _unlisted: { S256: 0 }, portal: { S256: 1 } });
    expect(await counts(DAY + 1)).toEqual({ portal: { bound: 1 } });
  });

  test.each(['', ' ', 'a\nb', 'ü', '\u202eabc', 'x'.repeat(256), ' a'])(
    'never stands there as %j',
    async (id) => {
      const { inventory, counts } = openInventory();
      inventory.codeBound(unlisted(id));
      expect(await counts()).toEqual({ _unlisted: { bound: 1 } });
    },
  );

  test('does not keep its request', () => {
    const { inventory } = openInventory();
    inventory.authorizationRequested(unlisted('first'), 'S256');
    const kept = keptBy(() => {
      for (let i = 0; i < 500; i += 1) {
        inventory.authorizationRequested(unlisted(message(`client-of-number-${i}`).slice(0, 20)), 'S256');
      }
    });
    expect(kept).toBeLessThan(4_000_000);
  });

  test('a flood of others in between costs it no more than its first request', async () => {
    const { inventory, counts } = openInventory();
    inventory.authorizationRequested(unlisted('portal'), 'S256');
    for (let i = 0; i < 5_000; i += 1) inventory.authorizationRequested(unlisted(`random-${i}`), 'S256');
    inventory.codeBound(unlisted('portal'));
    inventory.authorizationRequested(unlisted('portal'), 'S256');
    expect(await counts()).toEqual({ _unlisted: { S256: 5_001 }, portal: { bound: 1, S256: 1 } });
  });
});

test('every issuer and day has counts of its own, whichever come first', async () => {
  const store = new MemoryInventoryStore();
  const { inventory, counts, clock } = openInventory(store);
  const other = { ...listed('spa'), issuer: 'other' };
  inventory.codeBound(listed('spa'));
  inventory.codeBound(other);
  clock.now += 86_400_000;
  inventory.codeBound(other);
  inventory.codeBound(listed('spa'));
  clock.now -= 86_400_000;
  inventory.codeBound(listed('spa'));
  expect(await counts()).toEqual({ spa: { bound: 2 } });
  expect(await counts(DAY + 1)).toEqual({ spa: { bound: 1 } });
  for (const day of [DAY, DAY + 1]) {
    const loaded = await store.loadCounts('other', day);
    expect([...loaded].map(([name, { counts }]) => [name, counts.get('bound')])).toEqual([['spa', 1]]);
  }
});

describe('while the store is away', () => {
  test('counts are kept and merged, and arrive once', async () => {
    const store = new FailingStore();
    const { inventory, counts } = openInventory(store);
    inventory.codeBound(listed('spa'));
    store.fails = 'before';
    await expect(inventory.flush()).rejects.toThrow(StoreFault);
    inventory.codeBound(listed('spa'));
    store.fails = 'after';
    await expect(inventory.flush()).rejects.toThrow(StoreFault);
    inventory.codeBound(listed('spa'));
    await expect(inventory.flush()).rejects.toThrow(StoreFault);
    store.fails = 'no';
    expect(await counts()).toEqual({ spa: { bound: 3 } });
  });

  test('there is a limit to it; what is beyond is said to be lost, when the store is back', async () => {
    const store = new FailingStore();
    const { inventory, lost } = openInventory(store);
    store.fails = 'before';
    for (let i = 0; i < UNSENT_LIMIT + 7; i += 1) inventory.codeBound(listed(`client-${i}`));
    await expect(inventory.flush()).rejects.toThrow(StoreFault);
    inventory.codeBound(listed('client-1'));
    store.fails = 'no';
    await inventory.flush();
    // The last one was counted under a batch that was closed already, and found no room either.
    expect(lost).toEqual([8]);
    expect((await store.loadCounts('corp', DAY)).size).toBe(UNSENT_LIMIT);
  });

  test('what is left at the end is said to be lost', async () => {
    const store = new FailingStore();
    store.fails = 'before';
    const { inventory, lost } = openInventory(store);
    inventory.codeBound(listed('spa'));
    await inventory[Symbol.asyncDispose]();
    expect(lost).toEqual([1]);
  });
});

test('an end adds what is left to the store', async () => {
  const store = new MemoryInventoryStore();
  const { inventory } = openInventory(store);
  inventory.redeemed(listed('spa'), 'verified');
  inventory.upstreamFault('corp', 'timeout');
  await inventory[Symbol.asyncDispose]();
  const day = await store.loadCounts('corp', DAY);
  expect([...day.keys()]).toEqual(['spa', '\u0001issuer']);
  expect(day.get('\u0001issuer')?.lastTrouble).toEqual({ at: NOON / 1000, what: 'timeout' });
});
