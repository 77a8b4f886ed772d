import { describe, expect, test } from 'vitest';
import { judgeReadiness, type Traffic, verdictText } from '../../../src/policy/judge-readiness.ts';

const NOTHING: Traffic = {
  requests: 0,
  codesBound: 0,
  verified: 0,
  unverified: 0,
  violations: new Map(),
  counted: new Map(),
};
const logins = (n: number): Traffic => ({ ...NOTHING, requests: n, codesBound: n, verified: n });
/** Requests in the name of a client without a code: anybody can send them. */
const tried = (reason: string, n = 1, day = NOTHING): Traffic => ({
  ...day,
  requests: day.requests + n,
  violations: new Map([[reason, n]]),
});
const broken = (reason: string, n = 1, day = NOTHING): Traffic => ({
  ...tried(reason, n, day),
  counted: new Map([[reason, n]]),
});

type Client = Partial<Parameters<typeof judgeReadiness>[1]>;

/** The last days of the period, today last. */
function verdict(days: readonly Traffic[], client: Client = {}): string {
  const before = new Array<Traffic>(14 - days.length).fill(NOTHING);
  return verdictText(judgeReadiness([...before, ...days], { mode: 'report', ...client }));
}
const quiet = (n: number) => new Array<Traffic>(n).fill(NOTHING);

test('the verdict of a gateway without the counts of others refers to `report --prometheus`', () => {
  const day = { ...logins(100), verified: 50 };
  for (const mode of ['report', 'enforce'] as const)
    expect(verdict([day], { mode, isCountedElsewhere: true })).toMatch(
      /^not ready: only 50 of 100 codes were redeemed through this gateway\. .*`report --prometheus` counts all/,
    );
});

test.each<[what: string, days: readonly Traffic[], expected: string | RegExp]>([
  ['nothing at all', [], 'no traffic'],
  ['one login', [logins(1)], 'nearly ready: 1 login in 1 day'],
  ['many logins today', [logins(500)], 'nearly ready: 500 logins in 1 day'],
  ['a few over a week', [logins(10), ...quiet(5), logins(9)], 'nearly ready: 19 logins in 7 days'],
  ['twenty in six days', [logins(10), ...quiet(4), logins(10)], 'nearly ready: 20 logins in 6 days'],
  ['twenty in seven days', [logins(10), ...quiet(5), logins(10)], 'ready'],
  ['logins long ago, and nothing wrong', [logins(20), ...quiet(13)], 'ready'],
  ['one code under way', [logins(30), ...quiet(5), { ...logins(3), verified: 2 }], 'ready'],
  ['nine of ten redeemed', [{ ...logins(100), verified: 90 }, ...quiet(7)], 'ready'],
  [
    'fewer',
    [{ ...logins(100), verified: 89 }],
    /^not ready: only 89 of 100 codes were redeemed through the gateway\. .* point the client/,
  ],
  ['none redeemed', [{ ...logins(1), verified: 0 }], /^not ready: only 0 of 1 codes/],
  [
    'requests that lead nowhere',
    [{ ...NOTHING, requests: 4 }],
    'not ready: no login has received its code: log in once through the gateway',
  ],
  [
    'a violation today',
    [logins(50), broken('challenge_missing', 2, logins(10))],
    /^not ready: 2 requests would have been refused in the last 7 days: challenge_missing ×2 \(.*enable PKCE.*\)$/,
  ],
  ['one six days ago', [broken('verifier_missing'), ...quiet(5), logins(25)], /verifier_missing ×1/],
  [
    'one seven days ago, and logins since',
    [broken('verifier_missing'), logins(5), ...quiet(5), logins(15)],
    'ready',
  ],
  [
    'one seven days ago, and a login today',
    [logins(99), broken('verifier_missing'), ...quiet(6), logins(3)],
    'nearly ready: 3 logins in 1 day',
  ],
  [
    'one seven days ago, and silence since',
    [logins(9), broken('verifier_missing'), ...quiet(7)],
    'not ready: no login has received its code since its last violation: log in once through the gateway',
  ],
  ['requests of strangers in its name', [logins(30), ...quiet(6), tried('challenge_missing', 500)], 'ready'],
  [
    'codes that the gateway does not see',
    [{ ...broken('code_unknown', 9), requests: 9 }],
    /^not ready: the gateway does not see this server's codes: /,
  ],
  [
    'codes of which the gateway sees some',
    [broken('code_unknown', 2, logins(9))],
    /^not ready: 2 requests would have been refused .* code_unknown ×2/,
  ],
])('%s', (_, days, expected) => {
  if (typeof expected === 'string') expect(verdict(days)).toBe(expected);
  else expect(verdict(days)).toMatch(expected);
});

