import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startClientApp } from '../support/client-app.ts';
import { freePort } from '../support/free-port.ts';
import { logInWithOauth4webapi } from '../support/logins/oauth4webapi-login.ts';
import { type FinishedCommand, runCommand, startGatewayProcess } from '../support/process.ts';
import { startRedis } from '../support/redis-server.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { startCannedServer } from '../support/upstreams/canned-server.ts';
import { startOidcProvider } from '../support/upstreams/oidc-provider.ts';
import { startRawServer } from '../support/upstreams/raw-server.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { testClients } from '../support/upstreams/test-client.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-init-'));
});
afterAll(() => rm(directory, { recursive: true }));

const FREE = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
const OPENID = '/.well-known/openid-configuration';

const init = (upstream: string, ...more: string[]): Promise<FinishedCommand> =>
  runCommand(['init', '--upstream', upstream, ...FREE, ...more], { cwd: directory });

/** Saves the output of `init`, as a shell would, and checks it. */
async function saved({ exitCode, stdout }: FinishedCommand): Promise<string> {
  expect(exitCode).toBe(0);
  const file = join(directory, `gateway-${process.hrtime.bigint()}.yaml`);
  await writeFile(file, `${stdout}\n`);
  expect(await runCommand(['check', '--config', file])).toMatchObject({ exitCode: 0, stderr: '' });
  return file;
}

