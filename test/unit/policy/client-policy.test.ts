import { describe, expect, test } from 'vitest';
import { effectiveMode } from '../../../src/policy/client-policy.ts';
import { samplePolicy } from '../../support/sample-policy.ts';

const AT = Date.UTC(2027, 0, 15);

describe('the mode in force', () => {
  test.each([
    [0, 0, 'report'],
    [1, 0, 'enforce'],
    [1, 1, 'report'],
    [25, 24, 'enforce'],
    [25, 25, 'report'],
    [99, 98, 'enforce'],
    [99, 99, 'report'],
    [100, 99, 'enforce'],
  ] as const)('enforce_percent: %s, for a flow that drew %s: %s', (enforcePercent, lot, expected) => {
    expect(effectiveMode(samplePolicy({ enforcePercent }), AT, lot)).toBe(expected);
    expect(effectiveMode(samplePolicy({ enforcePercent, enforceFrom: AT }), AT, lot)).toBe(expected);
    expect(effectiveMode(samplePolicy({ enforcePercent, enforceFrom: AT + 1 }), AT, lot)).toBe('report');
    expect(effectiveMode(samplePolicy({ enforcePercent, mode: 'report' }), AT, lot)).toBe('report');
    expect(effectiveMode(samplePolicy({ enforcePercent, mode: 'off' }), AT, lot)).toBe('off');
  });

  test.each([
    ['enforce', undefined, AT, 'enforce'],
    ['report', undefined, AT, 'report'],
    ['off', undefined, AT, 'off'],
    ['reject', undefined, AT, 'enforce'],
    ['enforce', AT, AT - 1, 'report'],
    ['enforce', AT, AT, 'enforce'],
    ['enforce', AT, AT + 1, 'enforce'],
    ['report', AT, AT - 1, 'report'],
    ['report', AT, AT, 'enforce'],
    ['enforce', AT, 0, 'report'],
    ['enforce', 0, 0, 'enforce'],
    ['off', AT, AT + 1, 'off'],
    ['reject', AT, AT - 1, 'enforce'],
  ] as const)('%s, enforced from %s, at %s: %s', (mode, enforceFrom, now, expected) =>
    expect(effectiveMode(samplePolicy({ mode, enforceFrom }), now)).toBe(expected),
  );
});
