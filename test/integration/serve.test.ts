import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/process.ts';
import { rawRequest } from '../support/raw-http.ts';
import { startRedis } from '../support/redis-server.ts';
import { SimpleClient, send } from '../support/simple-client.ts';
import { startCannedServer } from '../support/upstreams/canned-server.ts';
import { startRawServer } from '../support/upstreams/raw-server.ts';
import {
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FREE = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
const WITHOUT_PKCE = { code_challenge: undefined, code_challenge_method: undefined };

const serveUpstream = (url: string, ...more: string[]): Promise<GatewayProcess> =>
  startGatewayProcess(['serve', '--upstream', url, ...FREE, ...more]);

async function expectLogin(gateway: GatewayProcess): Promise<void> {
  const client = new SimpleClient(gateway.url);
  const tokens = await client.redeem(await client.newCode());
  expect(tokens).toMatchObject({ status: 200, json: { access_token: expect.any(String) } });
}

/** A gateway with its own file. */
async function serveFile(yaml: string): Promise<GatewayProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-serve-'));
  await writeFile(join(directory, 'gateway.yaml'), yaml);
  try {
    return await startGatewayProcess(['serve', '--config', 'gateway.yaml'], { cwd: directory });
  } finally {
    await rm(directory, { recursive: true });
  }
}

const fileFor = (url: string, more = '') => `
listen: {address: "127.0.0.1:0"}
admin: {address: "127.0.0.1:0"}
${more}
issuers:
  - {name: corp, upstream: {url: "${url}"}, clients: {spa: {mode: enforce, redirect_uris: [https://app.example.com/cb]}}}
`;

describe('serve', () => {
  test('with a file: prints its address in one line, serves, and exits with 0', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await serveFile(fileFor(upstream.url));
    await expectLogin(gateway);
    const refused = await new SimpleClient(gateway.url).authorize(WITHOUT_PKCE);
    expect(refused.status).toBe(302);
    expect((await fetch(`${gateway.adminUrl}/healthz`)).status).toBe(200);
    expect(await gateway.stop()).toBe(0);
    expect(gateway.stdout).toEqual([`pkce-gateway listening on ${gateway.url} (admin ${gateway.adminUrl})`]);
    // The log goes to standard error, one JSON object per line.
    const events = gateway.stderr.map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events).toContain('refusal');
  });

  test('with --upstream alone: every client is enforced', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await serveUpstream(upstream.url);
    await expectLogin(gateway);
    expect((await new SimpleClient(gateway.url).authorize(WITHOUT_PKCE)).status).toBe(400);
    expect(gateway.stdout).toHaveLength(1);
  });

  test('with --upstream and an issuer identifier with a path: the endpoints of that issuer', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await serveUpstream(`${upstream.url}/realms/a`);
    const realm = `${gateway.url}/realms/a`;
    const document = await send(`${realm}/.well-known/openid-configuration`);
    expect(document.json).toMatchObject({
      authorization_endpoint: `${realm}/oauth2/authorize`,
      code_challenge_methods_supported: ['S256'],
    });
    const { search } = new SimpleClient(gateway.url).authorizeUrl(WITHOUT_PKCE);
    const refused = await send(`${realm}/oauth2/authorize${search}`);
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('challenge_missing')]);
  });

  test('with --upstream and a path without a document: another issuer of the server is not used', async () => {
    await using upstream = await startCannedServer();
    const [authorization_endpoint, token_endpoint] = ['/authorize', '/token'].map(
      (path) => upstream.url + path,
    );
    upstream.answers.set('/.well-known/openid-configuration', {
      body: { authorization_endpoint, token_endpoint },
    });
    await using gateway = await serveUpstream(`${upstream.url}/realms/typo`);
    await gateway.waitForLine(/no usable discovery document \(\/realms\/typo\/\.well-known/);
    expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(503);
  });

  test('without a command name', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startGatewayProcess(['--upstream', upstream.url, ...FREE]);
    await expectLogin(gateway);
  });

  test.each(['report', 'off'])('--mode %s lets a client without PKCE through', async (mode) => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await serveUpstream(upstream.url, '--mode', mode);
    const client = new SimpleClient(gateway.url);
    const tokens = await client.redeem(await client.newCode(WITHOUT_PKCE), { code_verifier: undefined });
    expect(tokens.status).toBe(200);
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    expect(/^pkce_gateway_report_only_violations_total{/m.test(metrics)).toBe(mode === 'report');
  });

  test('--redis keeps flows in Redis', async () => {
    await using redis = await startRedis({ port: true });
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await serveUpstream(upstream.url, '--redis', redis.url);
    await expectLogin(gateway);
    const kinds = (await redis.dumpAll()).map(({ key }) => key.split(':')[1] ?? '');
    // The client's code, and the marker of the server's code.
    expect(kinds.filter((kind) => kind !== 'stats').sort()).toEqual(['code', 'code', 'flow']);
    expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(200);
  });
});

