import { describe, expect, test } from 'vitest';
import { type ClientPolicies, effectiveMode } from '../../../src/policy/client-policy.ts';
import { ClientRegistry } from '../../../src/policy/client-registry.ts';
import { finish } from '../../support/finish.ts';
import { samplePolicy } from '../../support/sample-policy.ts';

const named = (name: string) => samplePolicy({ name });
const UNLISTED = named('_unlisted');
const build = (policies: ClientPolicies) => finish(ClientRegistry.build(policies));

describe('the policy for a client_id', () => {
  const registry = build({
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
    ['App-1', 'app-1', 'as a server that ignores case reads it'],
    [' app-1', 'app-1', 'as a server that trims reads it'],
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

  test('* alone matches every client', () =>
    expect(build({ listed: [named('*')], unlisted: UNLISTED }).policyFor('whoever').name).toBe('*'));

  test('all policies, that for unlisted clients last', () =>
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

describe('entries that some servers read as one client', () => {
  const AT = 1_000;
  const report = { mode: 'report' } as const;
  const percent = (enforcePercent: number) => ({ enforcePercent });
  const later = { enforceFrom: AT };

  type Settings = Parameters<typeof samplePolicy>[0];
  const listing = (...entries: readonly (readonly [name: string, settings: Settings])[]) =>
    build({
      listed: entries.map(([name, settings]) => samplePolicy({ name, ...settings })),
      unlisted: samplePolicy({ name: '_unlisted', mode: 'off' }),
    });

  test.each<readonly [what: string, one: Settings, other: Settings, now: number, draw: number, mode: string]>(
    [
      ['enforce and report', {}, report, 0, 99, 'enforce'],
      ['report and off', report, { mode: 'off' }, 0, 0, 'report'],
      ['enforced later, before', later, report, AT - 1, 0, 'report'],
      ['enforced later, by now', later, report, AT, 99, 'enforce'],
      ['enforced later, and the other by now', later, {}, AT - 1, 99, 'enforce'],
      ['in few flows and in most', percent(10), percent(80), 0, 79, 'enforce'],
      ['in few flows and in most, beyond both', percent(10), percent(80), 0, 80, 'report'],
      ['in few flows and in none', percent(10), report, 0, 9, 'enforce'],
      ['in all flows later, in few by now', later, percent(10), AT - 1, 9, 'enforce'],
      ['in all flows later, in few by now, beyond', later, percent(10), AT - 1, 10, 'report'],
      ['in all flows later, when that is', later, percent(10), AT, 99, 'enforce'],
    ],
  )('the strictest holds for each: %s', (_, one, other, now, draw, mode) => {
    for (const [first, second] of [
      [one, other],
      [other, one],
    ]) {
      const registry = listing(['app', first], ['APP', second], ['other', report]);
      for (const id of ['app', 'APP', 'App'])
        expect(effectiveMode(registry.policyFor(id), now, draw), id).toBe(mode);
      expect(effectiveMode(registry.policyFor('other'), now, draw)).toBe('report');
      expect([...registry.all()].filter((policy) => effectiveMode(policy, now, draw) === mode)).toHaveLength(
        mode === 'report' ? 3 : 2,
      );
      const patterns = listing(['app-*', first], ['APP-*', second]);
      for (const id of ['app-1', 'APP-1'])
        expect(effectiveMode(patterns.policyFor(id), now, draw), id).toBe(mode);
    }
  });

  test('three of them, the strictest in the middle', () => {
    const registry = listing(['app', report], ['APP', percent(80)], ['App', { mode: 'off' }]);
    for (const id of ['app', 'APP', 'App', 'aPP']) {
      expect([79, 80].map((draw) => effectiveMode(registry.policyFor(id), 0, draw))).toEqual([
        'enforce',
        'report',
      ]);
    }
    expect(registry.policyFor('aPP').name).toBe('APP');
    expect([...registry.all()].map(({ name, mode }) => [name, mode])).toEqual([
      ['app', 'report'],
      ['APP', 'enforce'],
      ['App', 'off'],
      ['_unlisted', 'off'],
    ]);
  });

  test('each entry keeps its own redirect URIs', () => {
    const registry = listing(['app', { methods: ['S256'] }], ['APP', { ...report, methods: ['plain'] }]);
    expect(registry.find('APP')).toMatchObject({ by: 'name', policy: { name: 'APP', methods: ['plain'] } });
    expect(registry.find('app')).toMatchObject({ by: 'name', policy: { name: 'app', methods: ['S256'] } });
    expect(registry.find('App')).toMatchObject({ by: 'folded', policy: { name: 'app' } });
  });

  test('if one must not continue without the store, neither may the other', () => {
    const registry = listing(
      ['app', {}],
      ['APP', { onStoreFailure: 'allow' }],
      ['x', { onStoreFailure: 'allow' }],
    );
    expect(['app', 'APP', 'x'].map((id) => registry.policyFor(id).onStoreFailure)).toEqual([
      'reject',
      'reject',
      'allow',
    ]);
  });

  test('another client in report is not enforced with them', () =>
    expect(
      build({
        listed: [samplePolicy({ name: 'app' }), samplePolicy({ name: 'APP', ...report })],
        unlisted: samplePolicy({ name: '_unlisted', ...report }),
      }).enforcesAll(0),
    ).toBe(false));

  test('if all others are enforced, all are', () =>
    expect(
      build({
        listed: [samplePolicy({ name: 'app' }), samplePolicy({ name: 'APP', ...report })],
        unlisted: samplePolicy({ name: '_unlisted' }),
      }).enforcesAll(0),
    ).toBe(true));
});

describe('the mode for an unclear client', () => {
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
    expect(build({ listed: policies, unlisted: off }).strictestMode(now)).toBe(expected),
  );

  test('the policy for unlisted clients counts', () =>
    expect(build({ listed: [off], unlisted: samplePolicy({ mode: 'reject' }) }).strictestMode(0)).toBe(
      'enforce',
    ));
});
