import { afterEach, describe, expect, test, vi } from 'vitest';
import type { FlowStore } from '../../src/flow/flow-store.ts';
import { codeKey } from '../../src/flow/keys.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedisSentinel } from '../support/redis-sentinel.ts';
import { startRedis } from '../support/redis-server.ts';
import { CHALLENGE, sampleBinding } from '../support/sample-flow.ts';
import {
  openRedisStore,
  openStore,
  redisConfig,
  sentinelServers,
  untilReachable,
} from './flow-store-adapters.ts';
import { beginLogins, finishLogin, type Login } from './interrupted-logins.ts';
import { type Claims, claimThroughout } from './repeated-claims.ts';
import { CODE, faultOf, took } from './store-operations.ts';

const TIMEOUT = 300;
/** A fault must come within the timeout; the rest is for a busy machine. */
const IN_TIME = TIMEOUT + 1_000;

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

function track<Resource extends AsyncDisposable>(resource: Resource): Resource {
  open.push(resource);
  return resource;
}

/** Every login meets the fault at the step that it has come to: each is refused an answer, in time. */
async function expectFaults(logins: readonly Login[]): Promise<void> {
  await Promise.all(
    logins.map(async ({ next }) => {
      const operation = next();
      expect(await took(operation)).toBeLessThan(IN_TIME);
      expect((await faultOf(operation)).code).toMatch(/^store_(unreachable|timeout)$/);
    }),
  );
}

const stepsOf = async (logins: readonly Login[]) =>
  Object.fromEntries(await Promise.all(logins.map(async ({ step, next }) => [step, await next()] as const)));

/** What became of each login where nothing that Redis held was lost. */
const KEPT = { request: 'saved', response: 'bound', redemption: 'claimed', replay: 'replayed' };
/** And where all of it was. */
const LOST = { request: 'saved', response: 'no flow', redemption: 'unknown', replay: 'unknown' };

describe('one Redis', () => {
  test('stopped, and started again empty: codes of before are unknown, the next login works', async () => {
    const server = track(await startRedis());
    const store = track(await openRedisStore(server, { timeout: TIMEOUT }));
    const logins = await beginLogins(store);
    await server.stop();
    await expectFaults(logins);
    await server.start();
    await untilReachable(store);
    expect(await stepsOf(logins)).toEqual(LOST);
    expect(await finishLogin(store, 'next')).toBe('claimed');
  });

  test('restarted with its data loses nothing', async () => {
    const server = track(await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] }));
    const store = track(await openRedisStore(server, { timeout: TIMEOUT }));
    const logins = await beginLogins(store);
    await server.restart();
    await untilReachable(store);
    expect(await stepsOf(logins)).toEqual(KEPT);
  });

  test('paused: no answer is a fault in time, and afterwards no code is claimed that had been', async () => {
    const server = track(await startRedis());
    const store = track(await openRedisStore(server, { timeout: TIMEOUT }));
    const logins = await beginLogins(store);
    server.pause();
    await expectFaults(logins);
    server.resume();
    await untilReachable(store);
    // Redis may have run what it was sent before it was paused: then the code is spent, and its client logs in again.
    const { redemption, replay } = await stepsOf(logins);
    expect(replay).toBe('replayed');
    expect(redemption).toMatch(/^(claimed|replayed)$/);
    expect(await finishLogin(store, 'next')).toBe('claimed');
  });

  test('lost during a claim: the code is claimed once at most', async () => {
    const server = track(await startRedis());
    const store = track(await openRedisStore(server, { timeout: TIMEOUT }));
    await store.saveBinding(CODE, sampleBinding(), 60_000);
    server.pause();
    const unanswered = Array.from({ length: 50 }, () => store.claimBinding(CODE, CHALLENGE));
    for (const claim of unanswered) expect(await faultOf(claim)).toMatchObject({ code: /^store_/ });
    server.resume();
    await untilReachable(store);
    const later = await Promise.all(Array.from({ length: 50 }, () => store.claimBinding(CODE, CHALLENGE)));
    expect(later.filter(({ outcome }) => outcome === 'claimed').length).toBeLessThanOrEqual(1);
    expect(await finishLogin(store, 'next')).toBe('claimed');
  });

  test('without the replicas that it must have: nothing is written, so nothing is claimed', async () => {
    const server = track(await startRedis());
    const store = track(await openRedisStore(server, { timeout: TIMEOUT }));
    await store.saveBinding(CODE, sampleBinding(), 60_000);
    await server.call('CONFIG', 'SET', 'min-replicas-to-write', '1');
    expect(await faultOf(store.claimBinding(CODE, CHALLENGE))).toMatchObject({
      code: 'store_unreachable',
      cause: { code: 'NOREPLICAS' },
    });
    await server.call('CONFIG', 'SET', 'min-replicas-to-write', '0');
    expect((await store.claimBinding(CODE, CHALLENGE)).outcome).toBe('claimed');
  });
});

