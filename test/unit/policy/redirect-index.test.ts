import { describe, expect, test } from 'vitest';
import { RedirectIndex } from '../../../src/policy/redirect-index.ts';
import { samplePolicy } from '../../support/sample-policy.ts';

const owned = (name: string, ...redirectUris: string[]) => samplePolicy({ name, redirectUris });

describe('the owners of a place', () => {
  const index = new RedirectIndex([
    owned('a', 'https://a.example/cb', 'https://shared.example/cb?client=a', 'no URI'),
    owned('b', 'https://shared.example/cb?client=b', 'https://b.example'),
    owned('native', 'http://127.0.0.1:1/cb', 'http://[::1]/cb', 'com.example.app:/cb'),
    samplePolicy({ name: 'any', redirectUris: undefined }),
  ]);

  test.each([
    ['https://a.example/cb?code=x', ['a']],
    ['https://A.example:443/cb#code=x', ['a']],
    ['https://shared.example/cb?client=c', ['a', 'b']],
    ['https://b.example/?code=x', ['b']],
    ['http://127.0.0.1:49152/cb?code=x', ['native']],
    ['http://[::1]:49152/cb?code=x', ['native']],
    ['com.example.app:/cb?code=x', ['native']],
    ['https://a.example/cb/?code=x', []],
    ['https://a.example/CB', []],
    ['http://a.example/cb', []],
    ['https://a.example.evil/cb', []],
    ['https://user@a.example/cb', []],
    ['http://localhost:1/cb', []],
  ])('%s: %j', (target, owners) =>
    expect(index.owners(new URL(target)).map(({ name }) => name)).toEqual(owners),
  );

  test('without any redirect_uris, none', () =>
    expect(new RedirectIndex([samplePolicy()]).owners(new URL('https://a.example/cb'))).toEqual([]));
});

describe('the owner that no code without a flow is for', () => {
  const TARGET = new URL('https://shared.example/cb?code=x');
  const sharing = (overrides: Parameters<typeof samplePolicy>[0]) =>
    new RedirectIndex([
      owned('a', 'https://shared.example/cb'),
      samplePolicy({ name: 'b', redirectUris: ['https://shared.example/cb'], ...overrides }),
    ]).enforcedOwner(TARGET, 1_000)?.name;

  test.each([
    ['both enforced', {}, 'a'],
    ['one reports', { mode: 'report' }, undefined],
    ['one is off', { mode: 'off' }, undefined],
    ['one is enforced later', { enforceFrom: 1_001 }, undefined],
    ['one is enforced in part', { enforcePercent: 99 }, undefined],
    ['one is enforced by now', { enforceFrom: 1_000 }, 'a'],
    ['one is elsewhere', { mode: 'off', redirectUris: ['https://b.example/cb'] }, 'a'],
  ] as const)('%s', (_, overrides, owner) => expect(sharing(overrides)).toBe(owner));

  test('nobody owns it', () => expect(new RedirectIndex([]).enforcedOwner(TARGET, 0)).toBeUndefined());
});
