import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { startGatewayProcess } from '../support/process.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { buildImageTree } from './build-image-tree.ts';
import { execForm, lastOf, readDockerfile, type Stage } from './dockerfile.ts';

const run = promisify(execFile);
const stages = await readDockerfile();
const image = stages.at(-1) as Stage;
const [user] = lastOf(image, 'USER').split(':').map(Number);
const [node = '', ...entry] = execForm(lastOf(image, 'ENTRYPOINT'));
const [main = ''] = entry.splice(-1);

describe('the Dockerfile', () => {
  test('names every base image, and copies no tool from them', () => {
    expect(stages.map(({ base }) => base)).toEqual([
      expect.stringMatching(/^node:24\.\d+\.\d+-\w+-slim$/),
      expect.stringMatching(/^gcr\.io\/distroless\/nodejs24-debian\d+:nonroot$/),
    ]);
    expect(image.instructions.some(({ name }) => name === 'RUN')).toBe(false);
  });

  test('installs by the lockfile, and runs no package script', () => {
    const commands = stages.flatMap(({ instructions }) => instructions.filter(({ name }) => name === 'RUN'));
    for (const { text } of commands) expect(text).toMatch(/^npm (ci .*--ignore-scripts|run build)/);
  });

  test('runs as a numeric user, without a shell', () => {
    expect(user).toBeGreaterThan(0);
    expect(execForm(lastOf(image, 'CMD'))).toEqual(['serve', '--config', '/etc/pkce-gateway/gateway.yaml']);
    expect(execForm(lastOf(image, 'HEALTHCHECK'))[0]).toBe(node);
  });
});

test('the image, the installed program and npm start run Node with the same arguments', async () => {
  const source = await readFile(new URL('../../src/main.ts', import.meta.url), 'utf8');
  const [shebang = ''] = source.split('\n');
  expect(shebang).toBe(`#!/usr/bin/env -S node ${entry.join(' ')}`);
  expect(manifest.scripts.start).toBe(`exec node ${entry.join(' ')} src/main.ts`);
});

describe('its result', () => {
  let directory: string;
  let root: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-image-'));
    root = await buildImageTree(stages, directory);
    // The base image contains Node.js; the image's user may have no access to this machine's own.
    await mkdir(dirname(join(root, node)), { recursive: true });
    await copyFile(process.execPath, join(root, node));
    await chmod(directory, 0o755);
    await run('chmod', ['-R', 'a-w', root]);
  }, 180_000);
  afterAll(async () => {
    await run('chmod', ['-R', 'u+w', root]);
    await rm(directory, { recursive: true });
  });

  test('contains the built program with the licences of what is in it, and no build or install tools', async () => {
    expect((await readdir(join(root, 'app'))).sort()).toEqual(['LICENSE', 'dist', 'package.json']);
    const files = await readdir(join(root, 'app/dist'), { recursive: true });
    expect(files.filter((name) => !/^[a-zA-Z0-9-]+\.(js|css|svg|txt)$/.test(name))).toEqual([]);
    const licences = await readFile(join(root, 'app/dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const name of Object.keys(manifest.dependencies)) expect(licences).toContain(`${name} `);
    for (const name of Object.keys(manifest.devDependencies)) {
      if (!(name in manifest.dependencies)) expect(licences).not.toContain(`\n${name} `);
    }
  });

  test('serves a login as its user from a read-only tree, is healthy, and ends on SIGTERM', async () => {
    await using upstream = await startScriptedLegacyServer();
    const args = ['serve', '--upstream', upstream.url, '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
    await using gateway = await startGatewayProcess(args, {
      node: join(root, node),
      nodeArgs: entry,
      main: join(root, main),
      cwd: join(root, lastOf(image, 'WORKDIR')),
      // Only root can become another user.
      ...(process.getuid?.() === 0 && user !== undefined ? { uid: user } : {}),
      env: { NODE_ENV: 'production', NODE_COMPILE_CACHE: '', HOME: '/nonexistent', TMPDIR: '/nonexistent' },
    });
    const client = new SimpleClient(gateway.url);
    const code = await client.newCode();
    expect((await client.redeem(code, { code_verifier: 'x'.repeat(43) })).status).toBe(400);
    expect((await client.redeem(code)).status).toBe(200);

    const isHealthy = async () => {
      const [program = '', ...words] = execForm(lastOf(image, 'HEALTHCHECK')).map((word) =>
        word.replace('http://127.0.0.1:9090', gateway.adminUrl),
      );
      return run(join(root, program), words).then(
        () => true,
        ({ code }) => code !== 1,
      );
    };
    expect(await isHealthy()).toBe(true);
    expect(await gateway.stop()).toBe(0);
    expect(await isHealthy()).toBe(false);
  });
});
