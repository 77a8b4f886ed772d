import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { writeCertificate } from '../support/certificate.ts';
import { type GatewayProcess, runCommand, startGatewayProcess } from '../support/process.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';

const TOKEN = 'the-token-of-the-operators';
const stack = new AsyncDisposableStack();
let gateway: GatewayProcess;
let directory: string;
let write: (token: string) => Promise<void>;

beforeAll(async () => {
  directory = stack.use(await mkdtempDisposable(join(tmpdir(), 'pkce-gateway-admin-'))).path;
  const upstream = stack.use(await startScriptedLegacyServer());
  await writeCertificate(join(directory, 'cert.pem'), join(directory, 'key.pem'));
  write = (token) =>
    writeFile(
      join(directory, 'gateway.yaml'),
      `listen: {address: "127.0.0.1:0"}
admin: {address: "localhost:0", token: ${token}, tls: {cert_file: cert.pem, key_file: key.pem}}
issuers: [{name: corp, upstream: {url: "${upstream.url}"}, clients: {portal: {mode: report}}}]
`,
    );
  await write(TOKEN);
  gateway = stack.use(await startGatewayProcess(['serve', '--config', join(directory, 'gateway.yaml')]));
});
afterAll(() => stack.disposeAsync());

const anyCertificate = new Agent({ connect: { rejectUnauthorized: false } });

async function get(path: string, authorization?: string) {
  const { statusCode, headers, body } = await request(gateway.adminUrl + path, {
    dispatcher: anyCertificate,
    headers: authorization === undefined ? {} : { authorization },
  });
  return { status: statusCode, headers, text: await body.text() };
}

test('the admin listener uses TLS', () => expect(gateway.adminUrl).toMatch(/^https:/));

test.each(['/healthz', '/readyz'])('%s needs no token', async (path) =>
  expect(await get(path)).toMatchObject({ status: 200, text: 'ok\n' }),
);

test.each(['/', '/metrics', '/api/clients', '/client', '/request?id=x', '/status.css', '/nothing'])(
  '%s needs the token',
  async (path) => {
    for (const wrong of [undefined, 'Bearer wrong', `Basic ${Buffer.from('x:wrong').toString('base64')}`]) {
      const { status, headers, text } = await get(path, wrong);
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toMatch(/^Basic realm=/);
      expect(text).not.toContain('portal');
    }
    const basic = `Basic ${Buffer.from(`prometheus:${TOKEN}`).toString('base64')}`;
    for (const right of [`Bearer ${TOKEN}`, basic]) expect((await get(path, right)).status).not.toBe(401);
  },
);

describe('report', () => {
  const report = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runCommand(['report', '--admin', gateway.adminUrl, ...args], { env });
  const ca = () => ['--ca', join(directory, 'cert.pem')];

  test('uses a token from a file or the environment, and checks the certificate', async () => {
    const file = join(directory, 'token');
    await writeFile(file, `${TOKEN}\n`);
    const byFile = await report([...ca(), '--token-file', file]);
    expect(byFile.stdout).toMatch(/^portal /m);
    const byEnvironment = await report(ca(), { PKCE_GATEWAY_ADMIN_TOKEN: TOKEN });
    expect(byEnvironment.stdout).toBe(byFile.stdout);
  });

  test('says which option is missing', async () => {
    expect(await report(ca())).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(': set --token-file'),
    });
    expect(await report(ca(), { PKCE_GATEWAY_ADMIN_TOKEN: 'another' })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('it is not the one in --token-file or PKCE_GATEWAY_ADMIN_TOKEN'),
    });
    expect(await report([])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--ca') });
    expect(await report(['--token-file', join(directory, 'none')])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/--token-file: cannot read .*none: the file does not exist/),
    });
  });
});

test('a reload renews token and certificate', async () => {
  await writeCertificate(join(directory, 'cert.pem'), join(directory, 'key.pem'));
  await write('another-token');
  await vi.waitFor(async () => expect((await get('/', 'Bearer another-token')).status).toBe(200), 10_000);
  expect((await get('/', `Bearer ${TOKEN}`)).status).toBe(401);
  const { exitCode } = await runCommand(
    ['report', '--admin', gateway.adminUrl, '--ca', join(directory, 'cert.pem')],
    { env: { PKCE_GATEWAY_ADMIN_TOKEN: 'another-token' } },
  );
  expect(exitCode).toBe(0);
});
