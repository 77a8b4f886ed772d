import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { INJECTIONS } from '../../scripts/soak/inject-faults.ts';
import { judgeSoak } from '../../scripts/soak/judge-soak.ts';
import { Ledger } from '../../scripts/soak/ledger.ts';
import { floors, type Sample, slopePerHour } from '../../scripts/soak/slope.ts';
import type { SoakResult } from '../../scripts/soak/soak.ts';

const SOAK = fileURLToPath(new URL('../../scripts/soak.ts', import.meta.url));
const run = promisify(execFile);

test('a short soak: every login is accounted for, during every fault', { timeout: 120_000 }, async () => {
  const { stdout, stderr } = await run(process.execPath, [SOAK, '--seconds', '20']);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/\nsoak: no problems\n$/);
  const count = (what: string) =>
    Number(new RegExp(`^ *(\\d+)  ${what.replace(/[()]/g, '\\$&')}`, 'm').exec(stdout)?.[1]);
  const begun = Number(/(\d+) logins begun/.exec(stdout)?.[1]);
  const failed = INJECTIONS.map(({ name }) => count(name)).reduce((sum, each) => sum + each, 0);
  expect(begun).toBeGreaterThan(100);
  expect(count('done') + count('refused') + count('abandoned') + failed).toBe(begun);
  for (const { name } of INJECTIONS)
    expect(stdout).toMatch(new RegExp(`${name.replace(/[()]/g, '\\$&')} \\([1-9]`));
});

test.each([
  ['--seconds', '0'],
  ['--minutes', 'many'],
  ['--hours', '1'],
])('%s %s is a usage error', async (...args) => {
  await expect(run(process.execPath, [SOAK, ...args])).rejects.toMatchObject({ code: expect.any(Number) });
});

describe('the ledger', () => {
  const REDEEMED = [{ subject: 'one', times: 1 }];

  const afterOne = (ending: (ledger: Ledger) => void, redemptions = REDEEMED) => {
    const ledger = new Ledger();
    ledger.begin('one', 'usual', 1_000);
    ending(ledger);
    return ledger.close(redemptions);
  };

  test('a completed login has one redemption', () => {
    const accounts = afterOne((ledger) => ledger.end('one', 'done'));
    expect(accounts).toMatchObject({
      begun: 1,
      endings: { done: 1 },
      unaccounted: [],
      doubled: [],
      mismatched: [],
    });
  });

  test.each([
    ['in time, with its symptom', 900, 1_100, ['503'], new Map([['outage', 1]])],
    ['with another symptom', 900, 1_100, ['502'], new Map()],
    ['that was over before', 800, 900, ['503'], new Map()],
    ['that came only afterwards', 1_300, 1_400, ['503'], new Map()],
  ])('a failure needs a fault: one %s', (_, begin, end, symptoms, failedBy) => {
    const accounts = afterOne((ledger) => {
      ledger.inject('outage', symptoms, begin).end = end;
      ledger.fail('one', '503', 1_200);
    }, []);
    expect(accounts.failedBy).toEqual(failedBy);
    expect(accounts.unaccounted).toEqual(failedBy.size === 1 ? [] : [expect.stringMatching(/ usual: 503$/)]);
  });

  test.each([
    ['a code redeemed twice', 'done', [{ subject: 'one', times: 2 }], 'doubled'],
    ['two codes of one login redeemed', 'done', [...REDEEMED, ...REDEEMED], 'doubled'],
    ['a login that is done, of which the server knows nothing', 'done', [], 'mismatched'],
    ['a refused login that got tokens', 'refused', REDEEMED, 'mismatched'],
    ['an abandoned login that got tokens', 'abandoned', REDEEMED, 'mismatched'],
    ['tokens for an unknown login', 'done', [...REDEEMED, { subject: 'two', times: 1 }], 'mismatched'],
  ] as const)('%s is reported', (_, ending, redemptions, where) => {
    expect(afterOne((ledger) => ledger.end('one', ending), [...redemptions])[where]).toHaveLength(1);
  });

  test('a login without an end is unaccounted', () => {
    expect(afterOne(() => {}, []).unaccounted).toEqual(['usual: has not ended']);
  });
});

describe('growth', () => {
  /** One sample per second, which rises and falls like a heap. */
  const heap = (seconds: number, growth: number) =>
    Array.from({ length: seconds }, (_, second) => ({
      at: second * 1_000,
      value: 50_000_000 + growth * second + (second % 10) * 2_000_000,
    }));

  test('is the slope of the memory after each collection', () => {
    expect(slopePerHour(floors(heap(600, 0), 20))).toBeCloseTo(0, -6);
    expect(slopePerHour(floors(heap(600, 10_000), 20)) / 1e6).toBeCloseTo(36, 0);
  });

  const result = (
    changes: Partial<SoakResult>,
    gauges: Partial<Record<'heap' | 'resident', Sample[]>> = {},
  ) =>
    ({
      duration: 600,
      accounts: new Ledger().close([]),
      faults: [],
      redemptions: 0,
      thefts: 0,
      gauges: { heap: heap(600, 0), resident: heap(600, 0), descriptors: [], ...gauges },
      descriptorsBefore: 25,
      descriptorsAfter: 25,
      lastingKeys: 0,
      logs: [],
      internalErrors: [],
      ...changes,
    }) as unknown as SoakResult;

  test.each([
    ['a heap', result({}, { heap: heap(600, 20_000) }), /^the heap grows by 7\d/],
    ['resident memory', result({}, { resident: heap(600, 120_000) }), /^resident memory rose by 2\d\.\d/],
    ['descriptors', result({ descriptorsAfter: 27 }), /^2 file descriptors were not closed$/],
    ['keys', result({ lastingKeys: 3 }), /^3 keys in Redis never expire$/],
    ['thefts', result({ thefts: 1 }), /^1 token requests reached the server/],
    ['errors', result({ internalErrors: ['…'] }), /^logged by a gateway/],
  ])('is a problem: %s', (_, grown, expected) => {
    expect(judgeSoak(grown)).toEqual([expect.stringMatching(expected)]);
  });

  test('is no problem if nothing grows', () => {
    expect(judgeSoak(result({}))).toEqual([]);
  });
});
