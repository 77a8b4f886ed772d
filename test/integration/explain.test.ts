import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { type FinishedCommand, runCommand } from '../support/process.ts';
import { SimpleClient, send } from '../support/simple-client.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';

const YAML = `issuers:
  - name: corp
    hosts: [login.example.com]
    upstream: {url: http://127.0.0.1:9}
    endpoints: {authorization: [/oauth2/authorize], token: [/oauth2/token]}
    defaults:
      owner: sso-team@example.com
      code_ttl: 90s
    unlisted_clients: {mode: reject}
    clients:
      spa:
        redirect_uris: [https://app.example.com/cb]
      soon: {enforce_from: 2027-01-15T00:00:00Z}
      batch-*: {mode: report}
      ignored: {mode: off}
      some: {enforce_percent: 25}
      secretive: {inject_secret: {from_env: SECRET}}
  - name: partners
    hosts: [partners.example.com]
    upstream: {url: http://127.0.0.1:9}
`;
const REQUEST =
  'https://login.example.com/oauth2/authorize?response_type=code&client_id=spa&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb';
const PKCE = `&code_challenge=${'c'.repeat(43)}&code_challenge_method=S256`;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-explain-'));
  await writeFile(join(directory, 'gateway.yaml'), YAML);
});
afterAll(() => rm(directory, { recursive: true }));

const explain = (...args: string[]): Promise<FinishedCommand> =>
  runCommand(['explain', ...args], { cwd: directory, env: { SECRET: 'hunter2' } });

describe('explain --client', () => {
  test.concurrent('names the source and position of each setting', async () => {
    const { exitCode, stdout, stderr } = await explain('--issuer', 'corp', '--client', 'spa');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const rows = stdout.split('\n').map((line) => line.split(/ {2,}/));
    expect(rows).toContainEqual(['issuer', 'corp (gateway.yaml:2:5), in front of http://127.0.0.1:9']);
    expect(rows).toContainEqual(['client', 'spa (entry spa)']);
    expect(rows).toContainEqual(['mode', 'enforce', 'built-in']);
    expect(rows).toContainEqual(['owner', 'sso-team@example.com', 'gateway.yaml:7:14 (defaults)']);
    expect(rows).toContainEqual(['code_ttl', '90s', 'gateway.yaml:8:17 (defaults)']);
    expect(rows).toContainEqual(['flow_ttl', '1h', 'built-in']);
    expect(rows).toContainEqual([
      'redirect_uris',
      'https://app.example.com/cb',
      'gateway.yaml:12:24 (clients.spa)',
    ]);
  });

  test.concurrent('finds the entry of a prefix, and that of unlisted clients', async () => {
    const batch = await explain('--issuer', 'corp', '--client', 'batch-7');
    expect(batch.stdout).toMatch(/^client +batch-7 \(entry batch-\*\)$/m);
    expect(batch.stdout).toMatch(/^mode +report +gateway.yaml:14:23 \(clients.batch-\*\)$/m);
    const other = await explain('--issuer', 'corp', '--client', 'other');
    expect(other.stdout).toMatch(/^client +other \(not listed, so unlisted_clients applies\)$/m);
    expect(other.stdout).toMatch(/^mode +reject +gateway.yaml:9:30 \(unlisted_clients\)$/m);
  });

  test.concurrent('names the included file of an entry', async () => {
    const own = join(directory, 'included');
    await mkdir(join(own, 'clients.d'), { recursive: true });
    const entry = 'issuers:\n  - name: corp\n    clients:\n      shop: {mode: report}\n';
    await writeFile(join(own, 'clients.d/shop.yaml'), entry);
    await writeFile(
      join(own, 'gateway.yaml'),
      'issuers: [{name: corp, upstream: {url: "http://127.0.0.1:9"}}]\ninclude: [clients.d/*.yaml]\n',
    );
    const { stdout } = await runCommand(['explain', '--client', 'shop'], { cwd: own });
    expect(stdout).toMatch(/^mode +report +clients\.d\/shop\.yaml:4:20 \(clients\.shop\)$/m);
  });

  test.concurrent('shows no secret', async () => {
    const { stdout } = await explain('--issuer', 'corp', '--client', 'secretive', '--format', 'json');
    expect(stdout).not.toContain('hunter2');
    expect(JSON.parse(stdout).settings).toContainEqual({
      key: 'inject_secret',
      value: '(hidden)',
      from: 'clients.secretive',
      at: 'gateway.yaml:17:34',
    });
  });

  test.concurrent('shows the date of enforcement', async () => {
    const on = (moment: string) => explain('--issuer', 'corp', '--client', 'soon', '--at', moment);
    expect((await on('2027-01-14T23:59:59Z')).stdout).toMatch(/^mode +report$/m);
    expect((await on('2027-01-15T00:00:00Z')).stdout).toMatch(/^mode +enforce$/m);
  });
});

