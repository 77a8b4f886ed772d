import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { formatProblem } from '../../../src/config/problem.ts';
import { configOf, policyOf } from './problem-lines.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-include-'));
  await mkdir(join(directory, 'clients.d'));
});
afterEach(() => rm(directory, { recursive: true }));

const main = (include: string, clients = '') => `include: ${include}
issuers:
  - name: corp
    hosts: [corp.example.com]
    upstream: {url: https://idp.example.com}
    defaults: {mode: report}
    ${clients}
  - name: other
    upstream: {url: https://other.example.com}
`;
const clientsOf = (issuer: string, ...clients: string[]) =>
  [`issuers:`, `  - name: ${issuer}`, '    clients:', ...clients.map((line) => `      ${line}`), ''].join(
    '\n',
  );

async function load(files: Readonly<Record<string, string>>, env = {}) {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text, { mode: 0o600 });
  }
  return loadConfig(join(directory, 'gateway.yaml'), { env });
}
async function problemsOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  const result = await load(files);
  return result.ok
    ? []
    : result.problems.map((problem) => formatProblem(problem).replaceAll(`${directory}/`, ''));
}

it('adds clients to one issuer only, even if an alias shares its mapping', async () => {
  const gateway = main('[clients.d/*.yaml]', 'clients: &shared {a: {}}').concat('    clients: *shared\n');
  const result = await load({ 'gateway.yaml': gateway, 'clients.d/b.yaml': clientsOf('corp', 'b: {}') });
  const names = configOf(result).issuers.map(({ clients }) => clients.listed.map(([name]) => name));
  expect(names).toEqual([['a', 'b'], ['a']]);
});

it('accepts external values for the included files and the name of an issuer', async () => {
  const gateway = main('[{from_env: MORE}]').replace('name: corp', 'name: {from_env: NAME}');
  const result = await load(
    { 'gateway.yaml': gateway, 'clients.d/b.yaml': clientsOf('corp', 'b: {}') },
    { MORE: 'clients.d/*.yaml', NAME: 'corp' },
  );
  expect(configOf(result).issuers[0]?.clients.listed.map(([name]) => name)).toEqual(['b']);
});

it('adds the clients of further files to the issuers of the same name', async () => {
  const result = await load(
    {
      'gateway.yaml': main('[clients.d/*.yaml, more.yaml]', 'clients: {a: {}}'),
      'clients.d/b.yaml': clientsOf('corp', 'b: {mode: enforce, inject_secret: {from_env: B}}'),
      'clients.d/c.yaml': clientsOf('other', 'c: {inject_secret: {from_file: secret}}'),
      'clients.d/empty.yaml': '',
      'clients.d/not.txt': 'not: yaml: at all',
      'more.yaml': clientsOf('corp', 'd: {}'),
      secret: 'from a file',
    },
    { B: 'from the environment' },
  );
  const [corp, other] = configOf(result).issuers;
  expect(corp?.clients.listed.map(([name]) => name)).toEqual(['a', 'b', 'd']);
  expect(other?.clients.listed.map(([name]) => name)).toEqual(['c']);
  // What a client does not say, it takes from the defaults of its issuer.
  expect(policyOf(configOf(result), 'd').mode).toBe('report');
  expect(policyOf(configOf(result), 'b')).toMatchObject({
    mode: 'enforce',
    injectSecret: 'from the environment',
  });
  expect(other?.clients.listed[0]?.[1].injectSecret).toBe('from a file');
  const files = [
    'gateway.yaml',
    'clients.d',
    'clients.d/b.yaml',
    'clients.d/c.yaml',
    'clients.d/empty.yaml',
    'more.yaml',
    'secret',
  ];
  expect([...result.files.keys()].toSorted()).toEqual(files.map((name) => join(directory, name)).toSorted());
});

it('watches every folder that a pattern matches, and reads no folder', async () => {
  const result = await load({
    'gateway.yaml': main('["clients.d/**"]', 'clients: {a: {}}'),
    'clients.d/b.yaml': clientsOf('corp', 'b: {}'),
    'clients.d/team/c.yaml': clientsOf('corp', 'c: {}'),
    'clients.d/team/deep/d.yaml': clientsOf('corp', 'd: {}'),
  });
  const [corp] = configOf(result).issuers;
  expect(corp?.clients.listed.map(([name]) => name)).toEqual(['a', 'b', 'c', 'd']);
  const folders = ['clients.d', 'clients.d/team', 'clients.d/team/deep'];
  expect([...result.files.keys()]).toEqual(
    expect.arrayContaining(folders.map((name) => join(directory, name))),
  );
});

it('names the file and position of a problem', async () => {
  expect(
    await problemsOf({
      'gateway.yaml': main('[clients.d/*.yaml, missing.yaml]', 'clients: {a: {}}'),
      'clients.d/a.yaml': clientsOf(
        'corp',
        'a: {}',
        'b: {mode: strict, inject_secret: {from_env: NONE}}',
        'x*y: {}',
      ),
      'clients.d/b.yaml': clientsOf('corp', 'b: {}', 'c: {}', 'c: {}'),
      'clients.d/c.yaml': clientsOf('nobody', 'd: {}'),
      'clients.d/d.yaml':
        'log: {level: info}\nissuers:\n  - {name: corp, upstream: {}, clients: {}}\n  - {clients: {}}\n',
      'clients.d/e.yaml': 'issuers: [\n',
    }),
  ).toEqual([
    'clients.d/a.yaml:4:7 issuers[0].clients.a: duplicate client (first in gateway.yaml:7:15)',
    'clients.d/a.yaml:5:17 issuers[0].clients.b.mode: must be one of enforce, report, off',
    'clients.d/a.yaml:5:40 issuers[0].clients.b.inject_secret: the environment variable NONE is not set',
    'clients.d/a.yaml:6:7 issuers[0].clients.x*y: a `*` can only be the last character',
    'clients.d/b.yaml:4:7 issuers[0].clients.b: duplicate client (first in clients.d/a.yaml:5:7)',
    'clients.d/b.yaml:6:7 issuers[0].clients.c: duplicate key (first in line 5)',
    'clients.d/c.yaml:2:11 issuers[0].name: no issuer is called nobody',
    'clients.d/d.yaml:1:1 log: an included file may contain only `issuers`',
    'clients.d/d.yaml:3:18 issuers[0].upstream: an included file may contain only clients',
    'clients.d/d.yaml:4:5 issuers[1]: must be a mapping with the `name` of an issuer and its `clients`',
    expect.stringMatching(/^clients\.d\/e\.yaml:\d:\d: not valid YAML: /),
    'missing.yaml:1:1: cannot be read: the file does not exist',
  ]);
});

it('warns of a pattern that no file matches: its folder may still be empty', async () => {
  const result = await load({ 'gateway.yaml': main('[clients.d/*.yaml]') });
  expect([result.ok, result.warnings.map(formatProblem)]).toEqual([
    true,
    [`${directory}/gateway.yaml:1:11 include[0]: no file matches this pattern`],
  ]);
});
