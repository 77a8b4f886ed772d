import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { freePort } from '../support/free-port.ts';
import { createCertificate } from '../support/redis-certificate.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { completeYaml, readFencedBlocks } from './fenced-blocks.ts';
import { PageRun } from './page-run.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCS = (await readdir(join(ROOT, 'docs'), { recursive: true }))
  .filter((file) => file.endsWith('.md'))
  .map((file) => `docs/${file}`);
const PAGES = await Promise.all(
  ['README.md', ...DOCS].map(async (path) => {
    const text = await readFile(join(ROOT, path), 'utf8');
    return { path, text, blocks: readFencedBlocks(text) };
  }),
);
const YAML = PAGES.flatMap(({ path, blocks }) =>
  blocks
    .filter(
      ({ language, words }) =>
        language === 'yaml' && words.every((word) => /^(issuer|client|included|into=.*)$/.test(word)),
    )
    .map((block) => ({ at: `${path}:${block.line}`, yaml: completeYaml(block), text: block.text })),
);

test('every page is found, and all its blocks are closed', () => {
  expect(DOCS.length).toBeGreaterThan(20);
  expect(YAML.length).toBeGreaterThan(20);
  for (const { path, text } of PAGES)
    expect([path, (text.match(/^```/gm) ?? []).length % 2]).toEqual([path, 0]);
});

test.each(YAML)('the configuration at $at passes `check`', async ({ at, yaml, text }) => {
  const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-yaml-'));
  await writeFile(join(directory, 'included.yaml'), text);
  await using certificate = await createCertificate('DNS:localhost');
  for (const [, file = ''] of yaml.matchAll(/_file: ([^,}\s]+)/g)) {
    const { cert = '', key = '' } = certificate.tls;
    if (!file.startsWith('/'))
      await writeFile(join(directory, file), /key/.test(file) ? key : cert, { mode: 0o600 });
  }
  const names = [...yaml.matchAll(/from_env: (\w+)/g)].map(([, name = '']) => {
    return [name, name === 'SEALING_KEY' ? 'k'.repeat(43) : 'a value'] as const;
  });
  const result = await parseConfig(yaml, at, { env: Object.fromEntries(names), directory });
  await rm(directory, { recursive: true });
  expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([]);
});

test.each(PAGES)('the links of $path resolve', async ({ path, text }) => {
  const links = [...text.replaceAll(/^```.*?^```$/gms, '').matchAll(/\]\(([^)\s]+)\)/g)].map(
    ([, link = '']) => link,
  );
  for (const link of links.filter((target) => !/^(https?:|#)/.test(target))) {
    const target = new URL(link.split('#', 1)[0] ?? '', new URL(`file://${ROOT}${path}`));
    await expect(
      readFile(target).then(
        () => link,
        (error: NodeJS.ErrnoException) => `${link}: ${error.code}`,
      ),
    ).resolves.toMatch(new RegExp(`^${link.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(: EISDIR)?$`));
  }
});

describe('commands', () => {
  /** Pages with their own test, which includes the users' actions in between. */
  const ELSEWHERE = /^docs\/(rollout\.md|servers\/(?!README))/;
  const runnable = PAGES.filter(
    ({ path, blocks }) => !ELSEWHERE.test(path) && blocks.some(({ language }) => language === 'sh'),
  );

  test.each(runnable)('in $path do what the page says', { timeout: 60_000 }, async ({ blocks }) => {
    await using upstream = await startScriptedLegacyServer();
    const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-page-'));
    const [port, adminPort] = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
    await using run = new PageRun(directory, {
      'https://idp.example.com': upstream.url,
      '127.0.0.1:8080': `127.0.0.1:${port}`,
      '127.0.0.1:9090': `127.0.0.1:${adminPort}`,
    });
    for (const block of blocks) {
      await run.do(block);
      if (block.language !== 'sh' || !block.words.includes('serve')) continue;
      const client = new SimpleClient(run.gateway?.url ?? '', 'spa-portal');
      expect((await client.redeem(await client.newCode())).status).toBe(200);
    }
    await rm(directory, { recursive: true });
  });
});
