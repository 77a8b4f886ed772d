import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startChromium } from '../support/chromium.ts';
import { freePort } from '../support/free-port.ts';
import { startGatewayProcess } from '../support/process.ts';
import { startPrometheus } from '../support/prometheus.ts';
import { startRedis } from '../support/redis-server.ts';
import { requireTool, runTool } from '../support/test-tool.ts';
import { execForm, lastOf, readDockerfile } from './dockerfile.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFile(join(ROOT, path), 'utf8');

type Service = {
  readonly image?: string;
  readonly build?: string | { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
};
const { services } = parse(await read('compose.yaml')) as {
  readonly services: Readonly<Record<string, Service>>;
};
const service = (name: string) => services[name] as Service;
/** `./host:/container:ro`, by the path in the container. */
const mountsOf = (name: string) =>
  new Map(
    (service(name).volumes ?? []).map((mount) => mount.split(':').slice(0, 2).reverse() as [string, string]),
  );

describe('compose.yaml', () => {
  test.each(Object.entries(services))('%s: has one source, and is open on this machine only', (_, one) => {
    expect([one.image, one.build].filter(Boolean)).toHaveLength(1);
    if (one.image !== undefined) expect(one.image).toMatch(/^[\w./-]+:v?\d+\.\d+/);
    for (const port of one.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    const needed = Array.isArray(one.depends_on) ? one.depends_on : Object.keys(one.depends_on ?? {});
    expect(needed.filter((name) => !(name in services))).toEqual([]);
  });

  test('mounts and builds only existing files, read-only', async () => {
    const mounts = Object.values(services).flatMap(({ volumes = [] }) => volumes);
    expect(mounts.length).toBeGreaterThan(4);
    for (const mount of mounts) {
      const [path = '', place, mode] = mount.split(':');
      expect([place?.startsWith('/'), mode]).toEqual([true, 'ro']);
      await stat(join(ROOT, path));
    }
    const { build } = service('demo');
    await stat(join(ROOT, (build as { dockerfile: string }).dockerfile));
  });

  test("mounts the gateway's file where the image expects it", async () => {
    const image = (await readDockerfile()).at(-1);
    const [, , file = ''] = image === undefined ? [] : execForm(lastOf(image, 'CMD'));
    // Of a mounted file, the container would keep the old content: editors replace files.
    const folder = mountsOf('gateway').get(dirname(file));
    await stat(join(ROOT, folder ?? '', basename(file)));
  });

  test('provisions Grafana with a data source and the dashboard', async () => {
    const mounts = mountsOf('grafana');
    const provisioned = async (kind: string) =>
      parse(await read(mounts.get(`/etc/grafana/provisioning/${kind}/pkce-gateway.yaml`) ?? ''));
    const { providers } = await provisioned('dashboards');
    const { path } = providers[0].options;
    expect(mounts.get(path)).toBe('./config/grafana');
    expect(service('grafana').environment).toMatchObject({
      GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${path}/pkce-gateway.json`,
    });
    const { datasources } = await provisioned('datasources');
    expect(datasources).toEqual([expect.objectContaining({ type: 'prometheus', isDefault: true })]);
    const { hostname, port } = new URL(datasources[0].url);
    expect([hostname in services, port]).toEqual([true, '9090']);
  });

  test('starts Prometheus with known options and valid files', async () => {
    const mounts = mountsOf('prometheus');
    const { stdout, stderr } = await runTool(requireTool('prometheus'), ['--help']);
    for (const option of service('prometheus').command ?? []) {
      expect(stdout + stderr).toContain(`${option.split('=')[0]}=`);
    }
    expect(service('prometheus').command).toContain(
      `--config.file=${[...mounts].find(([, path]) => path === './compose/prometheus.yaml')?.[0]}`,
    );
    await usingDirectory(async (directory) => {
      const rules = join(ROOT, mounts.get('/etc/prometheus/rules') ?? '');
      const config = (await read('compose/prometheus.yaml')).replace('/etc/prometheus/rules', rules);
      const file = join(directory, 'prometheus.yaml');
      await writeFile(file, config);
      const checked = await runTool(requireTool('promtool'), ['check', 'config', '--lint-fatal', file]);
      expect(checked.exitCode, checked.stdout + checked.stderr).toBe(0);
      // Every rule file was found: a pattern without a match is no error.
      expect(checked.stdout.match(/\d+ rules found/g)).toHaveLength(2);
    });
  });
});

test('its services work together: a login in a browser, counted by Prometheus', async () => {
  await using stack = new AsyncDisposableStack();
  const [appPort, serverPort, gatewayPort, adminPort] = await Promise.all([
    freePort(),
    freePort(),
    freePort('localhost'),
    freePort(),
  ]);
  const app = `http://127.0.0.1:${appPort}`;
  const gateway = `http://localhost:${gatewayPort}`;
  const redis = stack.use(await startRedis({ port: true }));
  await usingDirectory(async (directory) => {
    await using demo = await startDemo(directory, {
      listen: '127.0.0.1',
      app,
      server: `http://127.0.0.1:${serverPort}`,
      gateway,
      'gateway-inside': gateway,
    });
    await demo.ready;
    const yaml = [
      ['0.0.0.0:8080', `localhost:${gatewayPort}`],
      ['0.0.0.0:9090', `127.0.0.1:${adminPort}`],
      ['redis://redis:6379/0', redis.url],
      ['http://demo:9000', `http://127.0.0.1:${serverPort}`],
      ['http://localhost:8080', gateway],
      ['http://127.0.0.1:3000/callback', `${app}/callback`],
    ].reduce(
      (text, [from = '', to = '']) => {
        expect(text).toContain(from);
        return text.replaceAll(from, to);
      },
      await read('compose/gateway/gateway.yaml'),
    );
    const file = join(directory, 'gateway.yaml');
    await writeFile(file, yaml);
    await using _gateway = await startGatewayProcess(['serve', '--config', file]);
    const { scrape_configs: jobs } = parse(await read('compose/prometheus.yaml'));
    expect(jobs[0].static_configs).toEqual([{ targets: ['gateway:9090'] }]);
    await using prometheus = await startPrometheus(
      [],
      [{ ...jobs[0], static_configs: [{ targets: [`127.0.0.1:${adminPort}`] }] }],
    );
    const browser = await startChromium();
    stack.defer(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`${app}/`);
    expect(await page.getByRole('link', { name: 'Status page of the gateway' }).count()).toBe(1);
    for (const way of ['without the gateway', 'through the gateway']) {
      await page.getByRole('link', { name: `Log in ${way}, with a thief watching` }).click();
      while (new URL(page.url()).origin !== app) {
        await Promise.all([page.waitForNavigation(), page.locator('button').first().click()]);
      }
    }
    // Side by side: the results of the thief and of the app.
    const column = (index: number) => page.locator(`tbody td:nth-child(${index})`).allTextContents();
    const [, , theft, , own] = await column(2);
    expect([theft, own]).toEqual([
      expect.stringContaining('200: the thief has your tokens'),
      expect.stringMatching(/The app got no tokens: .*invalid_grant/),
    ]);
    expect((await column(3)).slice(2)).toEqual([
      expect.stringMatching(/✓ 400 invalid_grant|✓ 400 invalid_request/),
      expect.stringMatching(/✓ 400 invalid_grant/),
      expect.stringMatching(/The app has tokens\. .*"sub":"alice"/),
    ]);
    await expect
      .poll(
        async () => {
          const samples = await prometheus.query('pkce_gateway_redemptions_total{client="spa-portal"}');
          return Object.fromEntries(samples.map(({ labels, value }) => [labels['result'], value]));
        },
        { timeout: 20_000 },
      )
      .toMatchObject({ verified: 1, refused: 2 });
  });
}, 60_000);

/** The files that `demo.Dockerfile` copies, with its command, so that a missing file fails. */
async function startDemo(directory: string, options: Readonly<Record<string, string>>) {
  const [image] = await readDockerfile('compose/demo.Dockerfile');
  if (image === undefined) throw new Error('no stage');
  const ignore = (await read('compose/demo.Dockerfile.dockerignore')).trim().split('\n');
  expect(ignore[0]).toBe('*');
  for (const { name, text } of image.instructions) {
    if (name !== 'COPY') continue;
    const words = text.split(' ');
    for (const path of words.slice(0, -1)) {
      expect(ignore).toContain(`!${path}`);
      await cp(join(ROOT, path), join(directory, path), { recursive: true });
    }
  }
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  const [, ...command] = execForm(lastOf(image, 'CMD'));
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [...command, ...args], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const ready = Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(([status]) => Promise.reject(new Error(`the demo ended with ${status}`))),
  ]);
  return {
    ready,
    async [Symbol.asyncDispose]() {
      child.kill();
      expect(await exited).toEqual([0, null]);
    },
  };
}

async function usingDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-compose-'));
  try {
    await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}
