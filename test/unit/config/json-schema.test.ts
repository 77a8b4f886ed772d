import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildJsonSchema } from '../../../scripts/config-docs/json-schema.ts';
import { violations } from './schema-conformance.ts';

const schema = buildJsonSchema();
const issuer = { name: 'corp', upstream: { url: 'https://idp.example.com' } };

it('matches its draft', () => {
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
});

it('accepts the example', async () => {
  const example = await readFile(new URL('../../../gateway.example.yaml', import.meta.url), 'utf8');
  expect(violations(schema, parse(example))).toEqual([]);
});

it('does not publish our annotations', () => {
  expect(JSON.stringify(schema)).not.toContain('"x-');
});

describe('accepts', () => {
  const external = { from_env: 'X' };
  it.each([
    [
      'an external value for any scalar',
      { listen: { address: external, limits: { body: external, connections: external } }, workers: external },
    ],
    ['one in a list', { issuers: [{ ...issuer, hosts: [{ from_file: '/x' }] }] }],
    [
      'an external value for a word as alternative to a mapping',
      { issuers: [{ ...issuer, endpoints: external }] },
    ],
    ['sizes as number and as text', { listen: { limits: { body: 1024 } } }],
    ['sections with nothing', { listen: null, issuers: [{ ...issuer, clients: { spa: null } }] }],
    ['paths', { issuers: [{ ...issuer, endpoints: { authorization: ['/a'], token: ['/t'] } }] }],
  ])('%s', (_name, part) => {
    expect(violations(schema, { issuers: [issuer], ...part })).toEqual([]);
  });
});

describe('refuses', () => {
  it.each([
    [{ bogus: 1 }, '$.bogus: unknown'],
    [{ include: '*.yaml' }, '$.include: type'],
    [{ include: '*.yaml' }, '$.include: type'],
    [{ issuers: [] }, '$.issuers: minItems'],
    [{ issuers: [{ name: 'x' }] }, '$.issuers[0].upstream: required'],
    [{ listen: { address: '8080' } }, '$.listen.address: anyOf'],
    [{ listen: { limits: { body: 1 } } }, '$.listen.limits.body: anyOf'],
    [{ issuers: [{ ...issuer, clients: { '*': {} } }] }, '$.issuers[0].clients<*>: pattern'],
    [
      { issuers: [{ ...issuer, upstream: { url: 'https://x.example', tls: { cert_file: 'x' } } }] },
      '$.issuers[0].upstream.tls.key_file: required',
    ],
    [
      { issuers: [{ ...issuer, defaults: { redirect_uris: ['https://a.example/*'] } }] },
      '$.issuers[0].defaults.redirect_uris[0]: anyOf',
    ],
    [{ shutdown: { drain: '1 minute' } }, '$.shutdown.drain: anyOf'],
    [{ listen: { address: { from_env: 'A', from_file: 'B' } } }, '$.listen.address: anyOf'],
    [{ issuers: [{ ...issuer, defaults: { mode: 'reject' } }] }, '$.issuers[0].defaults.mode: anyOf'],
    [
      { issuers: [{ ...issuer, clients: { spa: { max_attempts: 101 } } }] },
      '$.issuers[0].clients.spa.max_attempts: anyOf',
    ],
  ])('%j', (part, violation) => {
    expect(violations(schema, { issuers: [issuer], ...part })).toEqual([violation]);
  });
});

it('contains the default of a client setting', () => {
  expect(schema.$defs?.client_policy?.properties?.methods?.default).toEqual(['S256']);
});