describe('endpoints: auto', () => {
  test('with an upstream that is unreachable at the start: 503, then it works without a restart', async () => {
    const port = await freePort();
    await using gateway = await serveUpstream(`http://127.0.0.1:${port}`);
    const client = new SimpleClient(gateway.url);
    const answer = await client.authorize();
    expect(answer.status).toBe(503);
    expect(answer.headers).toHaveProperty('retry-after');
    expect(answer.json.error).toBe('temporarily_unavailable');
    await using _upstream = await startScriptedLegacyServer({}, { port });
    await expectLogin(gateway);
  });

  test('with a server that has no discovery document: 503, and the log says what to do', async () => {
    await using upstream = await startScriptedLegacyServer({ metadata: 'none' });
    await using gateway = await serveUpstream(upstream.url);
    expect((await new SimpleClient(gateway.url).authorize()).status).toBe(503);
    const line = await gateway.waitForLine(/"event":"discovery_failed"/);
    expect(line).toContain(
      'say where it is (such as `discovery: [/PATH/.well-known/openid-configuration]`), or name the `endpoints`',
    );
    expect(upstream.requests.to('/oauth2/authorize')).toEqual([]);
    upstream.quirks.metadata = 'oauth';
    await expectLogin(gateway);
  });

  test('with a server without TLS: the log says what happened, where, and what to do', async () => {
    await using upstream = await startCannedServer();
    const url = `https://127.0.0.1:${upstream.port}`;
    await using gateway = await serveUpstream(url);
    const { msg, error } = JSON.parse(await gateway.waitForLine(/"event":"discovery_failed"/));
    expect(msg).toBe(
      `discovery at ${url} failed: the upstream cannot be reached: it does not speak TLS on that port (ERR_SSL_WRONG_VERSION_NUMBER); correct the scheme or the port of \`upstream.url\``,
    );
    expect(error).toBeUndefined();
  });

  test('with mode off: everything passes while the endpoints are unknown', async () => {
    await using upstream = await startScriptedLegacyServer({ metadata: 'none' });
    await using gateway = await serveUpstream(upstream.url, '--mode', 'off');
    const client = new SimpleClient(gateway.url);
    const tokens = await client.redeem(await client.newCode(WITHOUT_PKCE), { code_verifier: undefined });
    expect(tokens.status).toBe(200);
    // The retries after a request's attempt belong to no request.
    const before = gateway.stderr.length;
    await vi.waitFor(() => {
      const retry = gateway.stderr.slice(before).find((line) => line.includes('"retry_in_ms":2000'));
      expect(retry).toBeDefined();
      expect(retry).not.toContain('request_id');
    }, 30_000);
  });
});

/** A redemption at a server that delays its response, `tokens`. */
async function redeemHeld(upstream: ScriptedLegacyServer, url: string) {
  const client = new SimpleClient(url);
  const code = await client.newCode();
  const arrived = upstream.requests.next('/oauth2/token');
  const tokens = client.redeem(code);
  await arrived;
  return { tokens };
}

/** Resolves when a new connection is refused. */
async function untilRefused(url: string): Promise<void> {
  const { port, hostname } = new URL(url);
  const isRefused = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(Number(port), hostname);
      socket.once('connect', () => resolve(socket.destroy() === undefined));
      socket.once('error', () => resolve(true));
    });
  while (!(await isRefused()));
}