describe('a primary and its replica behind sentinels', () => {
  const openBehind = async () => {
    const behind = track(await startRedisSentinel());
    const onStateChange = vi.fn();
    const config = redisConfig(sentinelServers(behind), { timeout: TIMEOUT });
    const store = track(await openStore(config, { onStateChange }));
    const replicated = (key: string, record: RegExp) =>
      vi.waitFor(async () => {
        const copy = await behind.replica.call('GET', `pkce-gateway:${key}`);
        expect(copy).toMatch(record);
      }, 5_000);
    return { behind, store, onStateChange, replicated };
  };

  test.each([
    ['stopped', (pid: number) => process.kill(pid, 'SIGKILL')],
    ['paused', (pid: number) => process.kill(pid, 'SIGSTOP')],
  ])('the primary %s: faults, then the replica serves, and logins go on where they were', async (_, harm) => {
    const { behind, store, replicated } = await openBehind();
    const logins = await beginLogins(store);
    for (const { key, record } of logins) if (record !== undefined) await replicated(key, record);
    harm(behind.primary.pid);
    await expectFaults(logins);
    await behind.untilFailedOver();
    await untilReachable(store);
    const { redemption, ...others } = await stepsOf(logins);
    const { redemption: _kept, ...kept } = KEPT;
    expect(others).toEqual(kept);
    // A claim that was sent to the old primary is not on the new one: its client had a fault for an answer.
    expect(redemption).toBe('claimed');
    expect(await finishLogin(store, 'next')).toBe('claimed');
  });

  test.each(['stopped', 'replaced while it runs'])(
    '200 claims of one code while its primary is %s: one is claimed',
    async (how) => {
      const { behind, store, onStateChange, replicated } = await openBehind();
      await store.saveBinding(CODE, sampleBinding(), 60_000);
      expect((await store.claimBinding(CODE, CHALLENGE)).outcome).toBe('claimed');
      await replicated(CODE, /^1c/);
      const failOver = async () => {
        if (how === 'stopped') {
          await behind.primary.stop();
          await behind.untilFailedOver();
        } else await behind.failover();
        await untilReachable(store);
      };
      const claims = await claimThroughout(store, onStateChange, failOver, { answeredBefore: 50 });
      expect(claims.answered).toBeGreaterThanOrEqual(200);
      expect(claims.outcomes).toEqual(new Set(['replayed']));
      expect(claims.histories).toBeGreaterThan(1);
    },
  );

  test('a code that is first claimed during the failover: once at most on each primary', async () => {
    const { behind, store, onStateChange, replicated } = await openBehind();
    await store.saveBinding(CODE, sampleBinding(), 60_000);
    await replicated(CODE, /^1b/);
    const claims: Claims = await claimThroughout(store, onStateChange, async () => {
      await behind.primary.stop();
      await behind.untilFailedOver();
      await untilReachable(store);
    });
    expect(claims.answered).toBeGreaterThanOrEqual(200);
    for (const claimed of claims.claimedByHistory.values()) expect(claimed).toBeLessThanOrEqual(1);
    expect((await store.claimBinding(CODE, CHALLENGE)).outcome).toBe('replayed');
  });

  test('what replication cannot promise: a claim that no replica has is lost with its primary', async () => {
    const { behind, store, replicated } = await openBehind();
    await store.saveBinding(CODE, sampleBinding(), 60_000);
    await replicated(CODE, /^1b/);
    behind.replica.pause();
    await behind.primary.call('CLIENT', 'KILL', 'TYPE', 'replica');
    expect((await store.claimBinding(CODE, CHALLENGE)).outcome).toBe('claimed');
    await behind.primary.stop();
    behind.replica.resume();
    await behind.untilFailedOver();
    await untilReachable(store);
    // docs/operations.md says what to do about it. The upstream, which has redeemed the code, still knows.
    expect((await store.claimBinding(CODE, CHALLENGE)).outcome).toBe('claimed');
  });
});

