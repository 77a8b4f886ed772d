import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { codeKey } from '../../../src/store/store-key.ts';
import { createCertificate } from '../../support/redis-certificate.ts';
import { type RedisClusterServers, startRedisCluster } from '../../support/redis-cluster.ts';
import { startRedis } from '../../support/redis-server.ts';
import { sampleClaim, sampleCode, sampleFlow, UPSTREAM } from '../../support/sample-login.ts';
import { ACL_RULES, createStore, openStore, redisConfig, untilReachable } from './adapters.ts';
import { CODE, claim, everyFault, faultOf, saveFlow } from './store-operations.ts';

const PREFIX = 'pkce-gateway:';
const SECRET = 'p4ss:w0rd/with@signs';

describe('a working cluster', () => {
  let cluster: RedisClusterServers;

  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster[Symbol.asyncDispose]());
  afterEach(async () => {
    for (const node of cluster.nodes) await node.call('FLUSHALL');
  });

  /** The state of a slot at a node, and the target of its migration. */
  async function setSlot(node: number, slot: string, ...state: string[]): Promise<void> {
    await cluster.node(node).call('CLUSTER', 'SETSLOT', slot, ...state);
  }

  async function idOf(node: number): Promise<string> {
    return String(await cluster.node(node).call('CLUSTER', 'MYID'));
  }

  test('is found through any node, and has keys on all nodes', async () => {
    await using store = await openStore(redisConfig({ cluster: cluster.addresses.slice(2) }));
    const prefixes = await Promise.all(Array.from({ length: 60 }, () => saveFlow(store)));
    for (const prefix of prefixes) {
      expect((await store.findFlow(UPSTREAM, prefix))?.flow).toEqual(sampleFlow());
    }
    for (const node of cluster.nodes) expect((await node.dumpAll()).length).toBeGreaterThan(5);
  });

  test('keeps all keys on one node if the prefix has a hash tag', async () => {
    const config = redisConfig({ cluster: cluster.addresses }, { prefix: '{pkce}:' });
    await using store = await openStore(config);
    for (let index = 0; index < 20; index += 1) {
      await saveFlow(store);
    }
    const counts = await Promise.all(cluster.nodes.map(async (node) => (await node.dumpAll()).length));
    expect(counts.sort()).toEqual([0, 0, 20]);
  });

  test('works while a slot moves between nodes: ASK, then MOVED', async () => {
    await using store = await openStore(redisConfig({ cluster: cluster.addresses }));
    const key = codeKey(UPSTREAM, CODE);
    const from = await cluster.ownerOf(PREFIX + key);
    const to = (from + 1) % 3;
    const slot = String(await cluster.node(0).call('CLUSTER', 'KEYSLOT', PREFIX + key));
    await setSlot(to, slot, 'IMPORTING', await idOf(from));
    await setSlot(from, slot, 'MIGRATING', await idOf(to));

    expect(await store.bindCode(sampleCode())).toMatchObject({ first: true });
    expect(await cluster.node(to).call('DBSIZE')).toBe(1);
    const held = sampleClaim();
    expect(await store.claimCode(UPSTREAM, CODE, held)).toMatchObject({ outcome: 'claimed' });
    const whileAsking = await Promise.all(Array.from({ length: 20 }, () => claim(store)));
    expect(new Set(whileAsking)).toEqual(new Set(['replayed']));

    for (const node of [to, from]) await setSlot(node, slot, 'NODE', await idOf(to));
    await store.releaseClaim(UPSTREAM, CODE, held.claimId);
    const afterwards = await Promise.all(Array.from({ length: 20 }, () => claim(store)));
    expect(afterwards.filter((outcome) => outcome === 'claimed')).toHaveLength(1);

    await cluster.node(to).call('FLUSHALL');
    for (const node of [from, to]) await setSlot(node, slot, 'NODE', await idOf(from));
  });

  test('whose nodes redirect to each other causes a fault, and not a loop', async () => {
    await using store = await openStore(redisConfig({ cluster: cluster.addresses }));
    const key = codeKey(UPSTREAM, CODE);
    const owner = await cluster.ownerOf(PREFIX + key);
    const other = (owner + 1) % 3;
    const slot = String(await cluster.node(0).call('CLUSTER', 'KEYSLOT', PREFIX + key));
    await setSlot(owner, slot, 'NODE', await idOf(other));
    expect(await faultOf(store.bindCode(sampleCode()))).toMatchObject({ code: 'store_unreachable' });
    await setSlot(owner, slot, 'NODE', await idOf(owner));
    await vi.waitFor(() => store.bindCode(sampleCode()), 5_000);
  });

  test('has no connection of a disposed store', async () => {
    const store = await openStore(redisConfig({ cluster: cluster.addresses }));
    await saveFlow(store);
    await store[Symbol.asyncDispose]();
    expect(await faultOf(store.ping())).toMatchObject({ code: 'store_unreachable' });
    await vi.waitFor(async () => {
      for (const node of cluster.nodes) expect(await node.call('CLIENT', 'LIST')).not.toContain('name=pkce');
    }, 5_000);
  });

  test('cannot be configured as a url: the fault says so', async () => {
    const key = codeKey(UPSTREAM, CODE);
    const other = cluster.node(((await cluster.ownerOf(PREFIX + key)) + 1) % 3);
    await using store = await openStore(redisConfig({ url: `redis://127.0.0.1:${other.port}` }));
    const fault = await faultOf(store.bindCode(sampleCode()));
    expect(fault).toMatchObject({ code: 'store_error', cause: { code: 'MOVED' } });
    expect(fault.message).toContain('store.redis.cluster');
    expect(inspect(fault, { depth: 10, showHidden: true })).not.toContain('127.0.0.1');
  });
});