describe('init prints a file that runs unchanged', () => {
  test('in front of oidc-provider: discovery, check, serve, and a login', async () => {
    await using app = await startClientApp();
    const { publicClient } = testClients(app.redirectUri);
    const port = await freePort('localhost');
    const issuer = `http://localhost:${port}`;
    await using upstream = await startOidcProvider({ clients: [publicClient], pkce: 'optional', issuer });
    const printed = await init(upstream.url, '--public-url', issuer, '--listen', `localhost:${port}`);
    expect(printed.stderr).toBe('');
    expect(printed.stdout).toContain(`# From ${upstream.url}${OPENID}:`);
    expect(printed.stdout).toMatch(new RegExp(`^#   issuer +${issuer}$`, 'm'));
    expect(printed.stdout).toMatch(new RegExp(`^#   authorization_endpoint +${upstream.url}/auth$`, 'm'));
    expect(printed.stdout).toMatch(/^# {3}code_challenge_methods_supported +S256$/m);
    expect(printed.stdout).toContain('# It advertises PKCE');
    const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)$/m.exec(printed.stdout) ?? [];
    const { $id } = JSON.parse(await readFile(resolve(directory, schema), 'utf8'));
    expect($id).toBe('urn:pkce-gateway:gateway.yaml');
    expect(printed.stdout).toContain('pkce-gateway doctor --config gateway.yaml');
    const file = await saved(printed);
    await using gateway = await startGatewayProcess(['serve', '--config', file]);
    const { tokens } = await logInWithOauth4webapi({ issuer, client: publicClient, app });
    expect(tokens.access_token).toBeTypeOf('string');
    expect(await gateway.stop()).toBe(0);
  });

  test('in front of a legacy server: a client without PKCE is reported, not refused', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using redis = await startRedis({ port: true });
    const printed = await init(upstream.url, '--redis', redis.url);
    expect(printed.stdout).toContain('# It does not advertise PKCE');
    expect(printed.stdout).toMatch(/^# {3}code_challenge_methods_supported +\(missing\)$/m);
    await using gateway = await startGatewayProcess(['serve', '--config', await saved(printed)]);
    const client = new SimpleClient(gateway.url);
    const without = { code_challenge: undefined, code_challenge_method: undefined };
    const tokens = await client.redeem(await client.newCode(without), { code_verifier: undefined });
    expect(tokens.status).toBe(200);
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/^pkce_gateway_report_only_violations_total\{.*challenge_missing/m);
  });

  test("with metadata elsewhere: an issuer identifier, the document's URL, a usual location", async () => {
    await using upstream = await startCannedServer();
    const home = '/adfs';
    upstream.answers.set(`${home}${OPENID}`, {
      body: {
        issuer: `${upstream.url}${home}`,
        authorization_endpoint: `${upstream.url}/adfs/oauth2/authorize/`,
        token_endpoint: `${upstream.url}/adfs/oauth2/token/`,
        response_types_supported: ['code', 'code id_token'],
      },
    });
    for (const named of ['', home, `${home}${OPENID}`]) {
      const printed = await init(upstream.url + named);
      expect(printed.stdout).toContain('authorization: [/adfs/oauth2/authorize/]');
      expect(printed.stdout).toContain(`metadata: [${home}${OPENID}]`);
      expect(printed.stdout).toContain('list it in its `response_types`');
      await saved(printed);
    }
  });

  test('for a server that answers only under its own host name: `preserve_host: false`', async () => {
    await using upstream = await startRawServer((socket, head) => {
      const own = head.toLowerCase().includes(`\r\nhost: ${upstream.host}:${upstream.port}`);
      const endpoints = { authorization_endpoint: `${upstream.url}/a`, token_endpoint: `${upstream.url}/t` };
      const body = JSON.stringify(own ? endpoints : { error: 'not here' });
      const status = own ? '200 OK' : '404 Not Found';
      socket.write(`HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    });
    const printed = await init(upstream.url);
    expect(printed.stdout).toMatch(/^ {6}preserve_host: false/m);
    await saved(printed);
  });

  test("for any content of the server's metadata", async () => {
    await using upstream = await startCannedServer();
    upstream.answers.set(OPENID, {
      body: {
        issuer: 'https://idp\nadmin: {address: 0.0.0.0:1}\u2028\u0085x: y',
        authorization_endpoint: `${upstream.url}/a`,
        token_endpoint: `${upstream.url}/t`,
        response_types_supported: ['code\n# listen:'],
      },
    });
    const printed = await init(upstream.url);
    await saved(printed);
    expect(printed.stdout).not.toContain('\nadmin: {');
  });

  test('for a server with another name that redirects to its document', async () => {
    await using upstream = await startCannedServer();
    const base = '/realms/corp/protocol/openid-connect';
    const document = `/realms/corp${OPENID}`;
    upstream.answers.set(document, { status: 301, headers: { location: `${document}/` }, body: {} });
    upstream.answers.set(`${document}/`, {
      body: {
        issuer: 'https://login.example.com/realms/corp',
        authorization_endpoint: `https://login.example.com${base}/auth`,
        token_endpoint: `https://login.example.com${base}/token`,
      },
    });
    const printed = await init(`${upstream.url}/realms/corp`);
    expect(printed.stdout).toContain('origins: ["https://login.example.com"]'.replaceAll('"', ''));
    expect(printed.stdout).toContain(`authorization: [${base}/auth, ${base}/registrations]`);
    await saved(printed);
    expect(printed.stdout).toContain(`metadata: [${document}]`);
    // A redirect from an old path to the current one.
    upstream.answers.set(`/auth${document}`, { status: 301, headers: { location: document }, body: {} });
    upstream.answers.set(document, upstream.answers.get(`${document}/`) ?? {});
    expect((await init(`${upstream.url}/auth/realms/corp`)).stdout).toContain(`metadata: [${document}]`);
    const known = await init(`${upstream.url}/realms/corp`, '--public-url', 'https://login.example.com');
    expect(known.stdout).not.toContain('origins:');
  });

  test('without a password in it', async () => {
    await using upstream = await startScriptedLegacyServer();
    const { exitCode, stdout } = await init(
      upstream.url,
      '--redis',
      'rediss://user:hunter2@redis.internal:6379/0',
    );
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('hunter2');
    expect(stdout).toContain('url: "rediss://redis.internal:6379/0"');
    expect(stdout).toContain('username: "user"');
    expect(stdout).toContain('password: {from_env: REDIS_PASSWORD}');
  });
});

describe('a server that answers only under the host name of its clients (Apereo CAS)', () => {
  const PUBLIC = 'http://login.example.com';
  async function startServerOfOneName() {
    const upstream = await startCannedServer();
    const document = (issuer: string) => ({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
    });
    upstream.answers.set(`/cas/oidc${OPENID}`, {
      host: new URL(PUBLIC).host,
      body: document(`${PUBLIC}/cas/oidc`),
    });
    return upstream;
  }

  test('is found with --public-url', async () => {
    await using upstream = await startServerOfOneName();
    const found = await init(`${upstream.url}/cas/oidc`, '--public-url', PUBLIC);
    expect(found.stderr).toBe('');
    expect(found.stdout).toContain(`public_url: ${PUBLIC}`);
    expect(found.stdout).toContain(
      'preserve_host: true  # it answers only under the host name of `public_url`',
    );
    expect(found.stdout).toContain('authorization: [/cas/oidc/authorize]');
    await saved(found);
    const { stdout } = await runCommand([
      ...['doctor', '--upstream', `${upstream.url}/cas/oidc`, '--public-url', PUBLIC],
    ]);
    expect(stdout).toMatch(/ok +discovery, as login\.example\.com: \/cas\/oidc\/\.well-known/);
  });

  test('and without it, init and doctor name the option', async () => {
    await using upstream = await startServerOfOneName();
    const { exitCode, stderr } = await init(`${upstream.url}/cas/oidc`);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('add --public-url with that name');
    const { stdout } = await runCommand(['doctor', '--upstream', `${upstream.url}/cas/oidc`]);
    expect(stdout).toContain('host name that clients use, say so (`public_url`, or --public-url)');
  });
});