type Case = readonly [what: string, url: string, exitCode: number, says: RegExp];
const CASES: readonly Case[] = [
  ['a good request', REQUEST + PKCE, 0, /^verdict +accepted$/m],
  ['no challenge', REQUEST, 1, /^verdict +refused: challenge_missing: PKCE is required/m],
  ['another redirect_uri', `${REQUEST}2${PKCE}`, 1, /^verdict +refused: redirect_uri_not_allowed/m],
  ['a parameter twice', `${REQUEST}${PKCE}&state=1&state=2`, 1, /refused: parameter_repeated/m],
  ['a client that is not listed', REQUEST.replace('=spa', '=x') + PKCE, 1, /refused: client_unknown/m],
  ['two clients', `${REQUEST}${PKCE}&client_id=ignored`, 1, /refused: parameter_repeated/m],
  ['a client in report', REQUEST.replace('=spa', '=batch-1'), 0, /accepted, and reported: challenge_m/m],
  ['a client that is not judged', REQUEST.replace('=spa', '=ignored'), 0, /are not judged$/m],
  [
    'another path',
    REQUEST.replace('/authorize', '/other'),
    0,
    /^endpoint other$[\s\S]*^verdict {2}none: this is not an authorization request. Those go to \/oauth2\/authorize$/m,
  ],
  [
    'another spelling of the path',
    REQUEST.replace('/authorize', '/AUTHORIZE'),
    1,
    /refused: path_ambiguous/m,
  ],
  [
    'a final slash, of a client in off',
    REQUEST.replace('authorize?', 'authorize/?').replace('=spa', '=ignored'),
    1,
    /refused: path_ambiguous/m,
  ],
  ['a pushed request', `${REQUEST}&request_uri=urn:x`, 0, /if its request_uri was pushed/m],
];

describe('explain --url', () => {
  test.concurrent('shows the refused share, and its limits', async () => {
    const { exitCode, stdout } = await explain('--url', REQUEST.replace('=spa', '=some'));
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^mode +enforce 25%\n +this does not stop an attacker, who can try until/m);
    expect(stdout).toMatch(
      /^verdict +refused in 25% of the logins, accepted and reported in the others: challenge_missing/m,
    );
  });

  test.concurrent.each(CASES)('%s', async (_, url, exitCode, says) => {
    const explained = await explain('--url', url);
    expect(explained).toMatchObject({ exitCode, stderr: '' });
    expect(explained.stdout).toMatch(says);
    expect(explained.stdout).not.toContain('cccc');
  });

  test.concurrent('says that the endpoints of an upstream that does not answer are unknown', async () => {
    const { stdout } = await explain('--issuer', 'partners', '--url', REQUEST);
    expect(stdout).toMatch(/^endpoint unknown, because the metadata of the upstream cannot be read/m);
  });

  test.concurrent('applies the date of enforcement', async () => {
    const url = REQUEST.replace('=spa', '=soon');
    const before = await explain('--url', url, '--at', '2026-12-01T00:00:00Z');
    expect(before.exitCode).toBe(0);
    expect(before.stdout).toContain('refused from 2027-01-15T00:00:00.000Z on');
    const { exitCode, stdout } = await explain(
      '--url',
      url,
      '--at',
      '2027-02-01T00:00:00Z',
      '--format',
      'json',
    );
    expect(exitCode).toBe(1);
    const { enforce_percent, verdict } = JSON.parse(stdout);
    expect(enforce_percent).toBe(100);
    expect(verdict).toMatchObject({ outcome: 'refused', reason: 'challenge_missing', refused_percent: 100 });
  });

  test.concurrent('agrees with the gateway, and discovers the endpoints', async () => {
    await using upstream = await startScriptedLegacyServer();
    const issuer = 'clients: {spa: {redirect_uris: [https://app.example.com/cb]}}';
    await using gateway = await startGatewayUnderTest({ upstream: upstream.url, issuer });
    const file = join(directory, 'auto.yaml');
    await writeFile(
      file,
      `issuers:\n  - name: corp\n    upstream: {url: "${upstream.url}"}\n    ${issuer}\n`,
    );
    const client = new SimpleClient(gateway.url);
    for (const fields of [
      {},
      { code_challenge: undefined },
      { code_challenge: 'short' },
      { code_challenge_method: 'plain' },
      { code_challenge_method: undefined },
      { response_type: 'token' },
      { response_mode: 'cookie' },
      { redirect_uri: 'https://app.example.com/cb/' },
      { request: 'x' },
      { client_id: undefined },
    ]) {
      const url = client.authorizeUrl(fields);
      await send(url);
      const line = gateway.logLines.findLast(
        ({ event }) => event === 'refusal' || event === 'report_only_violation',
      );
      const { exitCode, stdout } = await explain('--config', file, '--url', url.href, '--format', 'json');
      const { verdict } = JSON.parse(stdout);
      expect(verdict).toMatchObject({ endpoint: 'authorization' });
      expect([verdict.reason, exitCode]).toEqual(line === undefined ? [undefined, 0] : [line['reason'], 1]);
    }
  });
});

describe('explain refuses', () => {
  test.concurrent.each([
    [[], 'explain: --client or --url is required'],
    [['--client', 'spa'], 'there are several issuers: choose one with --issuer (corp, partners)'],
    [['--client', 'spa', '--issuer', 'x'], 'there is no issuer x; the file has corp, partners'],
    [['--url', REQUEST.replace('login.', 'other.')], 'no issuer serves the host other.example.com'],
    [['--url', REQUEST, '--client', 'soon'], '--client is soon, but the client_id of the request is spa'],
    [['--url', 'ftp://x/'], '--url must be a URL'],
    [['--url', REQUEST.replace('/oauth2', '\\oauth2')], '--url must be a URL'],
    [['--client', 'spa', '--at', 'tomorrow'], '--at: must be a moment'],
    [['--client', 'spa', '--format', 'yaml'], '--format must be one of text, json'],
  ])('to %j: exit 2', async (args, says) => {
    const { exitCode, stdout, stderr } = await explain(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(says);
  });

  test.concurrent('a file with problems, as check does', async () => {
    const { exitCode, stdout, stderr } = await explain('--config', 'none.yaml', '--client', 'spa');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toBe(
      'none.yaml:1:1: cannot be read: the file does not exist; name another file with --config FILE (default: gateway.yaml), make one with `pkce-gateway init --upstream URL`, or start without a file: `pkce-gateway serve --upstream URL`',
    );
  });
});
