import { expect, it } from 'vitest';
import { explain } from '../../../src/cli/explanation.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { issuerWith, policyOf } from '../config/problem-lines.ts';

async function explained(client: string) {
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
  const [issuer] = loaded.config.issuers;
  if (issuer === undefined) throw new Error('no issuer');
  const policy = policyOf(loaded.config, client);
  const { settings } = explain(loaded, { issuer, client, policy, now: 0, verdict: undefined });
  return Object.fromEntries(settings.map(({ key, value, from, at }) => [key, [value, from, at]]));
}

it('names the source and position of each setting', async () => {
  expect(await explained('spa')).toMatchObject({
    methods: [['plain'], 'clients.spa', 'g.yaml:10:11'],
    owner: ['team', 'defaults', 'g.yaml:4:23'],
    enforce_from: ['2027-01-15T00:00:00.000Z', 'defaults', 'g.yaml:4:43'],
    max_attempts: [5, 'built-in', undefined],
    redirect_uris: [undefined, undefined, undefined],
  });
});

it('does so for unlisted clients', async () => {
  expect(await explained('another')).toMatchObject({
    mode: ['reject', 'unlisted_clients', 'g.yaml:6:13'],
    owner: ['team', 'defaults', 'g.yaml:4:23'],
    enforce_from: [undefined, undefined, undefined],
  });
});
