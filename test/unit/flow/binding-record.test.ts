import { describe, expect, test } from 'vitest';
import {
  advanceBinding,
  decodeBinding,
  encodeBinding,
  MAX_ATTEMPTS_LIMIT,
  NO_CHALLENGE,
} from '../../../src/flow/binding-record.ts';
import { CHALLENGE, sampleBinding } from '../../support/sample-flow.ts';

const record = encodeBinding(sampleBinding());

test('a record is what an older gateway wrote, and a newer one can read', () => {
  expect(record).toBe(
    `1b000005${CHALLENGE}["e","spa-portal","https://app.example.com/oauth2/callback/1",0,0]`,
  );
  expect(decodeBinding(record)).toEqual({ status: 'bound', attempts: 0, binding: sampleBinding() });
});

test('a binding without anything that can be missing', () => {
  const binding = sampleBinding({ mode: 'report', codeChallenge: undefined, redirectUri: undefined });
  expect(encodeBinding(binding).slice(8, 51)).toBe(NO_CHALLENGE);
  expect(decodeBinding(encodeBinding(binding))?.binding).toEqual(binding);
});

test('only a binding of a realm tells which', () => {
  const binding = sampleBinding({ scope: 'sales' });
  expect(encodeBinding(binding)).toBe(record.replace(/]$/, ',"sales"]'));
  expect(decodeBinding(encodeBinding(binding))?.binding).toEqual(binding);
});

test('a challenge of dashes is no missing one', () => {
  const binding = sampleBinding({ codeChallenge: '-'.repeat(43) });
  expect(decodeBinding(encodeBinding(binding))?.binding).toEqual(binding);
});

test('what becomes of a binding leaves the rest as it was', () => {
  const claimed = advanceBinding(record, 'claimed', 3);
  expect(decodeBinding(claimed)).toEqual({ status: 'claimed', attempts: 3, binding: sampleBinding() });
  expect(advanceBinding(claimed, 'bound', 0)).toBe(record);
  expect(decodeBinding(advanceBinding(record, 'burnt', 5))).toMatchObject({ status: 'burnt', attempts: 5 });
});

test.each([0, -1, 1.5, Number.NaN, MAX_ATTEMPTS_LIMIT + 1])('maxAttempts cannot be %d', (maxAttempts) => {
  expect(() => encodeBinding(sampleBinding({ maxAttempts }))).toThrow(RangeError);
});

describe('it is no binding', () => {
  const header = record.slice(0, 51);
  const fields = JSON.parse(record.slice(51)) as unknown[];
  const withField = (index: number, value: unknown) => header + JSON.stringify(fields.with(index, value));

  test.each([
    ['nothing', ''],
    ['a header alone', header],
    ['no JSON', `${header}x`],
    ['another layout', `2${record.slice(1)}`],
    ['another status', `1a${record.slice(2)}`],
    ['more attempts than there are', `1b006005${record.slice(8)}`],
    ['none allowed', `1b000000${record.slice(8)}`],
    ['counts that are none', `1b-01005${record.slice(8)}`],
    ['a challenge of other characters', `${record.slice(0, 50)}+${record.slice(51)}`],
    ['a challenge cut short', record.slice(0, 50) + record.slice(51)],
    [
      'half a challenge',
      `${record.slice(0, 8)}${CHALLENGE.slice(0, 20)}${'.'.repeat(23)}${record.slice(51)}`,
    ],
    ['an enforced one without a challenge', `${record.slice(0, 8)}${NO_CHALLENGE}${record.slice(51)}`],
    ['a field less', header + JSON.stringify(fields.slice(1))],
    ['a realm that is none', header + JSON.stringify([...fields, ''])],
    ['a realm of another type', header + JSON.stringify([...fields, 0])],
    ['a field more', header + JSON.stringify([...fields, 'sales', 0])],
    ['another mode', withField(0, 'o')],
    ['no client_id', withField(1, 0)],
    ['a redirect_uri of another type', withField(2, null)],
    ['an undecided flag', withField(3, '1')],
    ['a wrapped code of another type', withField(4, {})],
    ['two in one', `${record}${record}`],
  ])('%s', (_, text) => {
    expect(decodeBinding(text)).toBeUndefined();
  });
});
