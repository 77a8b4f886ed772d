import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MetricSamples } from '../support/metric-samples.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/process.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { startRawServer } from '../support/upstreams/raw-server.ts';
import {
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';

let directory: string;
let upstream: ScriptedLegacyServer;
let gateway: GatewayProcess;
let file: string;

const yaml = (mode: string, more = '') => `
listen: {address: 127.0.0.1:0}
admin: {address: 127.0.0.1:0}
${more}
issuers:
  - name: corp
    upstream: {url: ${upstream.url}}
    unlisted_clients: {mode: ${mode}}
`;

/** Starting a process, a check of the files and a reload take seconds each while many tests run. */
const PATIENCE = 30_000;
vi.setConfig({ testTimeout: 3 * PATIENCE });

/** Whether a login without PKCE succeeds, which the mode decides. */
const letsThrough = async () => {
  const answer = await new SimpleClient(gateway.url).authorize({
    code_challenge: undefined,
    code_challenge_method: undefined,
  });
  return answer.status === 302;
};
const metrics = async () => new MetricSamples(await (await fetch(`${gateway.adminUrl}/metrics`)).text());
const logged = (event: string) => gateway.stderr.filter((line) => line.includes(`"event":"${event}"`));

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-reload-'));
  file = join(directory, 'gateway.yaml');
  upstream = await startScriptedLegacyServer();
  await writeFile(file, yaml('report'));
  gateway = await startGatewayProcess(['serve', '--config', file]);
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

describe('a configuration takes effect during logins', () => {
  test('on SIGHUP', async () => {
    expect(await letsThrough()).toBe(true);
    await writeFile(file, yaml('enforce'));
    gateway.signal('SIGHUP');
    await vi.waitFor(async () => expect(await letsThrough()).toBe(false), PATIENCE);
    expect((await metrics()).value('config_last_reload_successful')).toBe(1);
  });

  test('when the file changes', async () => {
    await writeFile(file, yaml('enforce'));
    await vi.waitFor(async () => expect(await letsThrough()).toBe(false), PATIENCE);
  });

  test('when the file changed during the start', async () => {
    await gateway.stop();
    const asked = Promise.withResolvers<void>();
    // The silent server delays the start, after the file was read.
    await using silent = await startRawServer(() => asked.resolve());
    await writeFile(file, yaml('report').replace(upstream.url, silent.url));
    const started = startGatewayProcess(['serve', '--config', file]);
    await asked.promise;
    await writeFile(file, yaml('enforce'));
    gateway = await started;
    await vi.waitFor(() => expect(logged('config_loaded')).toHaveLength(2), PATIENCE);
    expect(await letsThrough()).toBe(false);
  });

  test('when a link in the path of the file is swapped, as for a ConfigMap', async () => {
    await gateway.stop();
    for (const [name, mode] of [
      ['one', 'report'],
      ['two', 'enforce'],
    ] as const) {
      await writeFile(join(directory, name), yaml(mode));
    }
    const link = join(directory, 'linked.yaml');
    await symlink(join(directory, 'one'), link);
    gateway = await startGatewayProcess(['serve', '--config', link]);
    expect(await letsThrough()).toBe(true);
    await symlink(join(directory, 'two'), `${link}.new`);
    await rename(`${link}.new`, link);
    await vi.waitFor(async () => expect(await letsThrough()).toBe(false), PATIENCE);
  });

  test('a flow that began before is still verified after', async () => {
    const client = new SimpleClient(gateway.url);
    const code = await client.newCode();
    await writeFile(file, yaml('enforce'));
    gateway.signal('SIGHUP');
    await vi.waitFor(() => expect(logged('config_loaded')).toHaveLength(2), PATIENCE);
    expect((await client.redeem(code)).status).toBe(200);
  });
});

test('an added, changed or removed included file takes effect', async () => {
  await gateway.stop();
  await mkdir(join(directory, 'clients.d'));
  await writeFile(file, yaml('report', 'include: [clients.d/*.yaml]'));
  gateway = await startGatewayProcess(['serve', '--config', file]);
  expect(await letsThrough()).toBe(true);
  const included = join(directory, 'clients.d', 'spa.yaml');
  const write = async (text: string) => {
    await writeFile(`${included}.new`, text);
    await rename(`${included}.new`, included);
  };
  await write('issuers: [{name: corp, clients: {spa: {mode: enforced}}}]');
  await gateway.waitForLine(/"event":"config_rejected".*spa\.yaml:1:46 /, AbortSignal.timeout(PATIENCE));
  await write('issuers: [{name: corp, clients: {spa: {mode: enforce}}}]');
  await vi.waitFor(async () => expect(await letsThrough()).toBe(false), PATIENCE);
  await rm(included);
  await vi.waitFor(async () => expect(await letsThrough()).toBe(true), PATIENCE);
  const removed = {
    level: 'warn',
    changes: ['issuer corp: client spa: removed'],
    warnings: [expect.stringMatching(/^\/.*:\d+:\d+ include\[0\]: no file matches this pattern$/)],
  };
  await vi.waitFor(() => {
    expect(JSON.parse(logged('config_loaded').at(-1) ?? '')).toMatchObject(removed);
  }, PATIENCE);
});

test('a ConfigMap of included files takes effect when it is swapped', async () => {
  await gateway.stop();
  // The layout of kubelet: files → ..data → a folder for each version.
  const mount = join(directory, 'clients.d');
  const write = async (version: string, mode: string) => {
    await mkdir(join(mount, version), { recursive: true });
    const text = `issuers: [{name: corp, clients: {spa: {mode: ${mode}}}}]`;
    await writeFile(join(mount, version, 'spa.yaml'), text);
    await symlink(version, join(mount, '..data_tmp'));
    await rename(join(mount, '..data_tmp'), join(mount, '..data'));
  };
  await write('..2026_01', 'report');
  await symlink(join('..data', 'spa.yaml'), join(mount, 'spa.yaml'));
  await writeFile(file, yaml('report', 'include: [clients.d/*.yaml]'));
  gateway = await startGatewayProcess(['serve', '--config', file]);
  expect(await letsThrough()).toBe(true);
  await write('..2026_02', 'enforce');
  await rm(join(mount, '..2026_01'), { recursive: true });
  await vi.waitFor(async () => expect(await letsThrough()).toBe(false), PATIENCE);
});

/** Replaces the file by one with many clients. */
async function writeLarge(mode: string, more?: string): Promise<void> {
  const clients = Array.from({ length: 15_000 }, (_, index) => `      client-${index}: {mode: report}\n`);
  await writeFile(`${file}.new`, `${yaml(mode, more)}    clients:\n${clients.join('')}`);
  await rename(`${file}.new`, file);
}

test('requests are answered while a large file is read', async () => {
  await writeLarge('enforce');
  gateway.signal('SIGHUP');
  let answered = 0;
  for (; logged('config_loaded').length < 2; answered += 1) {
    expect((await fetch(`${gateway.url}/inspect`)).status).toBe(200);
  }
  // If the serving process parsed the file, no request would pass meanwhile.
  expect(answered).toBeGreaterThan(20);
  expect(await letsThrough()).toBe(false);
});

test('reloads during the reload of a large file follow it, and the last file that is valid stays in force', async () => {
  await writeLarge('enforce');
  gateway.signal('SIGHUP');
  gateway.signal('SIGHUP');
  await vi.waitFor(() => expect(logged('config_loaded').length).toBeGreaterThan(1), PATIENCE);
  // The second one begins now.
  await writeLarge('report', 'no_such_key: 1');
  gateway.signal('SIGHUP');
  await gateway.waitForLine(/"event":"config_rejected"/, AbortSignal.timeout(PATIENCE));
  expect(await letsThrough()).toBe(false);
  await writeLarge('report');
  await vi.waitFor(async () => expect(await letsThrough()).toBe(true), PATIENCE);
});

describe('the configuration in force stays', () => {
  test('if the file is deleted', async () => {
    await rm(file);
    const line = await gateway.waitForLine(/"event":"config_rejected"/, AbortSignal.timeout(PATIENCE));
    expect(JSON.parse(line).problems).toEqual([`${file}:1:1: cannot be read: the file does not exist`]);
    expect(await letsThrough()).toBe(true);
  });

  test('if the new one has a problem, which is logged with its position', async () => {
    await writeFile(file, yaml('enforced'));
    gateway.signal('SIGHUP');
    const line = await gateway.waitForLine(/"event":"config_rejected"/, AbortSignal.timeout(PATIENCE));
    expect(JSON.parse(line).problems[0]).toContain(`${file}:8:`);
    expect(await letsThrough()).toBe(true);
    expect((await metrics()).value('config_last_reload_successful')).toBe(0);
  });
});

test('settings that need a restart are logged and block nothing else: going back to report stays possible', async () => {
  await writeFile(file, yaml('enforce'));
  gateway.signal('SIGHUP');
  await vi.waitFor(async () => expect(await letsThrough()).toBe(false), PATIENCE);
  await writeFile(file, yaml('report', 'store: {kind: redis, redis: {url: "redis://127.0.0.1:1/0"}}'));
  gateway.signal('SIGHUP');
  const line = await gateway.waitForLine(/"event":"restart_needed"/, AbortSignal.timeout(PATIENCE));
  expect(JSON.parse(line).msg).toBe('store: a change takes effect with a restart');
  expect(await letsThrough()).toBe(true);
  expect((await metrics()).value('config_last_reload_successful')).toBe(1);
  const page = await (await fetch(gateway.adminUrl)).text();
  expect(page).toContain('store: a change takes effect with a restart');
});
