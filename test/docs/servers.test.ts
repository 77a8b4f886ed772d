import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Config, EndpointPaths } from '../../src/config/config.ts';
import { loadConfig, parseConfig } from '../../src/config/load.ts';
import { startGateway } from '../../src/gateway.ts';
import { newPkcePair } from '../support/pkce-pair.ts';
import { send } from '../support/simple-client.ts';
import { startDocumentedServer } from './documented-server.ts';
import { readFencedBlocks } from './fenced-blocks.ts';
import { PageRun } from './page-run.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLES = (await readdir(join(ROOT, 'config/examples'))).map((file) => file.replace('.yaml', ''));
const PAGES = (await readdir(join(ROOT, 'docs/servers'))).map((file) => file.replace('.md', ''));
const REDIRECT_URI = 'https://portal.example.com/cb';
/** Another client gets no code at a place of an enforced client. */
const OTHER_REDIRECT_URI = 'https://another.example.com/cb';
const JSON_ONLY = { accept: 'application/json' };

const read = (path: string) => readFile(join(ROOT, path), 'utf8');
const exampleOf = (name: string) => read(`config/examples/${name}.yaml`);

function pathsOf({ issuers }: Config): EndpointPaths {
  const endpoints = issuers[0]?.endpoints;
  if (endpoints === undefined || endpoints === 'auto') throw new Error('an example names its endpoints');
  return endpoints;
}

/** The example in front of a server with those paths. */
async function startExample(name: string) {
  const file = join(ROOT, `config/examples/${name}.yaml`);
  const loaded = await loadConfig(file, { env: {} });
  if (!loaded.ok) throw new Error('not valid');
  expect(loaded.warnings).toEqual([]);
  const [issuer] = loaded.config.issuers;
  if (issuer === undefined) throw new Error('no issuer');
  const upstream = await startDocumentedServer(pathsOf(loaded.config));
  const address = { host: '127.0.0.1', port: 0 };
  const config: Config = {
    ...loaded.config,
    listen: { ...loaded.config.listen, address },
    admin: { ...loaded.config.admin, address },
    issuers: [{ ...issuer, upstream: { ...issuer.upstream, origin: upstream.url } }],
  };
  const gateway = await startGateway({ ...config, log: { ...config.log, level: 'silent' } });
  return { upstream, gateway, paths: pathsOf(loaded.config) };
}

test('every example has a page, and every page an example', () => {
  expect(EXAMPLES.length).toBeGreaterThan(10);
  expect(PAGES.filter((page) => page !== 'README').sort()).toEqual(EXAMPLES.toSorted());
});

describe.concurrent.each(EXAMPLES)('%s', (name) => {
  test('the example accepts logins at all its paths, and refuses those without PKCE', async () => {
    const { upstream, gateway, paths } = await startExample(name);
    await using _upstream = upstream;
    await using _gateway = gateway;
    const at = (pattern: string) => gateway.url + pattern.replace(/\{\w+\}/, 'corp');
    const { challenge, verifier } = newPkcePair();
    const authorize = async (pattern: string, more: Readonly<Record<string, string>>) => {
      const url = new URL(at(pattern));
      const asked = { response_type: 'code', redirect_uri: REDIRECT_URI, state: 's', ...more };
      for (const [key, value] of Object.entries(asked)) url.searchParams.set(key, value);
      return (await send(url)).location?.searchParams;
    };
    for (const [index, pattern] of paths.authorization.entries()) {
      const pkce = { code_challenge: challenge, code_challenge_method: 'S256' };
      const refused = await authorize(pattern, { client_id: 'portal' });
      expect(refused?.get('error_description')).toContain('code_challenge is missing');
      const reported = await authorize(pattern, { client_id: 'another', redirect_uri: OTHER_REDIRECT_URI });
      expect(reported?.get('code')).toBeTypeOf('string');
      const code = (await authorize(pattern, { client_id: 'portal', ...pkce }))?.get('code') ?? '';
      const redemption = {
        grant_type: 'authorization_code',
        code,
        client_id: 'portal',
        redirect_uri: REDIRECT_URI,
      };
      const token = (fields: Readonly<Record<string, string>>) =>
        send(at(paths.token[index] ?? paths.token[0] ?? ''), {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams(fields).toString(),
        });
      expect(await token(redemption)).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
      expect(await token({ ...redemption, code_verifier: verifier })).toMatchObject({ status: 200 });
    }
    for (const pattern of paths.pushedAuthorization) {
      const body = `response_type=code&client_id=portal&redirect_uri=${encodeURIComponent(REDIRECT_URI)}`;
      const headers = { 'content-type': 'application/x-www-form-urlencoded', ...JSON_ONLY };
      const pushed = await send(at(pattern), { method: 'POST', headers, body });
      expect(pushed).toMatchObject({ status: 400, json: { error: 'invalid_request' } });
    }
    for (const pattern of paths.metadata) {
      const { json } = await send(at(pattern), { headers: JSON_ONLY });
      expect(json['authorization_endpoint']).toMatch(/^https:\/\/login\.example\.com\//);
      expect(json['code_challenge_methods_supported']).toContain('S256');
    }
  });

  test('the page contains the example, and its commands work', { timeout: 60_000 }, async () => {
    const example = await exampleOf(name);
    const blocks = readFencedBlocks(await read(`docs/servers/${name}.md`));
    const yaml = blocks.filter(({ language }) => language === 'yaml');
    expect(yaml.map(({ text }) => text)).toEqual([example.slice(example.indexOf('listen:'))]);

    const parsed = await parseConfig(example, 'example.yaml', { env: {} });
    if (!parsed.ok) throw new Error('not valid');
    await using upstream = await startDocumentedServer(pathsOf(parsed.config));
    const origin = parsed.config.issuers[0]?.upstream.origin ?? '';
    const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-page-'));
    await using run = new PageRun(directory, { [origin]: upstream.url });
    await run.save(`config/examples/${name}.yaml`, example);
    const said: string[] = [];
    for (const block of blocks) {
      await run.do(block);
      if (block.language === 'sh') said.push(run.output);
    }
    await rm(directory, { recursive: true });
    expect(said).toHaveLength(2);
    expect(said[0]).toContain('endpoints:');
    expect(said[1]).toContain('0 problem(s)');
  });
});
