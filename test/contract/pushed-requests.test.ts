import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pushedRequestKey } from '../../src/flow/keys.ts';
import { ADAPTERS, type Adapter, type StoreUnderTest } from './flow-store-adapters.ts';

const KEY = pushedRequestKey('corp', 'urn:ietf:params:oauth:request_uri:one');
const PUSHED = { clientId: 'spa', scope: 'realm-a' };

describe.each(ADAPTERS)('pushed requests in $kind', ({ start }) => {
  let adapter: Adapter;
  let under: StoreUnderTest;

  beforeAll(async () => {
    adapter = await start();
  });
  beforeEach(async () => {
    under = await adapter.open();
    return () => under[Symbol.asyncDispose]();
  });
  afterAll(() => adapter[Symbol.asyncDispose]());

  const load = () => under.store.loadPushedRequest(KEY);
  const spend = () => under.store.spendPushedRequest(KEY, 60_000);

  test('are there as they were, until they are spent', async () => {
    await under.store.savePushedRequest(KEY, PUSHED, 60_000);
    expect([await load(), await load()]).toEqual([PUSHED, PUSHED]);
    expect(await spend()).toBe(true);
    expect(await load()).toBeUndefined();
    expect(await spend()).toBe(false);
  });

  test('of many at once, one spends it', async () => {
    await under.store.savePushedRequest(KEY, PUSHED, 60_000);
    const spent = await Promise.all(Array.from({ length: 20 }, spend));
    expect(spent.filter((first) => first)).toEqual([true]);
  });

  test('are gone after their TTL', async () => {
    await under.store.savePushedRequest(KEY, PUSHED, 60_000);
    await under.advance(60_001);
    expect(await load()).toBeUndefined();
  });

  test('can be spent once also after that: a login may take longer than its reference lives', async () => {
    await under.store.savePushedRequest(KEY, PUSHED, 60_000);
    await under.advance(60_001);
    expect([await spend(), await spend(), await load()]).toEqual([true, false, undefined]);
  });

  test('that they are spent is remembered for as long as was asked', async () => {
    await under.store.savePushedRequest(KEY, PUSHED, 1_000);
    expect(await spend()).toBe(true);
    await under.advance(59_000);
    expect(await spend()).toBe(false);
    await under.advance(60_001);
    expect(await spend()).toBe(true);
  });

  test('are not written over by a second one under the same request_uri, spent or not', async () => {
    const second = { clientId: 'thief', scope: '' };
    await under.store.savePushedRequest(KEY, PUSHED, 60_000);
    await under.store.savePushedRequest(KEY, second, 60_000);
    expect(await load()).toEqual(PUSHED);
    await spend();
    await under.store.savePushedRequest(KEY, second, 60_000);
    expect(await load()).toBeUndefined();
  });

  test('and unknown ones are none', async () => {
    expect(await load()).toBeUndefined();
  });
});
