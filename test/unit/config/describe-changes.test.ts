import { expect, test } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { describeChanges } from '../../../src/config/describe-changes.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { configOf } from './problem-lines.ts';

const load = async (text: string): Promise<Config> =>
  configOf(await parseConfig(text, 'g.yaml', { env: {} }));

async function changes(before: string, after: string): Promise<string[]> {
  return describeChanges(await load(before), await load(after));
}

const issuer = (...lines: string[]) =>
  [
    'issuers:',
    '  - name: corp',
    '    upstream: {url: https://idp.internal}',
    ...lines.map((line) => `    ${line}`),
  ].join('\n');

test('nothing, if only comments and order changed', async () =>
  expect(
    await changes(
      issuer('clients: {a: {mode: report}, b: {}}'),
      issuer('clients: {b: {}, a: {mode: report}} # !'),
    ),
  ).toEqual([]));

test('clients: added, removed and changed ones', async () => {
  const before = issuer('clients:', '  a: {mode: report, code_ttl: 60s}', '  b: {}', '  m-*: {owner: x}');
  const after = issuer(
    'clients:',
    '  a: {mode: enforce, enforce_from: 2027-01-15T00:00:00Z, code_ttl: 2m}',
    '  c: {}',
    '  m-*: {owner: y, redirect_uris: [https://a.example/cb]}',
  );
  expect(await changes(before, after)).toEqual([
    'issuer corp: client a: mode report → enforce',
    'issuer corp: client a: enforce_from none → 2027-01-15T00:00:00.000Z',
    'issuer corp: client a: code_ttl 1m → 2m',
    'issuer corp: client c: added',
    'issuer corp: client m-*: owner x → y',
    'issuer corp: client m-*: redirect_uris none → ["https://a.example/cb"]',
    'issuer corp: client m-*: cors.origins [] → ["https://a.example"]',
    'issuer corp: client b: removed',
  ]);
});

test('issuers, unlisted clients and the rest', async () => {
  const before = `${issuer('unlisted_clients: {mode: report}', 'public_url: https://a.example')}\n  - {name: old, hosts: [old.example], upstream: {url: https://old.internal}}`;
  const after = `shutdown: {drain: 5s}\n${issuer('unlisted_clients: {mode: reject}', 'public_url: https://b.example')}`;
  expect(await changes(before, after)).toEqual([
    'shutdown.drain 20s → 5s',
    'issuer corp: public_url https://a.example → https://b.example',
    'issuer corp: unlisted_clients: mode report → reject',
    'issuer old: removed',
  ]);
});

test.each([
  [
    'store: {kind: redis, redis: {url: "redis://user:SECRET@redis.internal/0"}}',
    '',
    'store.redis.url changed',
  ],
  [
    'store: {kind: redis, redis: {url: "redis://redis.internal/0", password: SECRET}}',
    '',
    'store.redis.password changed',
  ],
  ['', 'clients: {a: {inject_secret: SECRET}}', 'issuer corp: client a: inject_secret changed'],
])('no secret is shown: %s%s', async (top, clients, expected) => {
  const withSecret = (secret: string) => `${top}\n${issuer(clients)}`.replace('SECRET', secret);
  expect(await changes(withSecret('hunter-one'), withSecret('hunter-two'))).toEqual([expected]);
});