describe('a cluster', () => {
  /** Names of logins whose keys are all on the first node. */
  const openOn = async (cluster: Awaited<ReturnType<typeof startRedisCluster>>, store: FlowStore) =>
    beginLogins(store, async (key) => (await cluster.ownerOf(`pkce-gateway:${key}`)) === 0);

  test('a node lost and back: its keys are away, then all are, then the next login works', async () => {
    const cluster = track(await startRedisCluster());
    const onStateChange = vi.fn();
    const config = redisConfig({ cluster: cluster.addresses }, { timeout: TIMEOUT });
    const store = track(await openStore(config, { onStateChange }));
    const logins = await openOn(cluster, store);
    await cluster.stopNode(0);
    await expectFaults(logins);
    await cluster.untilDown();
    for (let index = 0; index < 10; index += 1) {
      expect(await faultOf(store.loadBinding(codeKey('corp', String(index))))).toMatchObject({
        code: 'store_unreachable',
      });
    }
    expect(await faultOf(store.ping())).toMatchObject({ code: 'store_unreachable' });
    await cluster.startNode(0);
    await cluster.untilWhole();
    await untilReachable(store);
    await vi.waitFor(() => expect(onStateChange.mock.calls.at(-1)).toEqual(['ready', undefined]), 10_000);
    expect(await stepsOf(logins)).toEqual(LOST);
    expect(await finishLogin(store, 'next')).toBe('claimed');
  });

  test('that need not be whole goes on with the nodes that it has', async () => {
    const cluster = track(await startRedisCluster({ args: ['--cluster-require-full-coverage', 'no'] }));
    const store = track(await openStore(redisConfig({ cluster: cluster.addresses }, { timeout: TIMEOUT })));
    const logins = await openOn(cluster, store);
    await cluster.stopNode(0);
    await expectFaults(logins);
    await expect(store.ping()).resolves.toBeUndefined();
    const elsewhere = await beginLogins(
      store,
      async (key) => (await cluster.ownerOf(`pkce-gateway:${key}`)) > 0,
    );
    expect(await stepsOf(elsewhere)).toEqual(KEPT);
  });

  test('a node paused: faults in time, and the code of a lost answer is claimed once at most', async () => {
    const cluster = track(await startRedisCluster());
    const store = track(await openStore(redisConfig({ cluster: cluster.addresses }, { timeout: TIMEOUT })));
    const logins = await openOn(cluster, store);
    cluster.node(0).pause();
    await expectFaults(logins);
    cluster.node(0).resume();
    await cluster.untilWhole();
    await vi.waitFor(() => store.loadBinding(CODE), 10_000);
    await vi.waitFor(async () => expect((await stepsOf(logins)).replay).toBe('replayed'), 10_000);
    await vi.waitFor(async () => expect(await finishLogin(store, 'next')).toBe('claimed'), 10_000);
  });

  test('a node replaced by its replica: 200 claims of one code, and logins go on where they were', async () => {
    const cluster = track(await startRedisCluster({ replicas: true }));
    const onStateChange = vi.fn();
    const config = redisConfig({ cluster: cluster.addresses }, { timeout: TIMEOUT });
    const store = track(await openStore(config, { onStateChange }));
    const logins = await openOn(cluster, store);
    const claimed = logins.find(({ step }) => step === 'replay');
    if (claimed === undefined) throw new Error('no login has come to its replay');
    await vi.waitFor(async () => {
      for (const { key, record } of logins) {
        if (record !== undefined) expect(await cluster.copyOn(3, `pkce-gateway:${key}`)).toMatch(record);
      }
    }, 5_000);
    const failOver = async () => {
      await cluster.failover(0);
      await vi.waitFor(() => store.loadBinding(claimed.key), 10_000);
    };
    const settings = { code: claimed.key, answeredBefore: 50 };
    const claims = await claimThroughout(store, onStateChange, failOver, settings);
    expect(claims.answered).toBeGreaterThanOrEqual(200);
    expect(claims.outcomes).toEqual(new Set(['replayed']));
    expect(await stepsOf(logins)).toEqual(KEPT);
    expect(await finishLogin(store, 'next')).toBe('claimed');
    await vi.waitFor(() => expect(onStateChange.mock.calls.at(-1)).toEqual(['ready', undefined]), 5_000);
  });
});
