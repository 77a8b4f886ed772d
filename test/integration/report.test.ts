import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { listen } from '../support/listener.ts';
import { runCommand } from '../support/process.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { REDIRECT_URI, Stage } from './stage.ts';

const report = (...args: string[]) => runCommand(['report', ...args]);

describe('report', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open({ mode: 'report' });
    const spa = new SimpleClient(stage.gateway.url, 'spa', REDIRECT_URI);
    expect((await spa.redeem(await spa.newCode())).status).toBe(200);
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  test('as a table', async () => {
    const { exitCode, stdout } = await report('--admin', stage.gateway.adminUrl);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^CLIENT .*\nspa +report +1 +100% +1 +100% +0 {2}nearly ready: 1 login in 1 day\nopen .* no traffic\n/,
    );
  });

  test('as JSON: the content of /api/clients', async () => {
    const { exitCode, stdout } = await report('--admin', `${stage.gateway.adminUrl}/`, '--format', 'json');
    expect(exitCode).toBe(0);
    const said = await (await fetch(`${stage.gateway.adminUrl}/api/clients`)).json();
    expect(JSON.parse(stdout)).toEqual(said);
  });

  test.each([
    [
      'csv',
      /^issuer,client,.*\r?\ncorp,spa,web-team@example.com,report,1,1,0,0,1,1,0,,,nearly ready: 1 login in 1 day/,
    ],
    [
      'yaml',
      /^# pkce-gateway report, .*: 0 of 2 clients[\s\S]*nearly ready: 1 login in 1 day\n {6}spa:\n {8}mode: report/,
    ],
  ])('as %s', async (format, expected) => {
    const { exitCode, stdout } = await report('--admin', stage.gateway.adminUrl, '--format', format);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(expected);
  });
});

test('for one client, or those with one verdict', async () => {
  await using stage = await Stage.open({ mode: 'report' });
  const spa = new SimpleClient(stage.gateway.url, 'spa', REDIRECT_URI);
  expect((await spa.redeem(await spa.newCode())).status).toBe(200);
  const names = async (...args: readonly string[]) => {
    const { stdout } = await report('--admin', stage.gateway.adminUrl, ...args, '--format', 'csv');
    return stdout
      .split(/\r?\n/)
      .slice(1)
      .map((line) => line.split(',')[1]);
  };
  expect(await names('--client', 'spa')).toEqual(['spa']);
  expect(await names('--client', 's*', '--verdict', 'nearly-ready')).toEqual(['spa']);
  expect(await names('--verdict', 'no traffic')).toEqual(['open', '_unlisted']);
  const { stdout } = await report('--admin', stage.gateway.adminUrl, '--client', 'spa');
  expect(stdout).toContain(`redirect URIs seen:\n  ${REDIRECT_URI}\n`);
});

test('without clients: says since when', async () => {
  await using upstream = await startScriptedLegacyServer();
  await using gateway = await startGatewayUnderTest({ upstream: upstream.url });
  const { exitCode, stdout } = await report('--admin', gateway.adminUrl);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^No client has been seen since \d{4}-\d\d-\d\d \d\d:\d\d UTC, and none is configured\./,
  );
  const { stdout: filtered } = await report('--admin', gateway.adminUrl, '--client', 'none');
  expect(filtered).toMatch(/^No client matches --client none\. /);
});

test('an admin listener under a path of a proxy', async () => {
  const paths: (string | undefined)[] = [];
  await using proxy = await listen(
    createServer(({ url }, response) => {
      paths.push(url);
      response.end('{"clients":[]}');
    }),
  );
  for (const path of ['', '/', '/gateway', '/gateway/']) await report('--admin', proxy.url + path);
  expect(paths).toEqual(['/api/clients', '/api/clients', '/gateway/api/clients', '/gateway/api/clients']);
});

test('gateway and Prometheus each get their own token', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'pkce-gateway-report-'));
  const file = join(directory.path, 'token');
  await writeFile(file, 'of-prometheus\n');
  const seen: (string | undefined)[][] = [];
  await using both = await listen(
    createServer(({ url, headers }, response) => {
      seen.push([url?.split('?')[0], headers.authorization]);
      response.statusCode = url === '/api/clients' ? 200 : 403;
      response.end('{"clients":[]}');
    }),
  );
  const env = { PKCE_GATEWAY_ADMIN_TOKEN: 'of-the-gateway' };
  const run = (...args: readonly string[]) =>
    runCommand(['report', '--admin', both.url, '--prometheus', both.url, ...args], { env });
  const { exitCode, stderr } = await run('--prometheus-token-file', file);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('answered 403: set --prometheus-token-file to a token that may query it');
  await run();
  expect(seen).toEqual([
    ['/api/clients', 'Bearer of-the-gateway'],
    ['/api/v1/query_range', 'Bearer of-prometheus'],
    ['/api/clients', 'Bearer of-the-gateway'],
    ['/api/v1/query_range', undefined],
  ]);
});

describe('report fails', () => {
  test('if nothing listens: exit 1', async () => {
    const admin = `http://127.0.0.1:${await freePort()}`;
    const { exitCode, stdout, stderr } = await report('--admin', admin);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toBe(
      `pkce-gateway report: ${admin} cannot be reached: ECONNREFUSED. Check that --admin is the address under \`admin\` of a running gateway, and that this has no \`admin.tls\`, which needs https`,
    );
  });

  test('if something else listens: exit 1', async () => {
    await using other = await listen(createServer((_, response) => response.end('hello')));
    const { exitCode, stderr } = await report('--admin', other.url);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      `${other.url}/api/clients answered 200: check that it is the admin listener of a gateway`,
    );
  });

  test('if a response has no end: exit 1, without reading all of it', async () => {
    const piece = Buffer.alloc(1024 * 1024, ' ');
    await using other = await listen(
      createServer((_, response) => {
        const endless = Readable.from(
          (function* () {
            while (true) yield piece;
          })(),
        );
        pipeline(endless, response, () => {});
      }),
    );
    const { exitCode, stderr } = await report('--admin', other.url);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`${other.url}/api/clients sends too much data`);
  });

  test.each([
    [['--admin', 'localhost'], '--admin must be an http or https URL'],
    [['--admin', 'ftp://localhost'], '--admin must be an http or https URL'],
    [['--prometheus', 'localhost:9090'], '--prometheus must be an http or https URL'],
    [['--prometheus-job', 'gateway'], '--prometheus-job needs --prometheus'],
    [['--prometheus-token-file', 'token'], '--prometheus-token-file needs --prometheus'],
    [['--format', 'xml'], '--format must be one of table, json, csv, yaml'],
    [['--verdict', 'maybe'], '--verdict must be one of ready, nearly-ready, not-ready, no-traffic'],
    [['--ca', 'package.json'], '--ca: package.json has no PEM certificate'],
    [['--nonsense'], 'report:'],
  ])('%j: exit 2', async (args, message) => {
    const { exitCode, stderr } = await report(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });
});
