import { describe, expect, test } from 'vitest';
import {
  buildFlowPrefix,
  FLOW_PREFIX_LENGTH,
  type FlowBeginning,
  parseFlowPrefix,
} from '../../../src/flow/flow-prefix.ts';

const random = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const build = (began: FlowBeginning = 'enforce', hasState = true) =>
  buildFlowPrefix({ issuer: 'corp', began, hasState, random });

test('a prefix has 32 unreserved characters', () => {
  expect(build()).toMatch(/^pge[A-Za-z0-9_-]{28}\.$/);
  expect(build()).toHaveLength(FLOW_PREFIX_LENGTH);
});

test.each([
  ['enforce', 'e'],
  ['enforce_allow', 'a'],
  ['report', 'r'],
] as const)('%s is %s, and in upper case where there is no state', (began, letter) => {
  const prefix = build(began);
  expect(prefix.charAt(2)).toBe(letter);
  expect(parseFlowPrefix('corp', `${prefix}xyz`)).toEqual({ prefix, began, clientState: 'xyz' });
  const stateless = build(began, false);
  expect(stateless.charAt(2)).toBe(letter.toUpperCase());
  expect(parseFlowPrefix('corp', stateless)).toEqual({ prefix: stateless, began, clientState: undefined });
});

test('an empty state and none are told apart', () => {
  expect(parseFlowPrefix('corp', build('enforce', true))?.clientState).toBe('');
  expect(parseFlowPrefix('corp', build('enforce', false))?.clientState).toBeUndefined();
});

test('what was put behind the prefix of a flow without a state is not the client’s', () => {
  expect(parseFlowPrefix('corp', `${build('report', false)}added`)?.clientState).toBeUndefined();
});

describe('what is no prefix of ours', () => {
  const prefix = build();
  test.each([
    ['an empty state', ''],
    ['one too short', prefix.slice(0, -1)],
    ['another beginning', `x${prefix}`],
    ['another letter', `pgx${prefix.slice(3)}`],
    ['another flow letter', `pgr${prefix.slice(3)}`],
    ['the case of the letter', `pgE${prefix.slice(3)}`],
    ['another end', `${prefix.slice(0, -1)}~`],
    ['another random part', `pgeB${prefix.slice(4)}`],
    ['another checksum', `${prefix.slice(0, 25)}AAAAAA.`],
    ['characters that are not ours', `pge${'+'.repeat(28)}.`],
  ])('%s', (_, state) => {
    expect(parseFlowPrefix('corp', state)).toBeUndefined();
  });

  test('one of another issuer', () => {
    expect(parseFlowPrefix('other', prefix)).toBeUndefined();
  });
});

test('too little randomness is refused', () => {
  expect(() =>
    buildFlowPrefix({ issuer: 'corp', began: 'enforce', hasState: true, random: Buffer.alloc(15) }),
  ).toThrow(RangeError);
});
