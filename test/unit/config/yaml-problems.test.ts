import { describe, expect, it } from 'vitest';
import { clientWith, inBraces, issuerWith, problemLines, warningLines } from './problem-lines.ts';

describe('invalid YAML', () => {
  const cases: { name: string; text: string; lines: string[] }[] = [
    { name: 'an empty file', text: '', lines: ['g.yaml:1:1: the file is empty'] },
    { name: 'comments only', text: '# nothing\n', lines: ['g.yaml:1:1: the file is empty'] },
    { name: 'no mapping', text: '- a\n', lines: ['g.yaml:1:1: must be a mapping, not a list'] },
    {
      name: 'a syntax error',
      text: 'issuers: [\n  {name: corp\n',
      lines: ['g.yaml:3:1: not valid YAML: deficient indentation; check indentation, brackets and quotes'],
    },
    {
      name: 'two documents',
      text: `${issuerWith()}---\nissuers: []\n`,
      lines: ['g.yaml:4:1: a second YAML document: the configuration must be a single document'],
    },
    {
      name: 'an unknown tag',
      text: issuerWith('public_url: !secret x'),
      lines: ['g.yaml:4:17 issuers[0].public_url: tags such as !secret are not supported'],
    },
    {
      name: 'a duplicate key, at the second one',
      text: 'workers: 1\nlog: {level: info, level: debug}\nworkers: 1\nissuers: [{name: a, upstream: {url: https://idp.example.com}}]\n',
      lines: [
        'g.yaml:2:20 log.level: duplicate key (first in line 2)',
        'g.yaml:3:1 workers: duplicate key (first in line 1)',
      ],
    },
    {
      name: 'a client id that is an object property of JavaScript',
      text: issuerWith('clients: {__proto__: {mode: off}}'),
      lines: ['g.yaml:4:15 issuers[0].clients.__proto__: this name cannot be used'],
    },
    {
      name: 'a key that is a mapping',
      text: issuerWith('clients: {? {a: 1} : {}}'),
      lines: [
        'g.yaml:4:17 issuers[0].clients: a key must be plain text: put values that contain braces in quotes',
      ],
    },
    {
      name: 'an alias without an anchor',
      text: issuerWith('hosts: *hosts'),
      lines: ['g.yaml:4:12 issuers[0].hosts: no anchor &hosts before this'],
    },
    {
      name: 'an alias of a parent',
      text: issuerWith('hosts: &hosts [*hosts]'),
      lines: ['g.yaml:4:20 issuers[0].hosts[0]: *hosts contains itself'],
    },
    {
      name: 'a merge key',
      text: issuerWith('defaults: &d {mode: report}', 'clients: {spa: {<<: *d}}'),
      lines: [
        'g.yaml:5:21 issuers[0].clients.spa["<<"]: merge keys do not work here: put what clients have in common under `defaults`',
      ],
    },
  ];

  it.each([
    ['token: [/realms/{realm}/token]', 'a value with braces needs quotes: "/realms/{realm}/token"'],
    [`upstream: {url: ${inBraces('URL')}}`, 'variables are not expanded: write {from_env: VAR}'],
    ['address: [::1]:8080', 'an address with brackets needs quotes: "[::1]:8080"'],
    ['defaults: {mode: >-', 'check indentation, brackets and quotes'],
    ['name: @corp', 'a value that begins with @, ` or % needs quotes'],
    ['  \tname: corp', 'indent with spaces, not tabs'],
    ['owner: Web: team', 'a value that contains a colon and a space needs quotes'],
  ])('has one problem, and a hint: %s', async (line, hint) => {
    const text = issuerWith(line, ...Array(80).fill('  [broken: {'));
    const lines = await problemLines(text);
    expect(lines).toEqual([expect.stringMatching(/^g\.yaml:4:\d+: not valid YAML: /)]);
    expect(lines[0]).toContain(`; ${hint}`);
  });

  it.each(cases)('$name', async ({ text, lines }) => {
    expect(await problemLines(text)).toEqual(lines);
  });

  it('refuses unlimited nesting instead of overflowing', async () => {
    const deep = `issuers: ${'['.repeat(2000)}${']'.repeat(2000)}\n`;
    expect(await problemLines(deep)).toEqual([expect.stringMatching(/^g\.yaml:1:\d+: nested too deeply$/)]);
    const lessDeep = `issuers: ${'['.repeat(40)}${']'.repeat(40)}\n`;
    expect(await problemLines(lessDeep)).toContainEqual(expect.stringContaining(': nested too deeply'));
  });

  it('reads repeated content of aliases only once, including aliases of aliases', async () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) =>
        `  - &a${level} [${
          level === 0
            ? 'x'
            : Array(10)
                .fill(`*a${level - 1}`)
                .join(', ')
        }]`,
    );
    const lines = await problemLines(`issuers:\n${levels.join('\n')}\n`);
    expect(lines).toHaveLength(12);
  });

  it('resolves an alias to the last anchor before it, also within content that is aliased later', async () => {
    const text = issuerWith(
      'defaults: {redirect_uris: &r ["http://one.example.com/"]}',
      'unlisted_clients: {redirect_uris: &s [*r0, *r0]}',
    )
      .replace('["http://one', '[&r0 "http://one')
      .concat('    clients: {spa: {owner: &r0 team, redirect_uris: *s}}\n');
    expect(await warningLines(text)).toEqual([
      'g.yaml:4:39 issuers[0].defaults.redirect_uris[0]: plain http: others can read codes on the network',
      'g.yaml:4:39 issuers[0].unlisted_clients.redirect_uris[0]: plain http: others can read codes on the network',
      'g.yaml:4:39 issuers[0].unlisted_clients.redirect_uris[1]: plain http: others can read codes on the network',
      'g.yaml:4:39 issuers[0].clients.spa.redirect_uris[0]: plain http: others can read codes on the network',
      'g.yaml:4:39 issuers[0].clients.spa.redirect_uris[1]: plain http: others can read codes on the network',
    ]);
  });

  it('uses YAML 1.2 for any version that the file declares', async () => {
    expect(await problemLines(`%YAML 1.1\n---\n${clientWith('wrap_codes: yes')}`)).toEqual([
      'g.yaml:8:21 issuers[0].clients.spa.wrap_codes: must be true, false or auto',
    ]);
  });
});
