import { expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { formatPosition } from '../../../src/config/problem.ts';
import { explainPolicy } from '../../../src/config/show-policy.ts';
import { issuerWith } from './problem-lines.ts';

async function explain(client: string | undefined) {
  const text = issuerWith(
    'defaults: {owner: team, enforce_from: 2027-01-15T00:00:00Z}',
    'unlisted_clients:',
    '  mode: reject',
    'clients:',
    '  spa:',
    '    methods:',
    '      - plain',
  );
  const loaded = await parseConfig(text, 'g.yaml', { env: {} });
  if (!loaded.ok) throw new Error('not valid');
  const settings = explainPolicy(loaded, 0, client);
  return Object.fromEntries(
    settings.map(({ key, value, origin, at }) => [key, [value, origin, at && formatPosition(at)]]),
  );
}

it('names the source and position of each setting', async () => {
  expect(await explain('spa')).toMatchObject({
    methods: [['plain'], 'entry', 'g.yaml:10:11'],
    owner: ['team', 'defaults', 'g.yaml:4:23'],
    enforce_from: ['2027-01-15T00:00:00.000Z', 'defaults', 'g.yaml:4:43'],
    max_attempts: [5, 'built-in', undefined],
    redirect_uris: [undefined, undefined, undefined],
  });
});

it('does so for unlisted clients', async () => {
  expect(await explain(undefined)).toMatchObject({
    mode: ['reject', 'entry', 'g.yaml:6:13'],
    owner: ['team', 'defaults', 'g.yaml:4:23'],
    enforce_from: [undefined, undefined, undefined],
  });
});

it('has no result for a missing entry', async () => {
  expect(await explain('other')).toEqual({});
  expect(await explain('constructor')).toEqual({});
});
