import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACL_RULES, SENTINEL_ACL_RULES } from '../../contract/store/adapters.ts';
import { createCertificate } from '../../support/redis-certificate.ts';
import { issuerWith, problemLines } from './problem-lines.ts';

const text = await readFile(new URL('../../../docs/operations/redis.md', import.meta.url), 'utf8');
const stores = [...text.matchAll(/^```yaml\n(store:\n.*?)^```$/gms)].map(([, yaml = '']) => yaml);

describe('the stores of docs/operations/redis.md', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-examples-'));
    await using certificate = await createCertificate('DNS:redis.internal');
    const { certFile, keyFile } = certificate.files;
    await copyFile(certFile, join(directory, 'redis-ca.pem'));
    await copyFile(certFile, join(directory, 'gateway.pem'));
    await copyFile(keyFile, join(directory, 'gateway-key.pem'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('cover each way to reach Redis', () => {
    expect(stores).toHaveLength(5);
  });

  it.each(stores)('pass `check`:\n%s', async (yaml) => {
    const env = { REDIS_PASSWORD: 'r', SENTINEL_PASSWORD: 's' };
    expect(await problemLines(yaml + issuerWith(), { directory, env })).toEqual([]);
  });
});

it.each([
  ['Redis', '~pkce-gateway:*', ACL_RULES],
  ['the sentinels', '+sentinel|', SENTINEL_ACL_RULES],
])('the ACL rules for %s are those of the store tests', (_, sign, rules) => {
  const blocks = [...text.matchAll(/^```\n(ACL SETUSER .*?)^```$/gms)].map(([, block = '']) => block);
  const words = blocks.find((block) => block.includes(sign))?.split(/\s+/) ?? [];
  const allowed = words.filter((word) => word.startsWith('+') || word.startsWith('&'));
  expect(allowed.toSorted()).toEqual(rules.filter((rule) => rule !== '-@all').toSorted());
});
