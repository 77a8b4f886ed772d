import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { startGatewayProcess } from '../support/process.ts';
import { startRedis } from '../support/redis-server.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';

/** Starting processes and a reload take seconds each while many tests run. */
const PATIENCE = 60_000;
vi.setConfig({ testTimeout: 3 * PATIENCE });

test.each([1, 2])('the password of Redis is renewed by a reload (workers: %i)', async (workers) => {
  const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-renewal-'));
  const file = join(directory, 'gateway.yaml');
  const password = join(directory, 'password');
  await using upstream = await startScriptedLegacyServer();
  await using redis = await startRedis({ port: true });
  await redis.call('ACL', 'SETUSER', 'gateway', 'on', '>first', '~*', '&*', '+@all');
  await writeFile(password, 'first', { mode: 0o600 });
  await writeFile(
    file,
    `
listen: {address: 127.0.0.1:0}
admin: {address: 127.0.0.1:0}
workers: ${workers}
store:
  kind: redis
  redis: {url: "${redis.url}", username: gateway, password: {from_file: ${password}}, timeout: 5s}
issuers:
  - name: corp
    upstream: {url: "${upstream.url}"}
`,
  );
  await using gateway = await startGatewayProcess(['serve', '--config', file]);
  const client = new SimpleClient(gateway.url);
  const begun = await client.newCode();
  const logged = (event: string) =>
    gateway.stderr.filter((line) => line.includes(`"event":"${event}"`)).map((line) => JSON.parse(line));

  await writeFile(password, 'wrong', { mode: 0o600 });
  // The primary has its own connection.
  const connections = workers === 1 ? 1 : workers + 1;
  await vi.waitFor(() => expect(logged('store_not_renewed').length).toBe(connections), PATIENCE);
  expect(logged('store_not_renewed')[0]).toMatchObject({
    address: expect.stringContaining(`:${redis.port}`),
  });
  expect((await client.redeem(begun)).status).toBe(200);

  await redis.call('ACL', 'SETUSER', 'gateway', '>second');
  await writeFile(password, 'second', { mode: 0o600 });
  await vi.waitFor(() => expect(logged('store_renewed').length).toBe(connections), PATIENCE);
  await redis.call('ACL', 'SETUSER', 'gateway', '<first');
  await redis.call('CLIENT', 'KILL', 'USER', 'gateway');
  await vi.waitFor(async () => {
    const code = await client.newCode();
    expect((await client.redeem(code)).status).toBe(200);
  }, PATIENCE);
  expect(logged('restart_needed')).toEqual([]);
  expect(gateway.stderr.join('\n')).not.toMatch(/first|second|wrong/);
  await rm(directory, { recursive: true });
});
