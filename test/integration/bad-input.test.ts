import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeCertificate } from '../support/certificate.ts';
import { freePort } from '../support/free-port.ts';
import { runCommand, startGatewayProcess } from '../support/process.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-bad-'));
  await writeCertificate(join(directory, 'a.pem'), join(directory, 'a.key'));
  await writeCertificate(join(directory, 'b.pem'), join(directory, 'b.key'));
  await writeFile(join(directory, 'text.pem'), 'hello');
  await writeFile(join(directory, 'broken.yaml'), 'issuers: [{name: corp, clients: {spa: {mode: strict}}}]');
});
afterAll(() => rm(directory, { recursive: true }));

const LISTEN = 'listen: {address: 127.0.0.1:0}';
const ADMIN = 'admin: {address: 127.0.0.1:0}';
const ISSUER = 'issuers: [{name: corp, upstream: {url: http://127.0.0.1:9}}]';
const withTls = (tls: string) => [`listen: {address: 127.0.0.1:0, tls: ${tls}}`, ADMIN, ISSUER];
const withUpstream = (upstream: string) => [LISTEN, ADMIN, `issuers: [{name: corp, upstream: ${upstream}}]`];

/** The problem, the file, and the printed line; DIR stands for the folder. */
const CASES: readonly (readonly [what: string, yaml: readonly string[], line: string | RegExp])[] = [
  [
    'a wrong value',
    [LISTEN, 'admin: {address: 9090}', ISSUER],
    /^g\.yaml:2:18 admin\.address: must be host:port/,
  ],
  [
    'an unknown key',
    [LISTEN, ADMIN, ISSUER, 'isuers: []'],
    'g.yaml:4:1 isuers: unknown key (did you mean issuers?)',
  ],
  [
    'a missing certificate',
    withTls('{cert_file: no.pem, key_file: a.key}'),
    /^g\.yaml:1:\d+ listen\.tls\.cert_file: cannot read DIR\/no\.pem: the file does not exist$/,
  ],
  [
    'a certificate without its key',
    withTls('{cert_file: a.pem}'),
    /^g\.yaml:1:\d+ listen\.tls\.key_file: is required$/,
  ],
  [
    'the key of another certificate',
    withTls('{cert_file: a.pem, key_file: b.key}'),
    /^g\.yaml:1:\d+ listen\.tls\.cert_file: does not match key_file: /,
  ],
  [
    'text for a certificate',
    withTls('{cert_file: text.pem, key_file: a.key}'),
    /^g\.yaml:1:\d+ listen\.tls\.cert_file: text\.pem has no PEM certificate$/,
  ],
  [
    'text for an authority',
    withUpstream('{url: "https://127.0.0.1:9", tls: {ca_file: text.pem}}'),
    /^g\.yaml:3:\d+ issuers\[0\]\.upstream\.tls\.ca_file: text\.pem has no PEM certificate$/,
  ],
  [
    'a missing secret',
    [
      LISTEN,
      ADMIN,
      'store: {kind: redis, redis: {url: "redis://127.0.0.1:9", password: {from_file: no}}}',
      ISSUER,
    ],
    /^g\.yaml:3:\d+ store\.redis\.password: cannot read DIR\/no: the file does not exist$/,
  ],
  [
    'a missing variable',
    [LISTEN, ADMIN, 'log: {level: {from_env: NOT_SET}}', ISSUER],
    'g.yaml:3:14 log.level: the environment variable NOT_SET is not set',
  ],
  [
    'a missing included file',
    [LISTEN, ADMIN, 'include: [no.yaml]', ISSUER],
    'DIR/no.yaml:1:1: cannot be read: the file does not exist',
  ],
  [
    'a folder for an included file',
    [LISTEN, ADMIN, 'include: [.]', ISSUER],
    /^DIR:1:1: cannot be read: it is not a regular file$/,
  ],
  [
    'a wrong value in an included file',
    [LISTEN, ADMIN, 'include: [broken.yaml]', ISSUER],
    'DIR/broken.yaml:1:46 issuers[0].clients.spa.mode: must be one of enforce, report, off',
  ],
  [
    'workers without a shared store',
    [LISTEN, ADMIN, 'workers: auto', ISSUER],
    /^g\.yaml:3:10 workers: more than 1 needs `store\.kind: redis`/,
  ],
  [
    'an address of another machine',
    ['listen: {address: 192.0.2.1:8080}', ADMIN, ISSUER],
    /^pkce-gateway: cannot start: .*EADDRNOTAVAIL.*192\.0\.2\.1:8080: .*choose a different address with listen\.address$/,
  ],
  [
    'an audit file in a folder that does not exist',
    [LISTEN, ADMIN, 'audit: {destination: /nowhere/audit.jsonl}', ISSUER],
    /^pkce-gateway: cannot start: audit\.destination: ENOENT.*: its folder must exist, and the user of the gateway/,
  ],
  [
    'an admin address whose name does not resolve',
    [LISTEN, 'admin: {address: "nowhere.invalid:9090"}', ISSUER],
    /^pkce-gateway: cannot start: .*nowhere\.invalid: .*use an IP address(, with| with) admin\.address$/,
  ],
  [
    'a public address whose name does not resolve',
    ['listen: {address: "nowhere.invalid:8080"}', ADMIN, ISSUER],
    /^pkce-gateway: cannot start: .*nowhere\.invalid: .*use an IP address(, with| with) listen\.address$/,
  ],
  [
    'an address of a kind that cannot be used',
    ['listen: {address: "[fe80::1]:8080"}', ADMIN, ISSUER],
    /^pkce-gateway: cannot start: listen \w+.*: choose a different address with listen\.address$/,
  ],
];

describe('serve prints the problem and its position in one line, and exits with 1', () => {
  test.concurrent.each(CASES)('%s', async (what, yaml, expected) => {
    const own = await mkdtemp(join(directory, 'case-'));
    // Relative paths are relative to the file, which is in the same folder.
    const name = `${what.replaceAll(' ', '-')}.yaml`;
    await writeFile(join(directory, name), `${yaml.join('\n')}\n`);
    const { exitCode, stdout, stderr } = await runCommand(['serve', '--config', join(directory, name)], {
      cwd: own,
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    const told = stderr
      .split('\n')
      .filter((line) => !line.startsWith('{'))
      .map((line) => line.replaceAll(join(directory, name), 'g.yaml').replaceAll(directory, 'DIR'));
    expect(told).toHaveLength(1);
    if (typeof expected === 'string') expect(told[0]).toBe(expected);
    else expect(told[0]).toMatch(expected);
  });
});

test('an unreachable store does not delay the start; log and readiness report it', async () => {
  const port = await freePort();
  const file = join(directory, 'away.yaml');
  await writeFile(
    file,
    [LISTEN, ADMIN, `store: {kind: redis, redis: {url: "redis://127.0.0.1:${port}"}}`, ISSUER].join('\n'),
  );
  await using gateway = await startGatewayProcess(['serve', '--config', file]);
  expect(gateway.stderr.filter((line) => line.includes('"event":"store_state"'))).toEqual([
    expect.stringMatching(/"state":"unreachable".*"detail":"ECONNREFUSED"/),
  ]);
  expect(await (await fetch(`${gateway.adminUrl}/readyz`)).text()).toMatch(
    /^not ready: the store is unreachable: .*ECONNREFUSED/m,
  );
});
