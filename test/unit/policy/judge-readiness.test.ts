import { expect, test } from 'vitest';
import { judgeReadiness, type Traffic, verdictText } from '../../../src/policy/judge-readiness.ts';

const NOTHING: Traffic = { requests: 0, codesBound: 0, verified: 0, unverified: 0, violations: new Map() };
const logins = (n: number): Traffic => ({ ...NOTHING, requests: n, codesBound: n, verified: n });
const broken = (reason: string, n = 1, day = NOTHING): Traffic => ({
  ...day,
  requests: day.requests + n,
  violations: new Map([[reason, n]]),
});

/** The last days of the period, today last. */
function verdict(days: readonly Traffic[], mode: 'report' | 'enforce' | 'off' = 'report'): string {
  const before = new Array<Traffic>(14 - days.length).fill(NOTHING);
  return verdictText(judgeReadiness([...before, ...days], mode));
}
const quiet = (n: number) => new Array<Traffic>(n).fill(NOTHING);

test.each<[what: string, days: readonly Traffic[], expected: string | RegExp]>([
  ['nothing at all', [], 'no traffic'],
  ['one login', [logins(1)], 'ready'],
  ['logins long ago, and nothing wrong', [logins(5), ...quiet(13)], 'ready'],
  ['one code under way', [{ ...logins(3), verified: 2 }], 'ready'],
  ['nine of ten redeemed', [{ ...logins(100), verified: 90 }], 'ready'],
  [
    'fewer',
    [{ ...logins(100), verified: 89 }],
    /^not ready: only 89 of 100 codes were redeemed through the gateway: .* point the client/,
  ],
  ['none redeemed', [{ ...logins(1), verified: 0 }], /^not ready: only 0 of 1 codes/],
  [
    'requests that lead nowhere',
    [{ ...NOTHING, requests: 4 }],
    /^not ready: no login has got its code: try one/,
  ],
  [
    'a violation today',
    [logins(50), broken('challenge_missing', 2, logins(10))],
    /^not ready: 2 requests would have been refused in the last 7 days: challenge_missing ×2 \(.*turn PKCE.*may be attempts by others/,
  ],
  ['one six days ago', [broken('verifier_missing'), ...quiet(5), logins(5)], /verifier_missing ×1/],
  ['one seven days ago, and logins since', [broken('verifier_missing'), ...quiet(6), logins(5)], 'ready'],
  [
    'one seven days ago, and silence since',
    [logins(9), broken('verifier_missing'), ...quiet(7)],
    'not ready: no login since it last broke its policy: wait for one',
  ],
  [
    'logins without a challenge: nobody else could have made them',
    [{ ...broken('challenge_missing', 3), codesBound: 3, unverified: 3 }],
    /turn PKCE with S256 on in it\)$/,
  ],
])('%s', (_, days, expected) => {
  if (typeof expected === 'string') expect(verdict(days)).toBe(expected);
  else expect(verdict(days)).toMatch(expected);
});

test('of an enforced client, what was refused', () =>
  expect(verdict([broken('verifier_mismatch')], 'enforce')).toMatch(/^not ready: 1 request refused in/));

test('nobody looks at one that is off', () =>
  expect(verdict([logins(9)], 'off')).toMatch(/^not ready: its mode is `off`/));

test('the most frequent reasons come first, the rest as a number', () => {
  const violations = new Map([
    ['code_replayed', 1],
    ['challenge_missing', 9],
    ['state_conflict', 3],
    ['a_reason_of_another_version', 4],
  ]);
  expect(verdict([{ ...NOTHING, requests: 17, violations }])).toMatch(
    /^not ready: 17 .* challenge_missing ×9 \(.*\), a_reason_of_another_version ×4 \(see the log\), 2 more$/,
  );
});
