import { describe, expect, test } from 'vitest';
import {
  buildFlowPrefix,
  FLOW_PREFIX_LENGTH,
  findFlowPrefix,
  parseFlowPrefix,
} from '../../../src/store/flow-prefix.ts';

const UPSTREAM = 'https://idp.internal:8443';
const random = Buffer.from('000102030405060708090a0b0c0d0e0f10111213', 'hex');
const build = (hadState = true, upstream = UPSTREAM) => buildFlowPrefix(upstream, hadState, random);

test('a prefix has 32 lowercase letters and digits', () => {
  expect(build()).toMatch(/^pgs[a-z0-9]{29}$/);
  expect(build()).toHaveLength(FLOW_PREFIX_LENGTH);
  for (const fill of [0, 255]) {
    expect(buildFlowPrefix(UPSTREAM, true, Buffer.alloc(20, fill))).toMatch(/^pgs[a-z0-9]{29}$/);
  }
});

test('the client’s state is restored; an empty one and none are distinguished', () => {
  const prefix = build();
  expect(parseFlowPrefix(UPSTREAM, `${prefix}xyz`)).toEqual({ prefix, clientState: 'xyz' });
  expect(parseFlowPrefix(UPSTREAM, prefix)).toEqual({ prefix, clientState: '' });
  const bare = build(false);
  expect(parseFlowPrefix(UPSTREAM, bare)).toEqual({ prefix: bare, clientState: undefined });
});

test('text after the prefix of a flow without a state is not the client’s', () => {
  expect(parseFlowPrefix(UPSTREAM, `${build(false)}added`)?.clientState).toBeUndefined();
});

test('one prefix is removed, and the next one belongs to the client', () => {
  const prefix = build();
  const other = build(false);
  expect(parseFlowPrefix(UPSTREAM, prefix + other)?.clientState).toBe(other);
});

describe('not a prefix of this upstream', () => {
  const prefix = build();
  test.each([
    ['an empty state', ''],
    ['one too short', prefix.slice(0, -1)],
    ['another beginning', `x${prefix}`],
    ['another kind', `pgx${prefix.slice(3)}`],
    ['another flag', `pgn${prefix.slice(3)}`],
    ['upper case', prefix.toUpperCase()],
    ['another random part', `pgs${prefix.charAt(3) === 'a' ? 'b' : 'a'}${prefix.slice(4)}`],
    ['another checksum', `${prefix.slice(0, -1)}${prefix.endsWith('a') ? 'b' : 'a'}`],
  ])('%s', (_, state) => {
    expect(parseFlowPrefix(UPSTREAM, state)).toBeUndefined();
  });

  test('a prefix of another upstream', () => {
    expect(parseFlowPrefix('https://other.internal', prefix)).toBeUndefined();
  });
});

describe('the search in a text', () => {
  test('finds each prefix at its position', () => {
    const [one, two] = [build(), build(false)];
    const text = `<a href="/cb?state=${one}s-1">pg pgs state%3d${two}&amp;`;
    const first = findFlowPrefix(UPSTREAM, text);
    expect(first).toEqual({ prefix: one, index: text.indexOf(one) });
    const second = findFlowPrefix(UPSTREAM, text, (first?.index ?? 0) + one.length);
    expect(second).toEqual({ prefix: two, index: text.indexOf(two) });
    expect(findFlowPrefix(UPSTREAM, text, (second?.index ?? 0) + 1)).toBeUndefined();
  });

  test('ignores similar text', () => {
    const prefix = build();
    const text = `pgpgspgs${'0'.repeat(25)}${prefix}`;
    expect(findFlowPrefix(UPSTREAM, text)).toEqual({ prefix, index: text.length - prefix.length });
    expect(findFlowPrefix('https://other.internal', text)).toBeUndefined();
    expect(findFlowPrefix(UPSTREAM, 'pgs'.repeat(50_000))).toBeUndefined();
  });
});

test('too little randomness is an error', () => {
  expect(() => buildFlowPrefix(UPSTREAM, true, Buffer.alloc(19))).toThrow(RangeError);
});
