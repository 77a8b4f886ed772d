import { describe, expect, test } from 'vitest';
import { openStores } from '../../../src/open-stores.ts';
import { CODE_MEMORY, encodeCode } from '../../../src/store/code-record.ts';
import { KeyedFlowStore } from '../../../src/store/keyed-flow-store.ts';
import {
  DEFAULT_QUOTAS,
  type MemoryQuotas,
  MemoryRecordStore,
} from '../../../src/store/record-store-memory.ts';
import {
  beginSample,
  bindSample,
  sampleBinding,
  sampleClaim,
  sampleCode,
  sampleFlow,
  UPSTREAM,
} from '../../support/sample-login.ts';

const HOUR = 3_600_000;
const FEW = { count: 3, size: 3_000 };
const FEW_LARGE = { count: 2, size: 20_000 };
const code = encodeCode({
  kind: 'bare',
  flowId: 'f'.repeat(43),
  binding: sampleBinding(),
  attached: undefined,
});

function makeStore(quotas: Partial<MemoryQuotas> = {}) {
  const clock = { now: 0 };
  const records = new MemoryRecordStore({
    quotas: {
      ...{ flows: FEW, largeFlows: FEW_LARGE, codes: FEW, largeCodes: FEW_LARGE, traits: FEW },
      ...quotas,
    },
    now: () => clock.now,
  });
  const present = async (...keys: readonly string[]) => {
    const found = await Promise.all(keys.map(async (key) => ((await records.load(key)) ? key : '')));
    return found.filter((key) => key !== '').join(' ');
  };
  const bind = (key: string, ttl = 60_000) => records.save(key, code, ttl + CODE_MEMORY.bare);
  return { clock, records, present, bind };
}

describe('at the quota', () => {
  test('the oldest record is dropped first, with any TTL', async () => {
    const { clock, records, present } = makeStore();
    for (const [key, ttl] of [
      ['flow:a', 60_000],
      ['flow:b', 600_000],
      ['par:c', 60_000],
      ['flow:d', 300_000],
      ['flow:e', 60_000],
    ] as const) {
      clock.now += 1;
      await records.save(key, '{}', ttl);
    }
    expect(await present('flow:a', 'flow:b', 'par:c', 'flow:d', 'flow:e')).toBe('par:c flow:d flow:e');
  });

  test('flows evict no code, and codes no flow', async () => {
    const { records, present, bind } = makeStore();
    await records.save('flow:a', '{}', HOUR);
    for (let index = 0; index < 20; index += 1) await bind(`code:${index}`);
    expect(await present('flow:a')).toBe('flow:a');
    for (let index = 0; index < 20; index += 1) await records.save(`flow:${index}`, '{}', HOUR);
    expect(await present('code:16', 'code:17', 'code:18', 'code:19')).toBe('code:17 code:18 code:19');
  });

  test('expired codes evict no redeemable ones', async () => {
    const { clock, present, bind } = makeStore({ codes: { count: 4, size: 3_000 } });
    for (let round = 0; round < 3; round += 1) {
      for (let index = 0; index < 3; index += 1) await bind(`code:${round}${index}`);
      clock.now += 60_000;
    }
    await bind('code:live');
    expect(await present('code:live')).toBe('code:live');
    // The last three are kept.
    expect(await present('code:12', 'code:20', 'code:21', 'code:22')).toBe('code:20 code:21 code:22');
  });

  test('of codes, expired ones are dropped before older ones that can be redeemed', async () => {
    const { clock, present, bind } = makeStore();
    await bind('code:slow', 600_000);
    for (const key of ['code:a', 'code:b']) await bind(key);
    clock.now += 60_000;
    for (const key of ['code:c', 'code:d']) await bind(key);
    expect(await present('code:slow', 'code:a', 'code:b', 'code:c', 'code:d')).toBe(
      'code:slow code:c code:d',
    );
  });

  test('huge records evict only huge records', async () => {
    const { records, present } = makeStore();
    await records.save('flow:a', '{}', HOUR);
    for (let index = 0; index < 9; index += 1) await records.save(`flow:${index}`, 'x'.repeat(9_000), HOUR);
    await records.save('flow:b', '{}', HOUR);
    expect(await present('flow:a', 'flow:b', 'flow:6', 'flow:7', 'flow:8')).toBe(
      'flow:a flow:b flow:7 flow:8',
    );
  });

  test('characters count as well as records', async () => {
    const { records, present } = makeStore();
    for (const key of ['flow:a', 'flow:b', 'flow:c']) await records.save(key, 'x'.repeat(1_024), HOUR);
    expect(await present('flow:a', 'flow:b', 'flow:c')).toBe('flow:b flow:c');
  });

  test('expired records make room before live ones are dropped', async () => {
    const { clock, records, present } = makeStore();
    await records.save('flow:old', '{}', HOUR);
    await records.save('flow:expired', '{}', 60_000);
    await records.save('flow:other', '{}', HOUR);
    clock.now += 60_000;
    await records.save('flow:new', '{}', HOUR);
    expect(await present('flow:old', 'flow:expired', 'flow:other', 'flow:new')).toBe(
      'flow:old flow:other flow:new',
    );
  });

  test('removed and replaced records take no room', async () => {
    const { records, present } = makeStore();
    await records.save('flow:a', '{}', HOUR);
    for (let index = 0; index < 9; index += 1) {
      await records.save('flow:b', '{}', HOUR);
      await records.remove('flow:b');
      await records.saveUnlessHeld('flow:c', `{${index}`, HOUR, '{');
    }
    expect(await present('flow:a', 'flow:b', 'flow:c')).toBe('flow:a flow:c');
    expect(await records.load('flow:c')).toBe('{8');
  });
});

