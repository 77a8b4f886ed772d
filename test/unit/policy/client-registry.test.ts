import { describe, expect, test } from 'vitest';
import { ClientRegistry } from '../../../src/policy/client-registry.ts';
import { samplePolicy } from '../../support/sample-policy.ts';

const named = (name: string) => samplePolicy({ name });
const UNLISTED = named('_unlisted');

describe('the policy for a client_id', () => {
  const registry = new ClientRegistry({
    listed: [
      named('a*'),
      named('app-*'),
      named('app-1'),
      named('app-1*'),
      named('x'),
      named('é€*'),
      named('__proto__'),
    ],
    unlisted: UNLISTED,
  });

  test.each([
    ['app-1', 'app-1', 'an exact entry beats a prefix, also an equally long one'],
    ['app-12', 'app-1*', 'the longest prefix'],
    ['app-2', 'app-*', 'a shorter one'],
    ['app-', 'app-*', 'a prefix matches itself'],
    ['app', 'a*', 'the shortest'],
    ['a', 'a*', 'the shortest, itself'],
    ['x', 'x', 'an exact entry'],
    ['xx', '_unlisted', 'an exact entry is no prefix'],
    ['App-1', 'app-1', 'as a server that ignores case takes it'],
    [' app-1', 'app-1', 'as a server that trims takes it'],
    ['APP-12', 'app-1*', 'a pattern is compared folded'],
    ['app_1', 'a*', 'another letter is another name'],
    ['', '_unlisted', 'nothing'],
    [undefined, '_unlisted', 'none'],
    ['é€1', 'é€*', 'beyond ASCII'],
    ['__proto__', '__proto__', 'a name of an object'],
    ['constructor', '_unlisted', 'a name of an object that is not listed'],
    ['_unlisted', '_unlisted', 'the label of unlisted clients'],
    ['a*', 'a*', 'the text of an entry'],
  ])('%s: %s (%s)', (clientId, name, _why) => expect(registry.policyFor(clientId).name).toBe(name));

  test('* alone matches everybody', () =>
    expect(new ClientRegistry({ listed: [named('*')], unlisted: UNLISTED }).policyFor('whoever').name).toBe(
      '*',
    ));

  test('all of them, the one for unlisted clients last', () =>
    expect([...registry.all()].map(({ name }) => name)).toEqual([
      'app-1',
      'x',
      '__proto__',
      'a*',
      'app-*',
      'app-1*',
      'é€*',
      '_unlisted',
    ]));
});

describe('the mode for a client that cannot be told', () => {
  const AT = 1_000;
  const off = samplePolicy({ mode: 'off' });

  test.each([
    ['all are off', [off], 0, 'off'],
    ['one reports', [off, samplePolicy({ name: 'b', mode: 'report' })], 0, 'report'],
    ['one is enforced', [off, samplePolicy({ name: 'b' })], 0, 'enforce'],
    ['one is enforced later', [off, samplePolicy({ name: 'b', enforceFrom: AT })], AT - 1, 'report'],
    ['one is enforced in part', [off, samplePolicy({ name: 'b', enforcePercent: 1 })], AT, 'enforce'],
    ['one is enforced in no part', [off, samplePolicy({ name: 'b', enforcePercent: 0 })], AT, 'report'],
    ['one is enforced by now', [off, samplePolicy({ name: 'b', enforceFrom: AT })], AT, 'enforce'],
    ['one by a prefix', [off, samplePolicy({ name: 'b*' })], 0, 'enforce'],
  ] as const)('%s', (_, policies, now, expected) =>
    expect(new ClientRegistry({ listed: policies, unlisted: off }).strictestMode(now)).toBe(expected),
  );

  test('the policy for unlisted clients counts', () =>
    expect(
      new ClientRegistry({ listed: [off], unlisted: samplePolicy({ mode: 'reject' }) }).strictestMode(0),
    ).toBe('enforce'));
});
