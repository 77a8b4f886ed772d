import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Browser } from '../support/browser.ts';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { startProxyTo } from './proxy-stage.ts';
import { startRedisStage } from './redis-stage.ts';

const FORM = 'Content-Type: application/x-www-form-urlencoded';

describe('a body that arrives too slowly', () => {
  const SLOW: readonly (readonly [what: string, target: string, headers: readonly string[], body: string])[] =
    [
      ['at the token endpoint', '/oauth2/token', [FORM, 'Content-Length: 99'], 'grant_type=x'],
      [
        'in chunks, at the token endpoint',
        '/oauth2/token',
        [FORM, 'Transfer-Encoding: chunked'],
        '3\r\na=b\r\n',
      ],
      ['at the authorization endpoint', '/oauth2/authorize', [FORM, 'Content-Length: 99'], 'client_id=x'],
      ['to a page', '/inspect', [FORM, 'Content-Length: 99'], 'a=b'],
      ['in chunks, to a page', '/inspect', ['Transfer-Encoding: chunked'], '3\r\na=b\r\n'],
      ['larger than what is judged, to a page', '/inspect', ['Content-Length: 9999999'], 'x'.repeat(100_000)],
    ];

  test.each(SLOW)('%s: a 408, and the server is free for others', async (_, target, headers, body) => {
    await using upstream = await startScriptedLegacyServer();
    // With one connection, a slow request blocks all others.
    await using gateway = await startProxyTo(upstream, {
      listen: 'limits: {header_timeout: 300ms}',
      upstream: 'connections: 1',
      issuer: 'forward_pkce: never',
    });
    const slow = sendRaw(gateway.url, rawRequest(`POST ${target} HTTP/1.1`, headers, body), {
      until: 'close',
    });
    expect((await slow).status).toBe(408);
    const client = new SimpleClient(gateway.url);
    expect((await client.redeem(await client.newCode())).status).toBe(200);
  });

  test.each(['PUT /oauth2/authorize?client_id=x', 'PUT /oauth2/token', 'DELETE /oauth2/token'])(
    'in report, where it is forwarded unchanged (%s): the same',
    async (line) => {
      await using upstream = await startScriptedLegacyServer();
      await using gateway = await startProxyTo(upstream, {
        listen: 'limits: {header_timeout: 300ms}',
        upstream: 'connections: 1',
        issuer: 'forward_pkce: never\nunlisted_clients: {mode: report}',
      });
      const slow = rawRequest(`${line} HTTP/1.1`, [FORM, 'Content-Length: 99'], 'a=b');
      expect((await sendRaw(gateway.url, slow, { until: 'close' })).status).toBe(408);
      const client = new SimpleClient(gateway.url);
      expect((await client.redeem(await client.newCode())).status).toBe(200);
    },
  );

  test('a body that keeps arriving may take any time', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startProxyTo(upstream, { listen: 'limits: {header_timeout: 600ms}' });
    const slow = startSlowBody(gateway.url);
    // A stalled body times out meanwhile, so the limit has passed when its response arrives.
    const standing = sendRaw(gateway.url, rawRequest('POST /inspect HTTP/1.1', ['Content-Length: 99'], 'x'), {
      until: 'close',
    });
    expect((await slow.sendUntil(standing)).status).toBe(408);
    expect(await slow.end()).toMatch(/^HTTP\/1\.1 200 /);
  });
});

/** A chunked body that keeps arriving during another operation. */
function startSlowBody(url: string) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(rawRequest('POST /inspect HTTP/1.1', ['Transfer-Encoding: chunked']));
  const answer = once(socket, 'data', { signal: AbortSignal.timeout(15_000) });
  return {
    async sendUntil<T>(other: Promise<T>): Promise<T> {
      const moving = setInterval(() => socket.write(`1388\r\n${'x'.repeat(5_000)}\r\n`), 20);
      return other.finally(() => clearInterval(moving));
    },
    async end(): Promise<string> {
      socket.write('0\r\n\r\n');
      const [data] = await answer;
      socket.destroy();
      return String(data);
    },
  };
}

describe('many headers', () => {
  const MANY = Array.from({ length: 2_500 }, (_, i) => `a${i}:b`);

  test('are all judged, including the last one', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startProxyTo(upstream, { issuer: 'forward_pkce: never' });
    const second = rawRequest('GET /inspect HTTP/1.1', ['Host: a', ...MANY, 'hOST: evil.example']);
    expect((await sendRaw(gateway.url, second)).status).toBe(400);
    const encoded = rawRequest(
      'POST /oauth2/token HTTP/1.1',
      [FORM, ...MANY, 'Content-Encoding: gzip'],
      'grant_type=authorization_code&code=x&client_id=spa',
    );
    expect((await sendRaw(gateway.url, encoded)).status).toBe(415);
    expect(upstream.tokenRequests).toEqual([]);
  });
});

