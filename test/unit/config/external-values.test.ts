import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import {
  clientWith,
  configOf,
  inBraces,
  issuerWith,
  policyOf,
  problemLines,
  warningLines,
} from './problem-lines.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-config-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function secretFile(name: string, content: string | Uint8Array, mode = 0o600): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, content);
  await chmod(file, mode);
  return file;
}

async function injectedSecret(text: string, env = {}): Promise<string | undefined> {
  const config = configOf(await parseConfig(text, 'g.yaml', { env, directory }));
  return policyOf(config, 'spa').injectSecret;
}

describe('from_env', () => {
  it('gives text, for any content', async () => {
    const text = clientWith('inject_secret: {from_env: SECRET}');
    expect(await injectedSecret(text, { SECRET: '0123' })).toBe('0123');
    expect(await injectedSecret(text, { SECRET: 'true' })).toBe('true');
    expect(await injectedSecret(text, { SECRET: 'a: [b]\t'.trim() })).toBe('a: [b]');
  });

  it('becomes the required number, flag, duration, size, address or word', async () => {
    const text = `listen: {address: {from_env: A}, limits: {body: {from_env: B}, connections: {from_env: C}, header_timeout: {from_env: D}}}\nworkers: {from_env: W}\n${clientWith(
      'wrap_codes: {from_env: F}',
      'max_attempts: {from_env: N}',
      'methods: [{from_env: M}]',
    )}`;
    const env = { A: '[::1]:80', B: '2048', C: '7', D: '3s', W: '1', F: 'false', N: '9', M: 'plain' };
    const config = configOf(await parseConfig(text, 'g.yaml', { env }));
    expect(config.listen).toMatchObject({
      address: { host: '::1', port: 80 },
      trustedProxies: [],
      limits: { headerTimeout: 3000, body: 2048, connections: 7 },
    });
    expect(policyOf(config, 'spa')).toMatchObject({
      wrapCodes: false,
      maxAttempts: 9,
      methods: ['plain'],
    });
  });

  it.each([
    ['max_attempts: {from_env: X}', { X: 'many' }, '6:23', 'max_attempts', 'must be a number, not text'],
    ['wrap_codes: {from_env: X}', { X: 'yes' }, '6:21', 'wrap_codes', 'must be true, false or auto'],
    ['owner: {from_env: X}', { X: '' }, '6:16', 'owner', 'must not be empty'],
    ['owner: {from_env: X}', {}, '6:16', 'owner', 'the environment variable X is not set'],
    [
      'inject_secret: {from_env: X}',
      { X: 'a\nb' },
      '6:24',
      'inject_secret',
      'must not contain control characters',
    ],
    [
      'methods: {from_env: X}',
      { X: 'S256' },
      '6:18',
      'methods',
      'must be a list, not text: from_env and from_file work for single values only',
    ],
    [
      'owner: {from_env: X, from_file: Y}',
      {},
      '6:16',
      'owner',
      'must be text, not a mapping: write {from_env: NAME} or {from_file: PATH}',
    ],
    [
      'owner: {from_env: 1}',
      {},
      '6:16',
      'owner',
      'must be text, not a mapping: write {from_env: NAME} or {from_file: PATH}',
    ],
  ])('%s with %j', async (line, env, position, key, message) => {
    expect(await problemLines(clientWith(line), { env })).toEqual([
      `g.yaml:${position} issuers[0].clients.spa.${key}: ${message}`,
    ]);
  });

  it('may be the client id of a client', async () => {
    expect(await problemLines(issuerWith('clients: {from_env: {mode: off}}'))).toEqual([]);
  });
});

describe('other notations', () => {
  const text = (value: string) => clientWith(`inject_secret: ${value}`);
  it.each([`"${inBraces('SECRET')}"`, `x-${inBraces('SECRET:-none')}`])(
    '%s is not expanded',
    async (value) => {
      expect(await problemLines(text(value))).toEqual([
        `g.yaml:6:24 issuers[0].clients.spa.inject_secret: ${inBraces('SECRET')} is not expanded: write {from_env: SECRET}`,
      ]);
    },
  );

  it('keeps a placeholder in a variable or a file', async () => {
    expect(await injectedSecret(text('{from_env: S}'), { S: inBraces('B') })).toBe(inBraces('B'));
  });

  it.each(['{env: SECRET}', '{fromEnv: SECRET}', '{file: /run/secret}', '{valueFrom: {secretKeyRef: x}}'])(
    '%s has a hint',
    async (value) => {
      expect(await problemLines(text(value))).toEqual([
        'g.yaml:6:24 issuers[0].clients.spa.inject_secret: must be text, not a mapping: write {from_env: NAME} or {from_file: PATH}',
      ]);
    },
  );
});

