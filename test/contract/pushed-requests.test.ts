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

  test('are taken out once, as they were', async () => {
    await under.store.savePushedRequest(KEY, PUSHED, 60_000);
    expect(await under.store.takePushedRequest(KEY)).toEqual(PUSHED);
    expect(await under.store.takePushedRequest(KEY)).toBeUndefined();
  });

  test('of many at once, one gets it', async () => {
    await under.store.savePushedRequest(KEY, PUSHED, 60_000);
    const taken = await Promise.all(Array.from({ length: 20 }, () => under.store.takePushedRequest(KEY)));
    expect(taken.filter((pushed) => pushed !== undefined)).toEqual([PUSHED]);
  });

  test('are gone after their TTL', async () => {
    await under.store.savePushedRequest(KEY, PUSHED, 60_000);
    await under.advance(60_001);
    expect(await under.store.takePushedRequest(KEY)).toBeUndefined();
  });

  test('are not written over by a second one under the same request_uri', async () => {
    await under.store.savePushedRequest(KEY, PUSHED, 60_000);
    await under.store.savePushedRequest(KEY, { clientId: 'thief', scope: '' }, 60_000);
    expect(await under.store.takePushedRequest(KEY)).toEqual(PUSHED);
  });

  test('and unknown ones are none', async () => {
    expect(await under.store.takePushedRequest(KEY)).toBeUndefined();
  });
});
