import { once } from 'node:events';
import { mkdtempDisposable, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { writeCertificate } from '../support/certificate.ts';
import { listen } from '../support/listener.ts';
import { MetricSamples } from '../support/metric-samples.ts';
import { type GatewayProcess, runCommand, startGatewayProcess } from '../support/process.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { startRawServer } from '../support/upstreams/raw-server.ts';
import {
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';
import { childrenOf, isAlive, workerPids } from '../support/worker-pids.ts';

/** Starting processes and reloading them take seconds each while many tests run. */
const PATIENCE = 30_000;
vi.setConfig({ testTimeout: 4 * PATIENCE });

const COUNT = 2;
/** The system distributes connections at random: this number misses a worker once in 30,000 times. */
const ENOUGH = 16;
const WITHOUT_PKCE = { code_challenge: undefined, code_challenge_method: undefined };

let resources: AsyncDisposableStack;
let directory: string;
let file: string;
let redis: RedisServer;
let upstream: ScriptedLegacyServer;
let gateway: GatewayProcess;

type Settings = {
  mode?: string;
  upstream?: string;
  listen?: string;
  admin?: string;
  drain?: string;
  tls?: boolean;
  /** The mode of many clients, among them the one that logs in. */
  listed?: string;
};

const yaml = (settings: Settings = {}) => `
listen:
  address: "${settings.listen ?? '127.0.0.1:0'}"
  ${settings.tls ? 'tls: {cert_file: cert.pem, key_file: key.pem}' : ''}
admin: {address: "${settings.admin ?? '127.0.0.1:0'}"}
workers: ${COUNT}
shutdown: {drain: ${settings.drain ?? '20s'}}
${redis.store}
issuers:
  - name: corp
    upstream: {url: "${settings.upstream ?? upstream.url}"}
    unlisted_clients: {mode: ${settings.mode ?? 'enforce'}}
    clients: {${settings.listed === undefined ? '' : manyClients(settings.listed)}}
`;

/** More than one message has. */
const manyClients = (mode: string) =>
  [...Array.from({ length: 2_500 }, (_, index) => `app-${index}`), 'spa']
    .map((name) => `${name}: {mode: ${mode}}`)
    .join(', ');

async function start(settings?: Settings): Promise<void> {
  await writeFile(file, yaml(settings));
  gateway = resources.use(await startGatewayProcess(['serve', '--config', file]));
  // The log is written in the background: its lines may follow the one on standard output.
  await vi.waitFor(() => expect(workerPids(gateway).size).toBe(COUNT), PATIENCE);
}

beforeEach(async () => {
  resources = new AsyncDisposableStack();
  directory = resources.use(await mkdtempDisposable(join(tmpdir(), 'pkce-gateway-workers-'))).path;
  file = join(directory, 'gateway.yaml');
  redis = resources.use(await startRedis({ port: true }));
  upstream = resources.use(await startScriptedLegacyServer());
});
afterEach(() => resources.disposeAsync());

const pidOf = (worker: number): number => {
  const pid = workerPids(gateway).get(worker);
  // 0 would signal every process of the test run.
  if (pid === undefined) throw new Error(`worker ${worker} has not told its process id`);
  return pid;
};
const metrics = async () => new MetricSamples(await (await fetch(`${gateway.adminUrl}/metrics`)).text());
const readiness = async () => (await fetch(`${gateway.adminUrl}/readyz`)).text();
const logged = (event: string) =>
  gateway.stderr
    .filter((line) => line.includes(`"event":"${event}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function login(): Promise<number> {
  const client = new SimpleClient(gateway.url);
  return (await client.redeem(await client.newCode())).status;
}

/** The statuses of authorization requests without PKCE, each on its own connection. */
function withoutPkce(count = ENOUGH): Promise<number[]> {
  const url = new SimpleClient(gateway.url).authorizeUrl(WITHOUT_PKCE);
  return Promise.all(
    Array.from({ length: count }, async () => {
      const { statusCode, body } = await request(url, { headers: { connection: 'close' } });
      await body.dump();
      return statusCode;
    }),
  );
}
const everywhere = (status: number) => Array(ENOUGH).fill(status);

describe('workers', () => {
  test('share the listener and the logins, and look like one to operators', async () => {
    await start();
    expect(await Promise.all(Array.from({ length: 6 }, login))).toEqual(Array(6).fill(200));
    expect(await withoutPkce()).toEqual(everywhere(400));
    expect(new Set(logged('refusal').map(({ worker }) => worker))).toEqual(new Set([1, 2]));
    const samples = await metrics();
    expect(samples.value('redemptions_total', { result: 'verified' })).toBe(6);
    expect(samples.value('rejections_total')).toBe(ENOUGH);
    expect(samples.value('build_info')).toBe(1);
    expect(samples.value('config_last_reload_successful')).toBe(1);
    expect(samples.value('store_up')).toBe(1);
    expect(samples.value('workers_ready')).toBe(COUNT);
    expect(samples.value('workers')).toBe(COUNT);
    // Of one process, not of all together.
    expect(samples.value('file_descriptors_used_ratio')).toBeLessThan(0.5);
    expect(samples.text).toMatch(/^process_start_time_seconds \d{10}/m);
    expect(await readiness()).toBe('ok\n');
    expect(gateway.stdout).toEqual([`pkce-gateway listening on ${gateway.url} (admin ${gateway.adminUrl})`]);
    expect(logged('config_loaded')).toHaveLength(1);
  });

  test('are replaced when they end, and their counts stay', async () => {
    await start();
    await withoutPkce();
    expect((await metrics()).value('rejections_total')).toBe(ENOUGH);
    const [first, other] = [pidOf(1), pidOf(2)];
    for (const [ended, pause] of [100, 200].entries()) {
      const gone = pidOf(1);
      process.kill(gone, 'SIGKILL');
      await vi.waitFor(() => expect(logged('worker_ended')).toHaveLength(ended + 1), PATIENCE);
      // The other one continues meanwhile.
      expect(await login()).toBe(200);
      expect(await readiness()).toBe('ok\n');
      await vi.waitFor(() => expect(pidOf(1)).not.toBe(gone), PATIENCE);
      expect(logged('worker_ended').at(-1)).toMatchObject({
        worker: 1,
        how: 'SIGKILL',
        restart_in_ms: pause,
      });
    }
    expect(pidOf(1)).not.toBe(first);
    expect(pidOf(2)).toBe(other);
    expect(await withoutPkce()).toEqual(everywhere(400));
    const samples = await metrics();
    expect(samples.value('rejections_total')).toBe(2 * ENOUGH);
    expect(samples.value('worker_restarts_total')).toBe(2);
    expect(samples.value('workers_ready')).toBe(COUNT);
    expect(samples.value('requests_in_flight')).toBe(0);
  });

  test('are not ready while none of them serves', async () => {
    await start();
    // A replacement waits until it is known whether Redis is reachable.
    redis.pause();
    for (const worker of [1, 2]) process.kill(pidOf(worker), 'SIGKILL');
    await vi.waitFor(() => expect(logged('worker_ended')).toHaveLength(2), PATIENCE);
    await vi.waitFor(
      async () => expect(await readiness()).toContain('no worker is ready: the log says why they ended'),
      PATIENCE,
    );
    redis.resume();
    await vi.waitFor(async () => expect(await readiness()).toBe('ok\n'), PATIENCE);
    expect(await login()).toBe(200);
  });

  test('do not delay a scrape or the end when one of them hangs', async () => {
    await start({ drain: '100ms' });
    await withoutPkce();
    expect((await metrics()).value('rejections_total')).toBe(ENOUGH);
    process.kill(pidOf(1), 'SIGSTOP');
    expect((await metrics()).value('rejections_total')).toBe(ENOUGH);
    expect(await gateway.stop()).toBe(0);
    expect([isAlive(pidOf(1)), isAlive(pidOf(2))]).toEqual([false, false]);
  });

  test('a hanging one is noticed and replaced, even without upstream metadata', async () => {
    await start();
    upstream.quirks.metadata = 'none';
    const hanging = pidOf(1);
    process.kill(hanging, 'SIGSTOP');
    await vi.waitFor(() => expect(logged('worker_ended')).toHaveLength(1), PATIENCE);
    expect(logged('worker_ended')[0]).toMatchObject({
      worker: 1,
      how: 'it did not answer for several heartbeats',
    });
    await vi.waitFor(() => expect(pidOf(1)).not.toBe(hanging), PATIENCE);
    expect(isAlive(hanging)).toBe(false);
    expect(await readiness()).toBe('ok\n');
    // Requests without PKCE are refused by both: the new one knows the endpoints.
    expect(await withoutPkce()).toEqual(everywhere(400));
    expect(await login()).toBe(200);
  });

  test('end with the primary, even a killed one', async () => {
    await start();
    const pids = [pidOf(1), pidOf(2)];
    await gateway.stop('SIGKILL');
    await vi.waitFor(() => expect(pids.map(isAlive)).toEqual([false, false]), PATIENCE);
  });
});

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  test('to all of them, as a terminal sends it: redemptions in flight finish', async () => {
    await start();
    upstream.quirks.token = 'held';
    const client = new SimpleClient(gateway.url);
    const code = await client.newCode();
    const arrived = upstream.requests.next('/oauth2/token');
    const tokens = client.redeem(code);
    await arrived;
    const pids = [pidOf(1), pidOf(2)];
    for (const pid of pids) process.kill(pid, signal);
    const ended = gateway.stop(signal);
    await vi.waitFor(
      async () => expect(await readiness()).toBe('not ready: it is shutting down\n'),
      PATIENCE,
    );
    upstream.releaseHeld();
    expect((await tokens).status).toBe(200);
    expect(await ended).toBe(0);
    expect(pids.map(isAlive)).toEqual([false, false]);
    expect(logged('worker_ended')).toEqual([]);
  });
});

describe('a reload', () => {
  // Atomic: readers see either the old or the new file.
  const reload = async (settings: Settings) => {
    await writeFile(`${file}.new`, yaml(settings));
    await rename(`${file}.new`, file);
  };

  test('takes effect in every worker', async () => {
    await start({ mode: 'report' });
    expect(await withoutPkce()).toEqual(everywhere(302));
    await reload({ mode: 'enforce' });
    await vi.waitFor(() => expect(logged('config_loaded')).toHaveLength(2), PATIENCE);
    expect(await withoutPkce()).toEqual(everywhere(400));
    // A later worker starts with it.
    const gone = pidOf(2);
    process.kill(gone, 'SIGKILL');
    await vi.waitFor(() => expect(pidOf(2)).not.toBe(gone), PATIENCE);
    expect(await withoutPkce()).toEqual(everywhere(400));
  });

  test('gives every worker all of many clients', async () => {
    await start({ listed: 'report' });
    expect(await withoutPkce()).toEqual(everywhere(302));
    await reload({ listed: 'enforce' });
    await vi.waitFor(() => expect(logged('config_loaded')).toHaveLength(2), PATIENCE);
    expect(await withoutPkce()).toEqual(everywhere(400));
  });

  test('takes effect in none if one of them cannot apply it', async () => {
    await start({ mode: 'report' });
    const asked = Promise.withResolvers<void>();
    let requests = 0;
    // While each waits for the metadata of this server, neither has the new configuration.
    await using silent = await startRawServer(() => ++requests === COUNT && asked.resolve());
    await reload({ mode: 'enforce', upstream: silent.url });
    await asked.promise;
    process.kill(pidOf(1), 'SIGKILL');
    await gateway.waitForLine(/"event":"config_rejected"/, AbortSignal.timeout(PATIENCE));
    expect(logged('config_rejected')[0]).toMatchObject({ problems: ['worker 1 ended: SIGKILL'] });
    await vi.waitFor(async () => expect((await metrics()).value('workers_ready')).toBe(COUNT), PATIENCE);
    expect(await withoutPkce()).toEqual(everywhere(302));
    expect((await metrics()).value('config_last_reload_successful')).toBe(0);
    await reload({ mode: 'enforce' });
    await vi.waitFor(() => expect(logged('config_loaded')).toHaveLength(2), PATIENCE);
    expect(await withoutPkce()).toEqual(everywhere(400));
  });

  test('gives a renewed certificate to every worker', async () => {
    const certificate = [join(directory, 'cert.pem'), join(directory, 'key.pem')] as const;
    await writeCertificate(...certificate);
    await start({ tls: true });
    const presented = async () => {
      const { hostname, port } = new URL(gateway.url);
      const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.destroy();
      return fingerprint256;
    };
    const fromAll = async () => new Set(await Promise.all(Array.from({ length: ENOUGH }, presented)));
    const before = await fromAll();
    expect(before.size).toBe(1);
    await writeCertificate(...certificate);
    await vi.waitFor(async () => expect((await fromAll()).intersection(before).size).toBe(0), PATIENCE);
    expect((await fromAll()).size).toBe(1);
  });
});

describe('workers that cannot start end the process: exit 1, and the reason in one line', () => {
  test.each(['listen', 'admin'])('the address of %s is in use', async (option) => {
    await using taken = await listen(createServer());
    const address = `127.0.0.1:${taken.port}`;
    await writeFile(join(directory, 'taken.yaml'), yaml({ [option]: address }));
    const { exitCode, stdout, stderr } = await runCommand(['--config', join(directory, 'taken.yaml')]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    const told = stderr.split('\n').filter((line) => !line.startsWith('{'));
    expect(told).toEqual([expect.stringMatching(/^pkce-gateway: cannot start: .*EADDRINUSE/)]);
    expect(told[0]).toContain(
      `${address}: another process uses this address: stop it, or choose a different address with ${option}.address`,
    );
  });

  test('their certificate is unreadable', async () => {
    await writeCertificate(join(directory, 'cert.pem'), join(directory, 'key.pem'));
    await rm(join(directory, 'cert.pem'));
    await writeFile(join(directory, 'tls.yaml'), yaml({ tls: true }));
    const { exitCode, stdout, stderr } = await runCommand(['--config', join(directory, 'tls.yaml')]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(
      /^\S+tls\.yaml:4:\d+ listen\.tls\.cert_file: cannot read \S+cert\.pem: the file does not exist$/,
    );
  });

  test.each([1, 2])('worker %i crashes while it starts', async (number) => {
    let primary = 0;
    let requests = 0;
    let children: readonly number[] = [];
    // The silent server delays each of them; the second starts when the first serves.
    await using silent = await startRawServer(() => {
      requests += 1;
      if (requests !== number) return;
      children = childrenOf(primary);
      for (const child of children.slice(-1)) process.kill(child, 'SIGKILL');
    });
    await writeFile(join(directory, 'silent.yaml'), yaml({ upstream: silent.url }));
    const { exitCode, stdout, stderr } = await runCommand(['--config', join(directory, 'silent.yaml')], {
      onStart: (pid) => {
        primary = pid;
      },
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr.split('\n').filter((line) => !line.startsWith('{'))).toEqual([
      `pkce-gateway: cannot start: worker ${number} ended: SIGKILL`,
    ]);
    expect(children.map(isAlive)).toEqual(Array(number).fill(false));
  });
});