describe('from_file', () => {
  it('reads relative to the configuration file and drops one newline at the end', async () => {
    await secretFile('one', 's3cret \r\n');
    expect(await injectedSecret(clientWith('inject_secret: {from_file: one}'))).toBe('s3cret ');
    const file = await secretFile('none', 's3cret');
    expect(await injectedSecret(clientWith(`inject_secret: {from_file: ${file}}`))).toBe('s3cret');
  });

  it('reads a FIFO, which gives its content only once', async () => {
    const fifo = join(directory, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const written = writeFile(fifo, 's3cret\n');
    expect(await injectedSecret(clientWith('inject_secret: {from_file: fifo}'))).toBe('s3cret');
    await written;
  });

  it('drops no second newline', async () => {
    await secretFile('two', 's3cret\n\n');
    expect(await problemLines(clientWith('inject_secret: {from_file: two}'), { directory })).toEqual([
      'g.yaml:6:24 issuers[0].clients.spa.inject_secret: must not contain control characters',
    ]);
  });

  it('reports an unreadable file', async () => {
    await secretFile('binary', new Uint8Array([0xff, 0xfe, 0x41]));
    await secretFile('large', 'x'.repeat(1024 * 1024 + 1));
    const text = issuerWith(
      'clients:',
      '  a: {inject_secret: {from_file: missing}}',
      '  b: {inject_secret: {from_file: .}}',
      '  c: {inject_secret: {from_file: /dev/zero}}',
      '  d: {inject_secret: {from_file: binary}}',
      '  e: {inject_secret: {from_file: large}}',
    );
    expect(await problemLines(text, { directory })).toEqual([
      `g.yaml:5:26 issuers[0].clients.a.inject_secret: cannot read ${directory}/missing: the file does not exist`,
      `g.yaml:6:26 issuers[0].clients.b.inject_secret: cannot read ${directory}: it is not a regular file`,
      'g.yaml:7:26 issuers[0].clients.c.inject_secret: cannot read /dev/zero: it is not a regular file',
      `g.yaml:8:26 issuers[0].clients.d.inject_secret: cannot read ${directory}/binary: it is not UTF-8 text`,
      `g.yaml:9:26 issuers[0].clients.e.inject_secret: cannot read ${directory}/large: it is larger than 1 MiB`,
    ]);
  });

  it('warns of a file that everybody can read', async () => {
    await secretFile('open', 'x', 0o644);
    expect(
      await warningLines(clientWith('mode: report', 'inject_secret: {from_file: open}'), { directory }),
    ).toEqual([
      `g.yaml:7:24 issuers[0].clients.spa.inject_secret: every user of this machine can read ${directory}/open: run chmod o-r`,
    ]);
  });
});

describe('secrets in clear', () => {
  it('of sentinels are warned of', async () => {
    const sentinel = '{name: m, nodes: ["h:1"], password: pw}';
    expect(
      await warningLines(`store: {kind: redis, redis: {sentinel: ${sentinel}}}\n${issuerWith()}`),
    ).toEqual([
      'g.yaml:1:76 store.redis.sentinel.password: this secret is written in clear text: write {from_env: NAME} or {from_file: PATH}',
    ]);
  });

  it('are warned of', async () => {
    const text = `store: {kind: redis, redis: {url: "redis://:pw@h", username: u}}\n${issuerWith(
      'defaults: {mode: report, inject_secret: a}',
      'unlisted_clients: {inject_secret: b}',
      'clients: {spa: {inject_secret: c}, web: {inject_secret: {from_env: D}}}',
    )}`;
    const clear = 'this secret is written in clear text: write {from_env: NAME} or {from_file: PATH}';
    expect(await warningLines(text, { env: { D: 'd' } })).toEqual([
      'g.yaml:1:35 store.redis.url: this password is in clear text: remove it from the url and write password: {from_env: NAME}',
      `g.yaml:5:45 issuers[0].defaults.inject_secret: ${clear}`,
      `g.yaml:6:39 issuers[0].unlisted_clients.inject_secret: ${clear}`,
      `g.yaml:7:36 issuers[0].clients.spa.inject_secret: ${clear}`,
    ]);
  });
});
