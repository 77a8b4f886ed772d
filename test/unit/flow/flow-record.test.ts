import { expect, test } from 'vitest';
import { decodeFlow, encodeFlow } from '../../../src/flow/flow-record.ts';
import { CHALLENGE, sampleFlow } from '../../support/sample-flow.ts';

const record = encodeFlow(sampleFlow());

test('a record is what an older gateway wrote, and a newer one can read', () => {
  expect(record).toBe(
    `["f2","e","${CHALLENGE}","spa-portal","https://app.example.com/oauth2/callback/1","code",0,"",0,0]`,
  );
  expect(decodeFlow(record)).toEqual(sampleFlow());
});

test('a record is ASCII, whatever the texts', () => {
  const flow = sampleFlow({ clientId: 'ü€😀\ud800' });
  expect(encodeFlow(flow)).toMatch(/^[\x20-\x7e]+$/);
  expect(decodeFlow(encodeFlow(flow))).toEqual(flow);
});

const fields = JSON.parse(record) as unknown[];
const withField = (index: number, value: unknown) => JSON.stringify(fields.with(index, value));

test.each([
  ['nothing', ''],
  ['no JSON', 'pgc_'],
  ['no array', '{"length":9}'],
  ['a field less', JSON.stringify(fields.slice(0, -1))],
  ['a field more', JSON.stringify([...fields, 0])],
  ['another layout', withField(0, 'f1')],
  ['another mode', withField(1, 'o')],
  ['an enforced flow without a challenge', withField(2, 0)],
  ['a challenge too short', withField(2, CHALLENGE.slice(1))],
  ['a challenge of other characters', withField(2, '.'.repeat(43))],
  ['a challenge in a list', withField(2, [CHALLENGE])],
  ['no client_id', withField(3, null)],
  ['a redirect_uri of another type', withField(4, null)],
  ['no response_type', withField(5, 0)],
  ['a response_mode of another type', withField(6, 1)],
  ['no scope', withField(7, 0)],
  ['an undecided flag', withField(8, 2)],
  ['a flag of another type', withField(8, true)],
  ['a reference of another type', withField(9, 1)],
])('it is no flow: %s', (_, text) => {
  expect(decodeFlow(text)).toBeUndefined();
});

test('a reported flow may have no challenge', () => {
  const flow = sampleFlow({ mode: 'report', codeChallenge: undefined });
  expect(decodeFlow(encodeFlow(flow))).toEqual(flow);
});