test('a redirect_uri that another client uses too', () => {
  const sharedPlace = { uri: 'https://app.example.com/cb', client: 'other' };
  expect(verdict([logins(30), ...quiet(7)], { sharedPlace })).toBe(
    'not ready: https://app.example.com/cb is also used by other',
  );
});

describe('an enforced client', () => {
  const enforced = (days: readonly Traffic[], client: Client = {}) =>
    verdict(days, { mode: 'enforce', ...client });

  test.each<[what: string, days: readonly Traffic[], expected: string | RegExp]>([
    ['is ready while nothing is wrong', [logins(1)], 'ready'],
    ['has no traffic', [], 'no traffic'],
    [
      'is in trouble if requests are refused and no login succeeds',
      [tried('challenge_missing', 3)],
      /^not ready: 3 requests refused or reported since yesterday: challenge_missing ×3 \(/,
    ],
    [
      'is not in trouble for an attempt among many logins',
      [tried('challenge_missing', 5, logins(200))],
      'ready',
    ],
    [
      'nor for what was refused days ago',
      [tried('verifier_mismatch', 50), quiet(1)[0] as Traffic, logins(9)],
      'ready',
    ],
    [
      'is in trouble where its codes are not redeemed',
      [{ ...logins(10), verified: 2 }],
      /^not ready: only 2 of 10/,
    ],
  ])('%s', (_, days, expected) => {
    if (typeof expected === 'string') expect(enforced(days)).toBe(expected);
    else expect(enforced(days)).toMatch(expected);
  });

  test('`_unlisted` is not in trouble by made-up client ids', () => {
    const madeUp = [broken('code_unknown', 900, tried('challenge_missing', 1_000))];
    expect(enforced(madeUp, { isUnlisted: true })).toBe('ready');
    expect(enforced([{ ...logins(10), verified: 2 }], { isUnlisted: true })).toMatch(
      /^not ready: only 2 of 10/,
    );
  });

  test('in a share of its logins is judged like one in report', () => {
    expect(enforced([logins(3)], { enforcePercent: 25 })).toBe('nearly ready: 3 logins in 1 day');
    expect(enforced([broken('challenge_missing', 3)], { enforcePercent: 25 })).toMatch(
      /^not ready: 3 requests refused/,
    );
  });
});

test('nothing is known of a client in off', () =>
  expect(verdict([logins(9)], { mode: 'off' })).toMatch(/^not ready: its mode is `off`/));

test('the most frequent reasons come first, the rest is a number', () => {
  const counted = new Map([
    ['code_replayed', 1],
    ['challenge_missing', 9],
    ['state_conflict', 3],
    ['a_reason_of_another_version', 4],
  ]);
  expect(verdict([{ ...NOTHING, requests: 17, codesBound: 1, violations: counted, counted }])).toMatch(
    /^not ready: 17 .* challenge_missing ×9 \(.*\), a_reason_of_another_version ×4 \(see the log\), 2 more$/,
  );
});

test('limits of a store without records are reported', () => {
  const days = [logins(10), ...quiet(5), logins(10)];
  expect(verdict(days, { needsRecords: true })).toMatch(/^not ready: needs a store: .*c_hash/);
  expect(verdict([], { needsRecords: true })).toMatch(/^not ready: needs a store/);
  expect(verdict(days, { seesVerifiers: false })).toMatch(
    /^ready: but a sealed store cannot check verifiers/,
  );
  expect(verdict([logins(1)], { seesVerifiers: false })).toBe('nearly ready: 1 login in 1 day');
});
