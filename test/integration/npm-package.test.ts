import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { startGatewayProcess } from '../support/process.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
type Packed = readonly [{ readonly filename: string; readonly files: readonly { readonly path: string }[] }];

let directory: string;
let packed: Packed[0];
let installed: string;

/** As somebody does who has never seen the sources: pack, install what production needs, run. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-package-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', directory], { cwd: ROOT });
  [packed] = JSON.parse(stdout) as Packed;
  await writeFile(join(directory, 'package.json'), '{"private": true}');
  const tarball = join(directory, packed.filename);
  const quietly = ['--omit=dev', '--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', '--prefix', directory, ...quietly, tarball], { cwd: directory });
  installed = join(directory, 'node_modules', 'pkce-gateway');
}, 120_000);
afterAll(() => rm(directory, { recursive: true }));

const npx = async (...args: string[]) =>
  (await run('npx', ['--offline', 'pkce-gateway', ...args], { cwd: directory })).stdout;

describe('the npm package', () => {
  test('holds what is needed to run it, what operators install beside it, and nothing else', async () => {
    const config = await readdir(join(ROOT, 'config'), { recursive: true, withFileTypes: true });
    const forOperators = config
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => relative(ROOT, join(parentPath, name)));
    const rest = packed.files
      .map(({ path }) => path)
      .filter((path) => !/^dist\/(([a-z-]+\/)*[a-z-]+\.js|admin\/status\/status\.(css|svg))$/.test(path))
      .sort();
    expect(rest).toEqual(
      [
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'docs/configuration.md',
        'docs/metrics.md',
        'gateway.example.yaml',
        'package.json',
        ...forOperators,
      ].sort(),
    );
  });

  test('runs by its name', async () => {
    expect(await npx('--help')).toMatch(/\bserve\b.*\bcheck\b/s);
    expect(await npx('--version')).toBe(`${manifest.version}\n`);
  });

  test('brings an example that passes its check', async () => {
    const example = join(installed, 'gateway.example.yaml');
    expect(await npx('check', '--config', example)).toContain(`${example}: ok`);
  });

  test('names no dependency that it does not bring', async () => {
    const tree = JSON.parse(await readFile(join(directory, 'package-lock.json'), 'utf8'));
    const names = Object.keys(tree.packages).map((path) => path.replace(/^.*node_modules\//, ''));
    expect(names).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies)));
    for (const name of Object.keys(manifest.devDependencies)) {
      if (!(name in manifest.dependencies)) expect(names).not.toContain(name);
    }
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
