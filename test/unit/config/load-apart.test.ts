import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { loadConfigApart } from '../../../src/config/load-apart.ts';

const { execPath } = process;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-apart-'));
});
afterAll(() => rm(directory, { recursive: true }));
afterEach(() => {
  process.execPath = execPath;
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
  await expect(
    loadConfigApart({ upstream: 'https://idp.example.com' }, ['--no-such-option']),
  ).rejects.toThrow(/^the configuration cannot be read: /);
});

test('an inspector stays with its process', async () => {
  process.execArgv.push('--inspect-wait=127.0.0.1:0');
  try {
    expect((await loadConfigApart({ upstream: 'https://idp.example.com' })).ok).toBe(true);
  } finally {
    process.execArgv.pop();
  }
});