test.each([
  ['nothing', ''],
  ['half a head', 'GET / HTTP/1.1\r\nHo'],
  ['nothing more', rawRequest('GET /inspect HTTP/1.1', ['Host: a'])],
])('a connection that requests %s is closed', async (_, sent) => {
  await using upstream = await startScriptedLegacyServer();
  await using gateway = await startProxyTo(upstream, {
    listen: 'keep_alive: 1s, limits: {header_timeout: 300ms}',
  });
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname).resume();
  socket.write(sent);
  await once(socket, 'close');
});

test('with 10 000 idle connections open, a new login works', async ({ signal }) => {
  const COUNT = 10_000;
  // Each connection takes a descriptor on both sides; both are separate processes with their own limit. They end when the
  // test times out, so that nothing outlives it.
  const limited = (args: readonly string[], cwd: string) =>
    spawn('sh', ['-c', `ulimit -n ${COUNT + 2_000} && exec "$0" "$@"`, process.execPath, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
    }).on('error', () => {});
  const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  await using upstream = await startScriptedLegacyServer();
  const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-idle-'));
  await writeFile(
    join(directory, 'gateway.yaml'),
    `
listen: {address: "127.0.0.1:0", limits: {connections: 11000, connections_per_client: 11000, header_timeout: 5m}}
admin: {address: "127.0.0.1:0"}
issuers:
  - {name: corp, upstream: {url: "${upstream.url}"}, unlisted_clients: {mode: enforce}}
`,
  );
  const gateway = limited([path('../../src/main.ts'), 'serve', '--config', 'gateway.yaml'], directory);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => void gateway.kill('SIGKILL'));
  const line = await firstLine(gateway);
  const [url = '', adminUrl = ''] = line.match(/http:\/\/[\d.:]+/g) ?? [];
  const holder = limited(
    [path('../support/hold-connections.ts'), new URL(url).port, String(COUNT)],
    directory,
  );
  stack.defer(() => void holder.kill('SIGKILL'));
  expect(await firstLine(holder)).toBe(`open ${COUNT}`);

  const client = new SimpleClient(url);
  expect((await client.redeem(await client.newCode())).status).toBe(200);
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/^pkce_gateway_connections_dropped_total 0$/m);
  expect(Number(/^process_open_fds (\d+)$/m.exec(metrics)?.[1] ?? COUNT)).toBeGreaterThanOrEqual(COUNT);
}, 60_000);

/** Fails with the output of the process if it prints no such line, for example because the machine's limit of files is too low. */
async function firstLine(child: ReturnType<typeof spawn>): Promise<string> {
  if (child.stdout === null || child.stderr === null) throw new Error('no output to read');
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += String(chunk);
  });
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error(
    `the process ended without a line; this test needs 12 000 open files (ulimit -n): ${errors}`,
  );
}

describe('a flood of authorization requests', { timeout: 60_000 }, () => {
  const FLOOD = 2_000;

  async function flood(url: string): Promise<void> {
    const [client, queue] = [new SimpleClient(url), Array(FLOOD).values()];
    const work = async () => {
      for (const _ of queue) expect((await client.authorize()).status).toBe(302);
    };
    await Promise.all(Array.from({ length: 32 }, work));
  }

  test('with the memory store: earlier logins and codes stay valid', async () => {
    await using upstream = await startScriptedLegacyServer({ login: 'return_to' });
    await using gateway = await startProxyTo(upstream, { issuer: 'forward_pkce: never' });
    const client = new SimpleClient(gateway.url);
    await using browser = new Browser();
    const [form] = (await browser.follow(await browser.visit(client.authorizeUrl()))).forms;
    if (form === undefined) throw new Error('no login form');
    upstream.quirks.login = 'none';
    const issued = await client.newCode();
    await flood(gateway.url);
    expect((await client.redeem(issued)).status).toBe(200);
    const { location } = await browser.follow(await browser.submit(form, { username: 'alice' }));
    expect(location?.searchParams.get('state')).toBe('the-state');
    expect((await client.redeem(location?.searchParams.get('code') ?? '')).status).toBe(200);
  });

  test('with Redis: the same; every record has a TTL and a limited size', async () => {
    await using stage = await startRedisStage();
    const { client, redis } = stage;
    const issued = await client.newCode();
    await flood(client.authorizeUrl().origin);
    expect((await client.redeem(issued)).status).toBe(200);
    const dump = await redis.dumpAll();
    const records = dump.filter(({ key }) => !key.includes(':stats:'));
    expect(records.length).toBeGreaterThan(FLOOD);
    expect(records.filter(({ ttl }) => ttl <= 0)).toEqual([]);
    expect(Math.max(...records.map(({ key, value }) => key.length + value.length))).toBeLessThan(1_024);
  });
});