test('a cluster without reachable nodes is awaited, and found later', async () => {
  await using cluster = await startRedisCluster();
  for (const index of [0, 1, 2]) await cluster.stopNode(index);
  const onStateChange = vi.fn();
  await using store = createStore(redisConfig({ cluster: cluster.addresses }), onStateChange);
  await vi.waitFor(() => {
    expect(onStateChange.mock.calls).toEqual([['unreachable', 'CLUSTER_ECONNREFUSED']]);
  }, 5_000);
  for (const { code } of await everyFault(store)) expect(code).toBe('store_unreachable');
  for (const index of [0, 1, 2]) await cluster.startNode(index);
  await cluster.untilWhole();
  await untilReachable(store);
  await vi.waitFor(() => expect(onStateChange.mock.calls.at(-1)).toEqual(['ready', undefined]), 5_000);
  await saveFlow(store);
});

describe('a cluster that requires certificates and a user', () => {
  test('gets both, on every connection', async () => {
    await using certificate = await createCertificate('IP:127.0.0.1');
    const args = ['--user', 'gateway', 'on', `>${SECRET}`, `~${PREFIX}*`, ...ACL_RULES];
    await using cluster = await startRedisCluster({ tls: certificate.files, args });
    const access = { username: 'gateway', password: SECRET, tls: certificate.tls };
    await using store = await openStore(redisConfig({ cluster: cluster.addresses }, access));
    for (let index = 0; index < 20; index += 1) {
      await saveFlow(store);
    }
    await expect(openAndTell({ ...access, password: 'wrong' })).resolves.toBe('CLUSTER_WRONGPASS');
    // Two errors: our own check fails, and the server sends an alert. The second error must not end the process.
    const untrusting = { ca: undefined, cert: undefined, key: undefined };
    await expect(openAndTell({ ...access, tls: untrusting })).resolves.toBe(
      'CLUSTER_DEPTH_ZERO_SELF_SIGNED_CERT',
    );

    async function openAndTell(settings: Parameters<typeof redisConfig>[1]): Promise<unknown> {
      const told = Promise.withResolvers<unknown>();
      const onStateChange = (_state: string, detail?: string) => told.resolve(detail);
      await using refused = createStore(redisConfig({ cluster: cluster.addresses }, settings), onStateChange);
      const detail = await told.promise;
      const fault = await faultOf(refused.ping());
      expect(inspect([fault, detail], { depth: 10, showHidden: true })).not.toMatch(/p4ss|127\.0\.0\.1/);
      return detail;
    }
  });
});

test('a cluster whose nodes announce no host has its own fault code', async () => {
  const args = ['--cluster-preferred-endpoint-type', 'unknown-endpoint'];
  await using cluster = await startRedisCluster({ args });
  const onStateChange = vi.fn();
  await using store = createStore(redisConfig({ cluster: cluster.addresses }), onStateChange);
  for (const { message } of await everyFault(store)) expect(message).toContain('CLUSTER_NO_NODES');
  expect(onStateChange).toHaveBeenCalledWith('unreachable', 'CLUSTER_NO_NODES');
});

test('a Redis that is not a cluster has its own fault code', async () => {
  await using server = await startRedis({ port: true });
  const onStateChange = vi.fn();
  const cluster = [{ host: '127.0.0.1', port: server.port ?? 0 }];
  await using store = createStore(redisConfig({ cluster }), onStateChange);
  await vi.waitFor(() => expect(onStateChange).toHaveBeenCalledWith('unreachable', 'CLUSTER_ERR'), 5_000);
  for (const { message } of await everyFault(store)) expect(message).toContain('CLUSTER_ERR');
});
