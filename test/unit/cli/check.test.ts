import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHECK } from '../../../src/cli/check.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-check-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function check(file: string, env = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const status = await CHECK.run(
    { config: file },
    {
      stdout: (line) => out.push(line),
      stderr: (line) => err.push(line),
      env,
      now: () => Date.UTC(2026, 0, 1),
    },
  );
  return { status, out, err };
}

async function checkText(text: string, env = {}) {
  const file = join(directory, 'gateway.yaml');
  await writeFile(file, text);
  return { file, ...(await check(file, env)) };
}

it('accepts the example', async () => {
  const example = fileURLToPath(new URL('../../../gateway.example.yaml', import.meta.url));
  expect(await check(example)).toEqual({
    status: 0,
    out: [`${example}: ok (1 issuer, 3 clients: 1 enforce, 2 report; memory store)`],
    err: [],
  });
});

it('sums up in one line, and warns', async () => {
  const { status, out, err, file } = await checkText(
    `store: {kind: redis, redis: {url: "redis://h", password: pw}}
issuers:
  - {name: a, hosts: [a.example.com], upstream: {url: https://a.example.com}, defaults: {redirect_uris: [https://app.example.com/cb]}, clients: {x: {mode: off}, y: {}}}
  - {name: b, upstream: {url: https://b.example.com}, clients: {z: {redirect_uris: [https://app.example.com/cb], enforce_from: 2026-01-01T00:00:01Z}}}
`,
  );
  expect(status).toBe(0);
  expect(out).toEqual([`${file}: ok (2 issuers, 3 clients: 1 enforce, 1 report, 1 off; redis store)`]);
  expect(err).toEqual([
    `${file}:1:58 store.redis.password: warning: this secret is written in clear text: write {from_env: NAME} or {from_file: PATH}`,
  ]);
});

it('prints every problem', async () => {
  const { status, out, err, file } = await checkText('issuers: []\nbogus: 1\n');
  expect(status).toBe(1);
  expect(out).toEqual([]);
  expect(err).toEqual([`${file}:1:10 issuers: must not be empty`, `${file}:2:1 bogus: unknown key`]);
});
