import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { writeCertificate } from '../support/certificate.ts';
import { startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { listen } from '../support/listener.ts';

let directory: string;
const warnings: Error[] = [];
const note = (warning: Error) => void warnings.push(warning);
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-upstream-'));
  await writeCertificate(join(directory, 'cert.pem'), join(directory, 'key.pem'));
});
afterAll(() => rm(directory, { recursive: true }));
beforeEach(() => void process.on('warning', note));
afterEach(() => void process.off('warning', note));

/** An https server that echoes WebSocket messages, and reports the SNI name of each connection. */
async function startServer(host: string) {
  const [cert, key] = await Promise.all(
    ['cert.pem', 'key.pem'].map((file) => readFile(join(directory, file))),
  );
  const names: unknown[] = [];
  const server = createServer({ cert, key }, (_request, response) => response.end('here'));
  server.on('secureConnection', (socket) => names.push(socket.servername));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (message) => socket.send(message)));
  const listener = await listen(server, host);
  return { ...listener, names };
}

const gatewayTo = (url: string) =>
  startGatewayUnderTest({
    upstream: url,
    issuer: [
      `upstream: {url: "${url}", tls: {ca_file: ${directory}/cert.pem}}`,
      'endpoints: {authorization: [/authorize], token: [/token]}',
    ].join('\n'),
  });

async function expectPassage(url: string): Promise<void> {
  expect(await (await fetch(`${url}/page`)).text()).toBe('here');
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { headers: { host: 'login.example.com' } });
  await once(socket, 'open');
  socket.send('hello');
  expect(String((await once(socket, 'message'))[0])).toBe('hello');
  socket.terminate();
}

test('https to a name that its certificate lacks: the log says so, and has no text of the certificate', async () => {
  await using server = await startServer('127.0.0.2');
  await using gateway = await gatewayTo(`https://127.0.0.2:${server.port}`);
  expect((await fetch(`${gateway.url}/page`)).status).toBe(502);
  const faults = gateway.logLines.filter(({ event }) => event === 'upstream_fault');
  const msg =
    'the upstream cannot be reached: its certificate is for another name (ERR_TLS_CERT_ALTNAME_INVALID)';
  expect(faults).toMatchObject([{ kind: 'unreachable', code: 'ERR_TLS_CERT_ALTNAME_INVALID', msg }]);
  expect(JSON.stringify(faults)).not.toContain('localhost');
});

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::1', '[::1]'],
])('https to %s: the certificate is checked for the address, and no SNI is sent', async (host, literal) => {
  await using server = await startServer(host);
  await using gateway = await gatewayTo(`https://${literal}:${server.port}`);
  await expectPassage(gateway.url);
  expect(new Set(server.names)).toEqual(new Set([false]));
  expect(warnings).toEqual([]);
});

test('https to an address that the certificate does not name: 502', async () => {
  await using server = await startServer('127.0.0.2');
  await using gateway = await gatewayTo(`https://127.0.0.2:${server.port}`);
  expect((await fetch(`${gateway.url}/page`)).status).toBe(502);
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/ws`);
  expect(String(await once(socket, 'error'))).toContain('502');
});

test('https to a name: the certificate is checked for it, with any Host', async () => {
  await using server = await startServer('127.0.0.1');
  await using gateway = await gatewayTo(`https://localhost:${server.port}`);
  await expectPassage(gateway.url);
  expect(new Set(server.names)).toEqual(new Set(['localhost']));
});

test('a server that prefers HTTP/2 gets HTTP/1.1', async () => {
  const [cert, key] = await Promise.all(
    ['cert.pem', 'key.pem'].map((file) => readFile(join(directory, file))),
  );
  const versions: string[] = [];
  const server = createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => {
    versions.push(request.httpVersion);
    response.end('here');
  });
  await using listener = await listen(server, '127.0.0.1');
  await using gateway = await gatewayTo(`https://localhost:${listener.port}`);
  expect(await (await fetch(`${gateway.url}/page`)).text()).toBe('here');
  expect(new Set(versions)).toEqual(new Set(['1.1']));
});
