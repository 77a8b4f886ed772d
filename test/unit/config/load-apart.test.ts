import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { loadConfigApart } from '../../../src/config/load-apart.ts';

const { execPath, execArgv } = process;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-apart-'));
});
afterAll(() => rm(directory, { recursive: true }));
beforeEach(() => {
  process.execArgv = [...execArgv];
});
afterEach(() => {
  Object.assign(process, { execPath, execArgv });
});

test('reads a file, and the command line alone', async () => {
  const file = join(directory, 'gateway.yaml');
  await writeFile(file, 'issuers: [{name: corp, upstream: {url: {from_env: UPSTREAM}}}]');
  const fromFile = await loadConfigApart({ file, options: { env: { UPSTREAM: 'https://idp.example.com' } } });
  const fromOptions = await loadConfigApart({ upstream: 'https://idp.example.com' });
  for (const loaded of [fromFile, fromOptions]) {
    expect(loaded.ok && loaded.config.issuers[0]?.upstream.origin).toBe('https://idp.example.com');
  }
});

test('if the process cannot start, or ends early, only the load fails', async () => {
  process.execPath = join(directory, 'gone');
  await expect(loadConfigApart({ upstream: 'https://idp.example.com' })).rejects.toThrow(
    /^the configuration cannot be read: spawn .* ENOENT$/,
  );
  process.execPath = execPath;
  process.execArgv.push('--no-such-option');
  await expect(loadConfigApart({ upstream: 'https://idp.example.com' })).rejects.toThrow(
    /^the configuration cannot be read: /,
  );
});

test('an inspector stays with its process', async () => {
  process.execArgv.push('--inspect-wait=127.0.0.1:0');
  expect((await loadConfigApart({ upstream: 'https://idp.example.com' })).ok).toBe(true);
});
