import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { startPackageRegistry } from '../support/package-registry.ts';
import { startGatewayProcess } from '../support/process.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
type Versions = Readonly<Record<string, { readonly version: string }>>;
type Packed = readonly [{ readonly filename: string; readonly files: readonly { readonly path: string }[] }];

let directory: string;
let packed: Packed[0];
let installed: string;

/** Installs the package from a registry, with its production dependencies, and runs it, as a user without the sources does. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-package-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', directory], { cwd: ROOT });
  [packed] = JSON.parse(stdout) as Packed;
  await writeFile(join(directory, 'package.json'), '{"private": true}');
  const tarball = await readFile(join(directory, packed.filename));
  const usual = (await run('npm', ['config', 'get', 'registry'])).stdout.trim();
  await using registry = await startPackageRegistry(manifest, tarball, usual);
  const quietly = ['--omit=dev', '--prefer-offline', '--no-audit', '--no-fund'];
  const from = ['--registry', registry.url, manifest.name];
  await run('npm', ['install', '--prefix', directory, ...quietly, ...from], { cwd: directory });
  installed = join(directory, 'node_modules', 'pkce-gateway');
}, 120_000);
afterAll(() => rm(directory, { recursive: true }));

const npx = async (...args: string[]) =>
  (await run('npx', ['--offline', 'pkce-gateway', ...args], { cwd: directory })).stdout;

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(ROOT, join(parentPath, name)));
}

describe('the npm package', () => {
  test('contains what is needed to run it, what operators install, and nothing else', async () => {
    const [forOperators, documentation] = await Promise.all([filesBelow('config'), filesBelow('docs')]);
    const rest = packed.files
      .map(({ path }) => path)
      .filter((path) => !/^dist\/([a-z0-9-]+\.js|status\.(css|svg)|THIRD-PARTY-LICENSES\.txt)$/.test(path))
      .sort();
    expect(rest).toEqual(
      [
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'SECURITY.md',
        'gateway.example.yaml',
        'npm-shrinkwrap.json',
        'package.json',
        ...forOperators,
        ...documentation,
      ].sort(),
    );
  });

  test('runs by its name', async () => {
    expect(await npx('--help')).toMatch(/\bserve\b.*\bcheck\b/s);
    expect(await npx('--version')).toBe(`${manifest.version}\n`);
  });

  test('contains an example that passes its check', async () => {
    const example = join(installed, 'gateway.example.yaml');
    expect(await npx('check', '--config', example)).toContain(`${example}: ok`);
  });

  test('imports only its dependencies', async () => {
    const tree = JSON.parse(await readFile(join(directory, 'package-lock.json'), 'utf8'));
    const names = Object.keys(tree.packages).map((path) => path.replace(/^.*node_modules\//, ''));
    expect(names).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies)));
    for (const name of Object.keys(manifest.devDependencies)) {
      if (!(name in manifest.dependencies)) expect(names).not.toContain(name);
    }
  });

  test('installs the versions that were tested', async () => {
    const read = async (file: string) => JSON.parse(await readFile(file, 'utf8')).packages as Versions;
    const locked = await read(join(ROOT, 'package-lock.json'));
    const tree = await read(join(directory, 'node_modules/.package-lock.json'));
    const brought = Object.entries(tree).filter(([path]) => !path.endsWith('/pkce-gateway'));
    expect(brought.length).toBeGreaterThan(Object.keys(manifest.dependencies).length);
    for (const [path, { version }] of brought) {
      const own = path.replace('node_modules/pkce-gateway/', '');
      expect([own, version]).toEqual([own, locked[own]?.version]);
    }
  });

  test('contains every page that a message refers to', async () => {
    const sources = await readdir(join(installed, 'dist'), { recursive: true });
    const texts = await Promise.all(
      sources
        .filter((name) => name.endsWith('.js'))
        .map((name) => readFile(join(installed, 'dist', name), 'utf8')),
    );
    const pages = new Set(texts.flatMap((text) => text.match(/\bdocs\/[\w/-]+\.md\b/g) ?? []));
    expect(pages).toContain('docs/operations/redis.md');
    const files = packed.files.map(({ path }) => path);
    expect([...pages].filter((page) => !files.includes(page))).toEqual([]);
  });

  test('with an old Node.js, it says which version it needs', async () => {
    // An older Node.js may be missing, so the file is told that it runs on one.
    const old = `Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } });`;
    const preload = `--import=data:text/javascript,${encodeURIComponent(old)}`;
    const main = join(installed, manifest.bin['pkce-gateway']);
    const refused = await run(process.execPath, [preload, main, 'check']).catch((error) => error);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toBe(
      `pkce-gateway needs Node.js ${/\d+/.exec(manifest.engines.node)?.[0]} or newer; this is 20.20.2 (${process.execPath}). Install one from https://nodejs.org/\n`,
    );
    // Before loading code that only a newer version understands.
    expect(await readFile(main, 'utf8')).not.toMatch(/^\s*import\b(?!\()/m);
  });

  test('serves a login', async () => {
    await using upstream = await startScriptedLegacyServer();
    const args = ['--upstream', upstream.url, '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
    await using gateway = await startGatewayProcess(args, {
      main: join(installed, manifest.bin['pkce-gateway']),
      cwd: directory,
    });
    const client = new SimpleClient(gateway.url);
    const code = await client.newCode();
    expect((await client.redeem(code, { code_verifier: 'x'.repeat(43) })).status).toBe(400);
    expect(await client.redeem(code)).toMatchObject({
      status: 200,
      json: { access_token: expect.any(String) },
    });
    expect(await gateway.stop()).toBe(0);
  });
});