test('a clock that goes back loses no record and extends none', async () => {
  const { clock, records, present } = makeStore();
  clock.now = 100_000;
  await records.save('flow:a', '{}', 60_000);
  clock.now = 0;
  await records.save('flow:b', '{}', 60_000);
  clock.now = 60_000;
  expect(await present('flow:a', 'flow:b')).toBe('flow:a');
  clock.now = 160_000;
  await records.save('flow:c', '{}', 60_000);
  expect(await present('flow:a', 'flow:b', 'flow:c')).toBe('flow:c');
});

test('a flood of unredeemed codes and flows causes no fault, and other logins continue', async () => {
  let now = 0;
  const store = new KeyedFlowStore(new MemoryRecordStore({ now: () => now }));
  const FLOOD = DEFAULT_QUOTAS.codes.count * 1.2;
  const login = async () => {
    const begun = beginSample(store, sampleFlow(), { ttl: HOUR });
    await begun.saved;
    return begun;
  };
  const before = await login();
  const spent = await bindSample(store, { code: 'spent', wrap: true });
  await store.claimCode(UPSTREAM, spent, sampleClaim());
  for (let index = 0; index < FLOOD; index += 1) {
    now += 1;
    await store.bindCode(sampleCode({ code: `flood-${index}` }));
    if (index % 10_000 !== 0) continue;
    const live = await store.findFlow(UPSTREAM, before.prefix);
    expect(live).toEqual(before.live);
    const code = await bindSample(store, { code: `login-${index}`, wrap: true });
    expect(await store.claimCode(UPSTREAM, code, sampleClaim())).toMatchObject({ outcome: 'claimed' });
  }
  const huge = sampleFlow({ redirectUri: 'x'.repeat(2_048) });
  for (let index = 0; index < 20_000; index += 1) {
    await beginSample(store, huge, { ttl: HOUR }).saved;
  }
  expect(await store.findFlow(UPSTREAM, before.prefix)).toEqual(before.live);
});

test('`kind: memory` uses it', async () => {
  await using store = openStores({ kind: 'memory' }).flows;
  const begun = beginSample(store);
  await begun.saved;
  expect(await store.findFlow(UPSTREAM, begun.prefix)).toEqual(begun.live);
});