describe('init refuses', () => {
  test('a server without metadata: a template that `check` rejects until it is filled in', async () => {
    await using upstream = await startScriptedLegacyServer({ metadata: 'none' });
    const { exitCode, stdout, stderr } = await init(upstream.url);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('has no discovery document');
    expect(stderr).toContain('  /adfs/.well-known/openid-configuration answered 404');
    const file = join(directory, 'template.yaml');
    await writeFile(file, stdout);
    const checked = await runCommand(['check', '--config', file]);
    expect(checked.exitCode).toBe(1);
    expect(checked.stderr.split('\n').map((line) => line.replace(/^.*?yaml:\d+:\d+ /, ''))).toEqual([
      'issuers[0].endpoints.authorization: must not be empty',
      'issuers[0].endpoints.token: must not be empty',
    ]);
    const filled = stdout
      .replace('authorization: []', 'authorization: [/oauth2/authorize]')
      .replace('token: []', 'token: [/oauth2/token]');
    await using gateway = await startGatewayProcess([
      'serve',
      '--config',
      await saved({ exitCode: 0, stdout: filled, stderr }),
    ]);
    const client = new SimpleClient(gateway.url);
    expect((await client.redeem(await client.newCode())).status).toBe(200);
  });

  test('an issuer with a path if only the root has metadata, which may belong to another issuer', async () => {
    await using upstream = await startScriptedLegacyServer({ metadata: 'oauth' });
    const { exitCode, stderr } = await init(`${upstream.url}/tenant`);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`  /tenant${OPENID} answered 404`);
    expect(stderr).toContain(`as --upstream (${upstream.url} for one at the root)`);
    expect((await init(upstream.url)).exitCode).toBe(0);
  });

  test('a server that redirects elsewhere, and names the address', async () => {
    await using upstream = await startCannedServer();
    upstream.answers.set(OPENID, {
      status: 301,
      headers: { location: `https://idp.example.com${OPENID}?x=y` },
    });
    const { exitCode, stderr } = await init(upstream.url);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`${OPENID} answered 301 (to https://idp.example.com)\n`);
  });

  test('a document with endpoints that no configuration can contain', async () => {
    await using upstream = await startCannedServer();
    const issuer = `${upstream.url}/x`;
    const endpoints = { authorization_endpoint: `${issuer}//a`, token_endpoint: `${issuer}/t` };
    upstream.answers.set(`/x${OPENID}`, { body: { issuer, ...endpoints } });
    const { exitCode, stdout, stderr } = await init(issuer);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain('issuers[0].endpoints.authorization[0]: must not contain //');
  });

  test.each([
    ['http://127.0.0.1:9', 'nothing listens on that port (ECONNREFUSED)'],
    ['http://nowhere.invalid', 'cannot be reached'],
    ['https://PORT', 'cannot be reached'],
  ])('%s, with the reason', async (url, says) => {
    await using plain = await startCannedServer();
    const { exitCode, stdout, stderr } = await init(url.replace('PORT', `127.0.0.1:${plain.port}`));
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(says);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test.each([
    [[], 'init: --upstream is required'],
    [['--upstream', 'idp'], '--upstream: must be an http or https URL'],
    [['--upstream', 'https://user:pw@idp'], '--upstream: must not contain a user name or password'],
    [['--upstream', 'https://idp/a//b'], '--upstream: must not contain //'],
    [['--upstream', 'https://idp', '--listen', 'x'], '--listen: must be host:port'],
    [['--upstream', 'https://idp', '--ca', 'missing.pem'], '--ca: cannot read'],
    [['--upstream', 'https://idp', '--public-url', 'login'], '--public-url: must be an http or https URL'],
  ])('%j: exit 2', async (args, says) => {
    const { exitCode, stdout, stderr } = await runCommand(['init', ...args]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(says);
  });
});
