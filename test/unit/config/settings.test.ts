import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { z } from 'zod';
import { describeChanges } from '../../../src/config/describe-changes.ts';
import { Diagnostics } from '../../../src/config/diagnostics.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { parseYaml } from '../../../src/config/parse-yaml.ts';
import { gatewaySchema } from '../../../src/config/schema/gateway.ts';
import { type Shape, shapeOf } from '../../../src/config/schema-shape.ts';
import { settingName } from '../../../src/config/settings.ts';
import { SettingsReader } from '../../../src/config/settings-reader.ts';
import { showPolicy } from '../../../src/config/show-settings.ts';
import { configOf, issuerWith, policyOf } from './problem-lines.ts';

/** zod's result under the names of settings; clients as a list of their entries. */
function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      settingName(key),
      key === 'clients' ? Object.entries(item).map(([id, entry]) => [id, renamed(entry)]) : renamed(item),
    ]),
  );
}

function settingsOf(text: string): unknown {
  const diagnostics = Diagnostics.begin();
  const tree = parseYaml(text, 'g.yaml', diagnostics);
  const settings = tree && new SettingsReader(diagnostics).read(gatewaySchema, tree.root);
  expect(diagnostics.problems).toEqual([]);
  return settings;
}

describe('settings', () => {
  it.each([
    ['the smallest file', issuerWith()],
    [
      'a file with some of everything',
      `workers: auto
listen: {trusted_proxies: [10.0.0.0/8], limits: }
store: {kind: redis, redis: {sentinel: {name: m, nodes: ["s1:1", "s2:2"]}, timeout: 1s}}
audit: {destination: stdout}
${issuerWith(
  'hosts: [a.example]',
  'endpoints: {authorization: [/a], token: [/t]}',
  'defaults: {mode: report}',
  'clients: {redirect_uris: {enforce_from: 2027-01-15T00:00:00Z, mode: enforce, cors: {origins: []}}, a_b: }',
)}`,
    ],
  ])("equal zod's result for %s", (_, text) => {
    const withoutNulls = JSON.parse(JSON.stringify(parse(text)).replaceAll(':null', ':{}'));
    expect(settingsOf(text)).toEqual(
      renamed(gatewaySchema.parse(withoutNulls) as z.output<typeof gatewaySchema>),
    );
  });

  it('equal the example', async () => {
    const text = await readFile(new URL('../../../gateway.example.yaml', import.meta.url), 'utf8');
    expect(settingsOf(text)).toEqual(renamed(gatewaySchema.parse(parse(text))));
  });
});

/** The paths of all secrets that the schema knows. */
function secretsOf(shape: Shape, path = ''): string[] {
  switch (shape.kind) {
    case 'scalar':
      return [
        ...(shape.notes['x-secret'] ? [path] : []),
        ...(shape.orMapping ? secretsOf(shape.orMapping, path) : []),
      ];
    case 'list':
      return secretsOf(shape.item, path);
    case 'record':
      return secretsOf(shape.value, path);
    case 'mapping':
      return [...shape.slots].flatMap(([key, slot]) =>
        secretsOf(slot.shape, path === '' ? key : `${path}.${key}`),
      );
  }
}

describe('secrets', () => {
  const SECRET = 'hunter2-hunter2';

  it('are marked in the schema', () => {
    expect(secretsOf(shapeOf(gatewaySchema)).toSorted()).toEqual([
      'admin.tls.key_file',
      'admin.token',
      'issuers.clients.inject_secret',
      'issuers.defaults.inject_secret',
      'issuers.unlisted_clients.inject_secret',
      'issuers.upstream.tls.key_file',
      'listen.tls.key_file',
      'store.redis.password',
      'store.redis.sentinel.password',
      'store.redis.tls.key_file',
      'store.sealed.keys',
    ]);
  });

  it.each([
    ['admin: {token: SECRET}', 'admin.token changed'],
    [
      'store: {kind: redis, redis: {sentinel: {name: m, nodes: ["s:1"], password: SECRET}}}',
      'store.redis.sentinel.password changed',
    ],
  ])('are not shown in changes: %s', async (line, change) => {
    const load = async (secret: string) =>
      configOf(
        await parseConfig(`${line.replace('SECRET', secret)}\n${issuerWith()}`, 'g.yaml', { env: {} }),
      );
    expect(await describeChanges(await load(SECRET), await load(`${SECRET}3`))).toEqual([change]);
  });

  it('are not shown in explanations', async () => {
    const text = issuerWith(`clients: {spa: {inject_secret: ${SECRET}}}`);
    const shown = showPolicy(policyOf(configOf(await parseConfig(text, 'g.yaml', { env: {} })), 'spa'));
    expect(JSON.stringify(shown)).not.toContain(SECRET);
    expect(shown).toContainEqual(expect.objectContaining({ key: 'inject_secret', value: '(hidden)' }));
  });
});
