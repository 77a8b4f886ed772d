import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { startGatewayProcess } from '../support/process.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';

const UNIT = fileURLToPath(new URL('../../config/systemd/pkce-gateway.service', import.meta.url));
const run = promisify(execFile);

let directory: string;
let unit: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-systemd-'));
  unit = await readFile(UNIT, 'utf8');
});
afterAll(() => rm(directory, { recursive: true }));

const setting = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1] ?? '';

test("the unit's command starts, reloads and stops", async () => {
  await using upstream = await startScriptedLegacyServer();
  const [env = '', command, ...args] = setting('ExecStart').split(' ');
  expect([env, command]).toEqual(['/usr/bin/env', Object.keys(manifest.bin)[0]]);
  const config = join(directory, 'gateway.yaml');
  await writeFile(
    config,
    `listen: {address: 127.0.0.1:0}\nadmin: {address: 127.0.0.1:0}\nissuers: [{name: corp, upstream: {url: "${upstream.url}"}}]\n`,
  );
  const own = args.map((arg) => (arg === '/etc/pkce-gateway/gateway.yaml' ? config : arg));
  expect(own).toContain(config);
  await using gateway = await startGatewayProcess(own);
  const loaded = () => gateway.stderr.filter((line) => line.includes('"event":"config_loaded"')).length;
  await gateway.waitForLine(/"event":"config_loaded"/);
  expect(loaded()).toBe(1);
  await writeFile(config, 'issuers: []\n');
  const [kill = '', ...killArgs] = setting('ExecReload').replace('$MAINPID', String(gateway.pid)).split(' ');
  await run(kill, killArgs);
  await gateway.waitForLine(/"event":"config_rejected".*must not be empty/);
  expect(setting('KillMode')).toBe('mixed');
  expect(await gateway.stop('SIGTERM')).toBe(0);
});

test('the audit stream can be written where the docs say', async () => {
  const page = await readFile(new URL('../../docs/audit.md', import.meta.url), 'utf8');
  const [, file = ''] = /^ {2}destination: (\S+)$/m.exec(page) ?? [];
  // ProtectSystem=strict leaves nothing else that could be written.
  expect(dirname(file)).toBe(`/var/log/${setting('LogsDirectory')}`);
});

test('the advice for a port below 1024 takes the capability out of the user namespace', () => {
  expect(setting('PrivateUsers')).toBe('yes');
  expect(unit).toMatch(
    /^# For a port below 1024: CAP_NET_BIND_SERVICE in both of these, and PrivateUsers=no/m,
  );
});

test('systemd accepts the unit and rates it as well confined', async () => {
  const copy = join(directory, 'pkce-gateway.service');
  await writeFile(copy, unit);
  const { stderr } = await run('systemd-analyze', ['verify', copy]);
  expect(stderr.split('\n').filter((line) => line.includes('pkce-gateway'))).toEqual([]);
  // Exits with an error above the threshold: 2.0 of 10.
  await run('systemd-analyze', ['security', '--offline=true', '--threshold=20', '--no-pager', copy]);
});
