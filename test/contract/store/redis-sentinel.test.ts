import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { flowIdOf, flowKey } from '../../../src/store/store-key.ts';
import { createCertificate, type TestCertificate } from '../../support/redis-certificate.ts';
import { type RedisBehindSentinels, startRedisSentinel } from '../../support/redis-sentinel.ts';
import { PRIMARY_NAME, startSentinelProcess } from '../../support/redis-sentinel-process.ts';
import { startRedis } from '../../support/redis-server.ts';
import { UPSTREAM } from '../../support/sample-login.ts';
import {
  createStore,
  openStore,
  redisConfig,
  SENTINEL_ACL_RULES,
  sentinelServers,
  untilReachable,
} from './adapters.ts';
import { everyFault, faultOf, saveFlow } from './store-operations.ts';

const SECRET = 's3ntinel-p4ss';

describe('sentinels', () => {
  let behind: RedisBehindSentinels;

  beforeAll(async () => {
    behind = await startRedisSentinel();
  });
  afterAll(() => behind[Symbol.asyncDispose]());

  test('lead to the primary, and to the configured database', async () => {
    await using store = await openStore(redisConfig(sentinelServers(behind), { database: 3 }));
    await saveFlow(store);
    expect(await behind.primary.call('INFO', 'keyspace')).toContain('db3:keys=1');
  });

  test('that do not know the name are reported', async () => {
    const sentinel = { name: 'other', nodes: behind.addresses, username: undefined, password: undefined };
    const onStateChange = vi.fn();
    await using store = createStore(redisConfig({ sentinel }), onStateChange);
    await vi.waitFor(
      () => expect(onStateChange).toHaveBeenCalledWith('unreachable', 'SENTINEL_UNKNOWN_NAME'),
      5_000,
    );
    expect((await faultOf(store.ping())).message).toContain('SENTINEL_UNKNOWN_NAME');
  });

  test('may be unreachable: a connected store continues, a new one waits for them', async () => {
    await using connected = await openStore(redisConfig(sentinelServers(behind)));
    const servers = sentinelServers(behind);
    await behind.stopSentinels();
    await expect(connected.ping()).resolves.toBeUndefined();
    const onStateChange = vi.fn();
    await using store = createStore(redisConfig(servers), onStateChange);
    await vi.waitFor(
      () => expect(onStateChange.mock.calls).toEqual([['unreachable', 'SENTINEL_ECONNREFUSED']]),
      5_000,
    );
    for (const { code } of await everyFault(store)) expect(code).toBe('store_unreachable');
    await behind.startSentinels();
    await untilReachable(store);
  });

  test('that name a new primary are followed at once, even if the old one still serves', async () => {
    const onStateChange = vi.fn();
    await using store = await openStore(redisConfig(sentinelServers(behind)), onStateChange);
    // Their messages also arrive after they restart.
    await behind.untilHeard('pkce-gateway-sentinel');
    await behind.stopSentinels();
    await behind.startSentinels();
    await behind.untilHeard('pkce-gateway-sentinel');
    const old = behind.primary;
    await behind.failover();
    await vi.waitFor(() => expect(onStateChange.mock.calls.length).toBeGreaterThan(1), 5_000);
    await untilReachable(store);
    const prefix = await saveFlow(store);
    const key = flowKey(flowIdOf(UPSTREAM, prefix));
    expect(await old.call('INFO', 'replication')).toContain('role:master');
    expect((await behind.primary.dumpAll()).map((entry) => entry.key)).toContain(`pkce-gateway:${key}`);
    expect(onStateChange.mock.calls).toContainEqual(['unreachable', 'FAILOVER']);
  });
});

test('a named primary that is a replica is not used', async () => {
  await using server = await startRedis({ port: true });
  await using sentinel = await startSentinelProcess(server.port ?? 0);
  await server.call('REPLICAOF', '127.0.0.1', '1');
  const onStateChange = vi.fn();
  const nodes = [sentinel.address];
  const servers = { sentinel: { name: PRIMARY_NAME, nodes, username: undefined, password: undefined } };
  await using store = createStore(redisConfig(servers), onStateChange);
  await vi.waitFor(() => expect(onStateChange).toHaveBeenCalledWith('unreachable', 'READONLY'), 5_000);
  expect(await faultOf(store.findFlow(UPSTREAM, 'x'))).toMatchObject({ code: 'store_unreachable' });
  await server.call('REPLICAOF', 'NO', 'ONE');
  await untilReachable(store);
});

test('a user of the sentinels needs few rights, as in docs/operations/redis.md', async () => {
  await using server = await startRedis({ port: true });
  await using sentinel = await startSentinelProcess(server.port ?? 0);
  await sentinel.call('ACL', 'SETUSER', 'gateway', 'on', `>${SECRET}`, '-@all', ...SENTINEL_ACL_RULES);
  const user = { username: 'gateway', password: SECRET };
  const servers = { sentinel: { name: PRIMARY_NAME, nodes: [sentinel.address], ...user } };
  await using store = await openStore(redisConfig(servers));
  await saveFlow(store);
  await vi.waitFor(async () => {
    expect(await sentinel.call('CLIENT', 'LIST')).toMatch(
      /name=pkce-gateway-sentinel .* sub=1 .* user=gateway/,
    );
  }, 5_000);
});

describe('sentinels that require certificates and a password', () => {
  let certificate: TestCertificate;
  let behind: RedisBehindSentinels;

  beforeAll(async () => {
    certificate = await createCertificate('IP:127.0.0.1');
    behind = await startRedisSentinel({ tls: certificate.files, sentinelPassword: SECRET });
  });
  afterAll(async () => {
    await behind[Symbol.asyncDispose]();
    await certificate[Symbol.asyncDispose]();
  });

  test('get both', async () => {
    const config = redisConfig(sentinelServers(behind, SECRET), { tls: certificate.tls });
    await using store = await openStore(config);
    await saveFlow(store);
  });

  test.each([
    ['a wrong password', 'wrong', false, 'SENTINEL_WRONGPASS'],
    ['no password', undefined, false, 'SENTINEL_NOAUTH'],
    // Two errors: our own check fails, and the server sends an alert. The second error must not end the process.
    ['an unknown authority', SECRET, true, 'SENTINEL_DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('%s has its own fault code', async (_, password, untrusting, code) => {
    const tls = untrusting ? { ca: undefined, cert: undefined, key: undefined } : certificate.tls;
    const onStateChange = vi.fn();
    const config = redisConfig(sentinelServers(behind, password), { tls });
    await using store = createStore(config, onStateChange);
    await vi.waitFor(() => expect(onStateChange).toHaveBeenCalledWith('unreachable', code), 5_000);
    const fault = await faultOf(store.ping());
    const told = inspect([fault, onStateChange.mock.calls], { depth: 10, showHidden: true });
    expect(told).not.toMatch(/s3ntinel|wrong|127\.0\.0\.1/);
  });
});
