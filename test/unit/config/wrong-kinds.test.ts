import { expect, it } from 'vitest';
import { clientWith, issuerWith, problemLines } from './problem-lines.ts';

const UNSET = '{from_env: UNSET}';

/** Values that are compared with others if each is valid by itself. */
const COMPARED: { place: string; at: (value: string) => string }[] = [
  {
    place: 'listen.tls.key_file',
    at: (v) => `listen: {tls: {cert_file: c, key_file: ${v}}}\n${issuerWith()}`,
  },
  { place: 'store.redis.url', at: (v) => `store: {kind: redis, redis: {url: ${v}}}\n${issuerWith()}` },
  { place: 'issuers', at: (v) => `issuers: ${v}\n` },
  { place: 'issuers[0]', at: (v) => `issuers: [${v}]\n` },
  { place: 'issuers[0].hosts', at: (v) => issuerWith(`hosts: ${v}`) },
  { place: 'issuers[0].hosts[0]', at: (v) => issuerWith(`hosts: [${v}]`) },
  { place: 'issuers[0].paths', at: (v) => issuerWith(`paths: ${v}`) },
  { place: 'issuers[0].paths[0]', at: (v) => issuerWith(`paths: [${v}]`) },
  {
    place: 'issuers[0].upstream.url',
    at: (v) => `issuers: [{name: a, upstream: {url: ${v}, tls: {insecure_skip_verify: true}}}]\n`,
  },
  { place: 'issuers[0].endpoints', at: (v) => issuerWith('paths: [/a]', `endpoints: ${v}`) },
  {
    place: 'issuers[0].endpoints.token',
    at: (v) => issuerWith(`endpoints: {authorization: [/a], token: ${v}}`),
  },
  { place: 'issuers[0].clients', at: (v) => issuerWith(`clients: ${v}`) },
  { place: 'issuers[0].clients.spa', at: (v) => issuerWith(`clients: {spa: ${v}}`) },
  { place: 'issuers[0].clients.spa.redirect_uris', at: (v) => clientWith(`redirect_uris: ${v}`) },
  { place: 'issuers[0].clients.spa.redirect_uris[0]', at: (v) => clientWith(`redirect_uris: [${v}]`) },
  { place: 'issuers[0].clients.spa.response_types', at: (v) => clientWith(`response_types: ${v}`) },
  { place: 'issuers[0].clients.spa.response_types[0]', at: (v) => clientWith(`response_types: [${v}]`) },
  { place: 'issuers[0].clients.spa.state', at: (v) => clientWith(`state: ${v}`) },
];

it.each(COMPARED)('a variable that is not set, as $place, is the problem', async ({ place, at }) => {
  const own = (await problemLines(at(UNSET))).filter((line) => line.includes(` ${place}: `));
  expect(own).toEqual([expect.stringContaining('the environment variable UNSET is not set')]);
});

it.each(COMPARED)('a mapping or a list of mappings, as $place, is a problem', async ({ place, at }) => {
  for (const value of ['{corp: {x: 1}}', '[{}]', '[[]]']) {
    expect(await problemLines(at(value))).toEqual(
      expect.arrayContaining([expect.stringContaining(` ${place}`)]),
    );
  }
});

it.each([
  ['listen: {from_env: X}', 'listen', 'mapping'],
  ['listen: {limits: {from_env: X}}', 'listen.limits', 'mapping'],
  ['store: {redis: {tls: {from_env: X}}}', 'store.redis.tls', 'mapping'],
])('%s gives text, not a mapping', async (line, path, kind) => {
  const lines = await problemLines(`${line}\n${issuerWith()}`, { env: { X: 'x' } });
  expect(lines).toEqual([
    expect.stringMatching(
      new RegExp(
        ` ${path}: must be a ${kind}, not text: from_env and from_file work for single values only$`,
      ),
    ),
  ]);
});

it('one invalid path does not hide another path that serves two endpoints', async () => {
  expect(await problemLines(issuerWith('endpoints: {authorization: [/a, b], token: [/a]}'))).toEqual([
    'g.yaml:4:37 issuers[0].endpoints.authorization[1]: must be a path that starts with /',
    'g.yaml:4:49 issuers[0].endpoints.token[0]: matches the same paths as /a of authorization',
  ]);
});
