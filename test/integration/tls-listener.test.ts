import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect as connectPlainly } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { writeCertificate } from '../support/certificate.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/process.ts';
import {
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';

let directory: string;
let upstream: ScriptedLegacyServer;
let gateway: GatewayProcess;
let [cert, key] = ['', ''];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-tls-'));
  [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  await writeCertificate(cert, key);
  upstream = await startScriptedLegacyServer();
  const file = join(directory, 'gateway.yaml');
  await writeFile(
    file,
    `
listen: {address: localhost:0, tls: {cert_file: cert.pem, key_file: key.pem}, limits: {header_timeout: 2s}}
admin: {address: 127.0.0.1:0}
issuers:
  - name: corp
    upstream: {url: ${upstream.url}}
`,
  );
  gateway = await startGatewayProcess(['serve', '--config', file]);
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

/** The certificate that a new connection gets. */
async function presented(): Promise<string> {
  const socket = connect({
    host: 'localhost',
    port: Number(new URL(gateway.url).port),
    rejectUnauthorized: false,
  });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

test('https is served, and the upstream gets X-Forwarded-Proto', async () => {
  expect(gateway.url).toMatch(/^https:\/\/localhost:\d+$/);
  const agent = new Agent({ connect: { ca: await readFile(cert, 'utf8') } });
  const { statusCode, body } = await request(`${gateway.url}/inspect`, { dispatcher: agent });
  expect(statusCode).toBe(200);
  expect(await body.text()).toMatch(/X-Forwarded-Proto","https"/i);
  await agent.close();
});

test('a renewed certificate is presented without a restart', async () => {
  const before = await presented();
  await writeCertificate(cert, key);
  await vi.waitFor(async () => expect(await presented()).not.toBe(before), 10_000);
});

test('a certificate that does not match the key changes nothing, and is logged', async () => {
  const before = await presented();
  await writeFile(cert, 'no certificate');
  const line = await gateway.waitForLine(/"event":"config_rejected"/);
  expect(JSON.parse(line).problems[0]).toContain('listen.tls.cert_file');
  expect(await presented()).toBe(before);
});

test('a client without a handshake has the same timeout as for a head', async () => {
  const { hostname, port } = new URL(gateway.url);
  const socket = connectPlainly(Number(port), hostname);
  await once(socket.resume(), 'close');
});