test('during shutdown.delay, /readyz returns 503 and connections are still accepted, each for one request', async () => {
  await using upstream = await startScriptedLegacyServer();
  await using gateway = await serveFile(fileFor(upstream.url, 'shutdown: {delay: 3s}'));
  const readiness = async () => (await fetch(`${gateway.adminUrl}/readyz`)).status;
  expect(await readiness()).toBe(200);
  const agent = new Agent({ keepAlive: true });
  const onKept = async () => {
    const asked = request(`${gateway.url}/inspect`, { agent }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    await text(response);
    return { status: response.statusCode, reused: asked.reusedSocket };
  };
  expect(await onKept()).toEqual({ status: 200, reused: false });
  const ended = gateway.stop();
  await vi.waitFor(async () => expect(await readiness()).toBe(503), { timeout: 2_000, interval: 5 });
  const answer = await fetch(`${gateway.url}/inspect`);
  expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
  // Idle connections stay open too: the next request may be on its way.
  expect(await onKept()).toEqual({ status: 200, reused: true });
  await untilRefused(gateway.url);
  expect(await ended).toBe(0);
  agent.destroy();
});

test('npm start forwards SIGTERM, and ends with the gateway', async () => {
  await using upstream = await startScriptedLegacyServer({ token: 'held' });
  const npm = spawn('npm', ['start', '--silent', '--', 'serve', '--upstream', upstream.url, ...FREE], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(npm, 'exit');
  const [line] = (await once(npm.stdout, 'data')) as [Buffer];
  const [, url = ''] = /listening on (\S+)/.exec(line.toString()) ?? [];
  const { tokens } = await redeemHeld(upstream, url);
  npm.kill('SIGTERM');
  await untilRefused(url);
  upstream.releaseHeld();
  expect(await tokens).toMatchObject({ status: 200, json: { access_token: expect.any(String) } });
  expect(await exited).toEqual([0, null]);
});

describe('SIGTERM', () => {
  test('a second signal does not shorten the drain', async () => {
    await using upstream = await startScriptedLegacyServer({ token: 'held' });
    await using gateway = await serveUpstream(upstream.url);
    const { tokens } = await redeemHeld(upstream, gateway.url);
    gateway.signal('SIGTERM');
    await untilRefused(gateway.url);
    const ended = gateway.stop();
    // After the response to a later request, the signal has arrived.
    expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(503);
    upstream.releaseHeld();
    expect(await tokens).toMatchObject({ status: 200, json: { access_token: expect.any(String) } });
    expect(await ended).toBe(0);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'lets a redemption finish, takes no new connection, and exits 0: %s',
    async (signal) => {
      await using upstream = await startScriptedLegacyServer({ token: 'held' });
      await using gateway = await serveUpstream(upstream.url);
      const { tokens } = await redeemHeld(upstream, gateway.url);
      const ended = gateway.stop(signal);
      await untilRefused(gateway.url);
      // Load balancers can still read that the gateway is draining.
      const readiness = await fetch(`${gateway.adminUrl}/readyz`);
      expect([readiness.status, await readiness.text()]).toEqual([503, 'not ready: it is shutting down\n']);
      upstream.releaseHeld();
      expect(await tokens).toMatchObject({ status: 200, json: { access_token: expect.any(String) } });
      expect(await ended).toBe(0);
      expect(gateway.stdout).toHaveLength(1);
    },
  );

  test('lets a stream finish, and does not keep its connection', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await serveUpstream(upstream.url);
    const agent = new Agent({ keepAlive: true });
    const upload = request(`${gateway.url}/echo`, { method: 'POST', agent });
    upload.write('before, ');
    const [answer] = (await once(upload, 'response')) as [IncomingMessage];
    expect(answer.headers.connection).toBe('keep-alive');
    expect(String((await once(answer, 'data'))[0])).toBe('before, ');
    const ended = gateway.stop();
    await untilRefused(gateway.url);
    upload.end('after');
    expect(await text(answer)).toBe('after');
    expect(await ended).toBe(0);
    agent.destroy();
  });

  test('does not wait for idle connections, event streams beyond shutdown.drain, or WebSockets', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await serveFile(fileFor(upstream.url, 'shutdown: {drain: 100ms}'));
    const port = Number(new URL(gateway.url).port);
    const handshake = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
    ];
    const held = [
      rawRequest('GET /inspect HTTP/1.1', ['Connection: keep-alive']),
      rawRequest('GET /sse HTTP/1.1', []),
      rawRequest('GET /ws HTTP/1.1', handshake),
    ].map((request) => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      socket.write(request);
      const began = new Promise((resolve) => socket.once('data', resolve));
      const closed = new Promise((resolve) => socket.once('close', resolve));
      return { began, closed };
    });
    await Promise.all(held.map(({ began }) => began));
    expect(await gateway.stop()).toBe(0);
    await Promise.all(held.map(({ closed }) => closed));
  });

  test('while the file is read ends it at once, and a SIGHUP before does not', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-serve-'));
    const fifo = join(directory, 'gateway.yaml');
    await promisify(execFile)('mkfifo', [fifo]);
    const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
    const child = spawn(process.execPath, [main, '--config', fifo], { stdio: 'ignore' });
    const exited = once(child, 'exit');
    // Opening it waits until the gateway reads it, and the file does not end before this is closed.
    const writer = await open(fifo, 'w');
    child.kill('SIGHUP');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    await writer.close();
    await rm(directory, { recursive: true });
  });

  test('during a wait for a silent upstream ends it at once', async () => {
    const asked = Promise.withResolvers<void>();
    await using upstream = await startRawServer(() => asked.resolve());
    const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
    const child = spawn(process.execPath, [main, '--upstream', upstream.url, ...FREE], { stdio: 'ignore' });
    const exited = once(child, 'exit');
    await asked.promise;
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });
});
