import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { FlowStore } from '../../../src/store/flow-store.ts';
import { codeKey } from '../../../src/store/store-key.ts';
import { listen } from '../../support/listener.ts';
import { type RedisClusterServers, startRedisCluster } from '../../support/redis-cluster.ts';
import { startRedisSentinel } from '../../support/redis-sentinel.ts';
import { startRedis } from '../../support/redis-server.ts';
import { sampleClaim, sampleCode, UPSTREAM } from '../../support/sample-login.ts';
import { openRedisStore, openStore, redisConfig, sentinelServers, untilReachable } from './adapters.ts';
import { beginLogins, finishLogin, type Login } from './interrupted-logins.ts';
import { claimThroughout } from './repeated-claims.ts';
import { CODE, claim, faultOf } from './store-operations.ts';

const TIMEOUT = 300;
const PREFIX = 'pkce-gateway:';

let cleanup = new AsyncDisposableStack();
afterEach(async () => {
  await cleanup.disposeAsync();
  cleanup = new AsyncDisposableStack();
});

/** Every login meets the fault at its current step, and gets a fault before Redis is back. */
async function expectFaults(logins: readonly Login[]): Promise<void> {
  const faults = await Promise.all(logins.map(({ next }) => faultOf(next())));
  for (const { code } of faults) expect(code).toMatch(/^store_(unreachable|timeout)$/);
}

async function stepsOf(logins: readonly Login[]): Promise<Record<Login['step'], string>> {
  const steps = await Promise.all(logins.map(async ({ step, next }) => [step, await next()] as const));
  return Object.fromEntries(steps) as Record<Login['step'], string>;
}

/** The result of each login if Redis lost no data. A fault spends no claim. */
const KEPT = { request: 'saved', response: 'bound', redemption: 'claimed', replay: 'replayed' };
/** The same if Redis lost all data. */
const LOST = { request: 'saved', response: 'no flow', redemption: 'unknown', replay: 'unknown' };

describe('one Redis server', () => {
  const open = async (args: readonly string[] = []) => {
    const server = cleanup.use(await startRedis({ args }));
    const onStateChange = vi.fn();
    const store = cleanup.use(await openRedisStore(server, { timeout: TIMEOUT }, onStateChange));
    return { server, store, onStateChange };
  };

  test('stopped and restarted empty: earlier codes are unknown, the next login works', async () => {
    const { server, store } = await open();
    const logins = await beginLogins(store);
    await server.stop();
    await expectFaults(logins);
    await server.start();
    await untilReachable(store);
    expect(await stepsOf(logins)).toEqual(LOST);
    expect(await finishLogin(store, 'next')).toBe('claimed');
  });

  test('restarted with its data loses nothing', async () => {
    const { server, store } = await open(['--appendonly', 'yes', '--appendfsync', 'always']);
    const logins = await beginLogins(store);
    await server.restart();
    await untilReachable(store);
    expect(await stepsOf(logins)).toEqual(KEPT);
  });

  test('that loads its data is awaited', async () => {
    const slowly = ['--key-load-delay', '2000', '--loading-process-events-interval-bytes', '1024'];
    const { server, store, onStateChange } = await open(['--appendonly', 'yes', ...slowly]);
    const logins = await beginLogins(store);
    for (let index = 0; index < 300; index += 1) await store.bindCode(sampleCode({ code: `code-${index}` }));
    await server.call('BGREWRITEAOF');
    await vi.waitFor(async () => {
      expect(await server.call('INFO', 'persistence')).toContain('aof_rewrite_in_progress:0');
    }, 5_000);
    await server.restart();
    await untilReachable(store);
    expect(onStateChange.mock.calls).toContainEqual(['unreachable', 'LOADING']);
    expect(onStateChange.mock.lastCall).toEqual(['ready', undefined]);
    expect(await stepsOf(logins)).toEqual(KEPT);
  });

  test('paused: operations fault before it continues, and late claims are released', async () => {
    const { server, store } = await open();
    const logins = await beginLogins(store);
    server.pause();
    await expectFaults(logins);
    server.resume();
    await untilReachable(store);
    await vi.waitFor(async () => expect(await stepsOf(logins)).toMatchObject(KEPT), 5_000);
    expect(await finishLogin(store, 'next')).toBe('claimed');
  });

  test('paused: a second attempt that waits for Redis too finds the code free', async () => {
    const server = cleanup.use(await startRedis());
    const store = cleanup.use(await openRedisStore(server, { timeout: 2_000 }));
    const codes = ['one', 'two', 'three'];
    await Promise.all(codes.map((code) => store.bindCode(sampleCode({ code }))));
    server.pause();
    await Promise.all(codes.map((code) => faultOf(claim(store, code))));
    const again = codes.map((code) => claim(store, code));
    server.resume();
    expect(await Promise.all(again)).toEqual(['claimed', 'claimed', 'claimed']);
    expect(await Promise.all(codes.map((code) => claim(store, code)))).toEqual(codes.map(() => 'replayed'));
  });

  test('paused during 150 claims: none of the codes stays claimed', async () => {
    const { server, store } = await open();
    const codes = Array.from({ length: 150 }, (_, index) => `code-${index}`);
    await Promise.all(codes.map((code) => store.bindCode(sampleCode({ code }))));
    server.pause();
    const claims = codes.map((code) => faultOf(claim(store, code)));
    await Promise.all(claims);
    server.resume();
    await untilReachable(store);
    const held = new Set(codes);
    await vi.waitFor(async () => {
      for (const code of held) {
        const [record] = (await server.call('MGET', PREFIX + codeKey(UPSTREAM, code))) as string[];
        if (record?.startsWith('3bb')) held.delete(code);
      }
      expect(held.size).toBe(0);
    }, 10_000);
    const outcomes = await Promise.all(codes.map((code) => claim(store, code)));
    expect(new Set(outcomes)).toEqual(new Set(['claimed']));
  });

  test('whose connections break repeatedly: every claim is answered, and no code is claimed twice', async () => {
    const { server, store } = await open();
    const codes = Array.from({ length: 300 }, (_, index) => `code-${index}`);
    await Promise.all(codes.map((code) => store.bindCode(sampleCode({ code }))));
    let cuts = 0;
    let over = false;
    const cutting = (async () => {
      while (!over) {
        await server.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        cuts += 1;
      }
    })();
    const claimed: string[] = [];
    for (const code of codes) {
      const outcomes = await Promise.all([
        claim(store, code).catch(() => 'fault'),
        claim(store, code).catch(() => 'fault'),
      ]);
      if (outcomes.includes('claimed')) claimed.push(code);
      expect(outcomes.filter((outcome) => outcome === 'claimed').length, code).toBeLessThanOrEqual(1);
    }
    over = true;
    await cutting;
    expect(cuts).toBeGreaterThan(10);
    await untilReachable(store);
    // Unclaimed codes are free: their clients can retry.
    for (const code of codes) {
      const expected = claimed.includes(code) ? 'replayed' : 'claimed';
      await vi.waitFor(async () => expect(await claim(store, code), code).toBe(expected), 10_000);
    }
  });

  test('whose replies are lost with the network: claims are released when it is back', async () => {
    const server = cleanup.use(await startRedis({ port: true }));
    let isMute = false;
    const relay = createServer((socket) => {
      const redis = connect(server.port ?? 0, '127.0.0.1');
      for (const end of [socket, redis]) end.on('error', () => {});
      socket.on('close', () => redis.destroy());
      redis.on('data', (reply) => {
        // By now the server executed it.
        if (isMute) socket.destroy();
        else socket.write(reply);
      });
      socket.pipe(redis);
    });
    const { port } = cleanup.use(await listen(relay));
    const url = `redis://127.0.0.1:${port}`;
    const store = cleanup.use(await openRedisStore({ url }, { timeout: TIMEOUT }));
    const codes = Array.from({ length: 20 }, (_, index) => `code-${index}`);
    for (const code of codes) await store.bindCode(sampleCode({ code }));
    isMute = true;
    await Promise.all(codes.map((code) => faultOf(claim(store, code))));
    const records = await Promise.all(
      codes.map((code) => server.call('GET', PREFIX + codeKey(UPSTREAM, code))),
    );
    expect(records.some((record) => String(record).startsWith('3bc'))).toBe(true);
    // Longer than the resend period.
    await vi.waitFor(async () => expect((await faultOf(store.ping())).code).toBe('store_unreachable'), 5_000);
    isMute = false;
    await untilReachable(store);
    for (const code of codes) {
      await vi.waitFor(async () => expect(await claim(store, code), code).toBe('claimed'), 5_000);
    }
  });

  test('lost between a claim and its release: the release follows when it is back', async () => {
    const { server, store } = await open(['--appendonly', 'yes', '--appendfsync', 'always']);
    const request = sampleClaim();
    for (const code of ['given', 'held']) {
      await store.bindCode(sampleCode({ code }));
      expect((await store.claimCode(UPSTREAM, code, request)).outcome).toBe('claimed');
    }
    await server.stop();
    expect((await faultOf(store.releaseClaim(UPSTREAM, 'given', request.claimId))).code).toMatch(/^store_/);
    // The release of another claim has no effect.
    await faultOf(store.releaseClaim(UPSTREAM, 'held', sampleClaim().claimId));
    await server.start();
    await untilReachable(store);
    await vi.waitFor(async () => expect(await claim(store, 'given')).toBe('claimed'), 5_000);
    expect(await claim(store, 'held')).toBe('replayed');
  });

  test('without its required replicas: nothing is written, so nothing is claimed', async () => {
    const { server, store, onStateChange } = await open();
    await store.bindCode(sampleCode());
    await server.call('CONFIG', 'SET', 'min-replicas-to-write', '1');
    expect((await faultOf(claim(store))).code).toMatch(/^store_(unreachable|timeout)$/);
    await vi.waitFor(() => expect(onStateChange).toHaveBeenCalledWith('unreachable', 'NOREPLICAS'), 5_000);
    await server.call('CONFIG', 'SET', 'min-replicas-to-write', '0');
    await untilReachable(store);
    expect(await claim(store)).toBe('claimed');
  });
});

describe('a primary and its replica behind sentinels', () => {
  const openBehind = async () => {
    const behind = cleanup.use(await startRedisSentinel());
    const onStateChange = vi.fn();
    const config = redisConfig(sentinelServers(behind), { timeout: TIMEOUT });
    const store = cleanup.use(await openStore(config, onStateChange));
    const replicated = (key: string, record: RegExp) =>
      vi.waitFor(async () => {
        expect(await behind.replica.call('GET', PREFIX + key)).toMatch(record);
      }, 5_000);
    return { behind, store, onStateChange, replicated };
  };
  const CODE_KEY = codeKey(UPSTREAM, CODE);

  test.each([
    ['stopped', (pid: number) => process.kill(pid, 'SIGKILL')],
    ['paused', (pid: number) => process.kill(pid, 'SIGSTOP')],
  ])('the primary %s: faults, then the replica serves, and logins continue', async (_, harm) => {
    const { behind, store, replicated } = await openBehind();
    const logins = await beginLogins(store);
    for (const { key, record } of logins) if (key !== undefined) await replicated(key, record);
    harm(behind.primary.pid);
    await expectFaults(logins);
    await behind.untilFailedOver();
    await untilReachable(store);
    await vi.waitFor(async () => expect(await stepsOf(logins)).toMatchObject(KEPT), 5_000);
    expect(await finishLogin(store, 'next')).toBe('claimed');
  });

  test.each(['stopped', 'replaced while it runs'])(
    '200 claims of one code while its primary is %s: one is claimed',
    async (how) => {
      const { behind, store, onStateChange, replicated } = await openBehind();
      await store.bindCode(sampleCode());
      expect(await claim(store)).toBe('claimed');
      await replicated(CODE_KEY, /^3bc/);
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

  test('a code that is first claimed during the failover: one caller gets it', async () => {
    const { behind, store, onStateChange, replicated } = await openBehind();
    await store.bindCode(sampleCode());
    await replicated(CODE_KEY, /^3bb/);
    await behind.primary.stop();
    const claims = await claimThroughout(store, onStateChange, async () => {
      await behind.untilFailedOver();
      await untilReachable(store);
    });
    expect(claims.answered).toBeGreaterThanOrEqual(200);
    expect(claims.claimed).toBe(1);
    expect(await claim(store)).toBe('replayed');
  });

  test('what replication cannot guarantee: a claim without a replica is lost with its primary', async () => {
    const { behind, store, replicated } = await openBehind();
    await store.bindCode(sampleCode());
    await replicated(CODE_KEY, /^3bb/);
    behind.replica.pause();
    await behind.primary.call('CLIENT', 'KILL', 'TYPE', 'replica');
    expect(await claim(store)).toBe('claimed');
    await behind.primary.stop();
    behind.replica.resume();
    await behind.untilFailedOver();
    await untilReachable(store);
    // docs/operations/redis.md says what to do. The upstream still knows that it redeemed the code.
    expect(await claim(store)).toBe('claimed');
  });

  test('a rolling restart of the sentinels, then a failover: the new primary is followed', async () => {
    const { behind, store } = await openBehind();
    await behind.untilHeard('pkce-gateway-sentinel');
    await behind.stopSentinels();
    await behind.startSentinels();
    await behind.untilHeard('pkce-gateway-sentinel');
    await behind.failover();
    await vi.waitFor(async () => {
      expect(await finishLogin(store, 'next')).toBe('claimed');
      expect(String(await behind.primary.call('DBSIZE'))).not.toBe('0');
    }, 10_000);
  });
});

describe('a cluster', () => {
  const open = async (options: Parameters<typeof startRedisCluster>[0] = {}) => {
    const cluster = cleanup.use(await startRedisCluster(options));
    const onStateChange = vi.fn();
    const config = redisConfig({ cluster: cluster.addresses }, { timeout: TIMEOUT });
    return { cluster, onStateChange, store: cleanup.use(await openStore(config, onStateChange)) };
  };
  /** Logins whose records are all on the first node, or on none of its. */
  const beginOn = (cluster: RedisClusterServers, store: FlowStore, first: boolean) =>
    beginLogins(store, async (key) => ((await cluster.ownerOf(PREFIX + key)) === 0) === first);

  test('a node lost and back: its keys are unreachable, then all keys, then the next login works', async () => {
    const { cluster, store, onStateChange } = await open();
    const logins = await beginOn(cluster, store, true);
    await cluster.stopNode(0);
    await expectFaults(logins);
    await vi.waitFor(() => {
      expect(onStateChange.mock.lastCall).toEqual(['unreachable', 'CLUSTER_ECONNREFUSED']);
    }, 5_000);
    await cluster.untilDown();
    for (let index = 0; index < 10; index += 1) {
      const { code } = await faultOf(store.findCode(UPSTREAM, String(index)));
      expect(code).toMatch(/^store_(unreachable|timeout)$/);
    }
    expect(await faultOf(store.ping())).toMatchObject({ code: 'store_unreachable' });
    await cluster.startNode(0);
    await cluster.untilWhole();
    await untilReachable(store);
    await vi.waitFor(async () => expect(await stepsOf(logins)).toEqual(LOST), 10_000);
    expect(await finishLogin(store, 'next')).toBe('claimed');
    await vi.waitFor(() => expect(onStateChange.mock.lastCall).toEqual(['ready', undefined]), 10_000);
  });

  test('without full coverage continues with its remaining nodes', async () => {
    const { cluster, store } = await open({ args: ['--cluster-require-full-coverage', 'no'] });
    const logins = await beginOn(cluster, store, true);
    const elsewhere = await beginOn(cluster, store, false);
    await cluster.stopNode(0);
    await expectFaults(logins);
    await expect(store.ping()).resolves.toBeUndefined();
    const { request: _request, ...steps } = await stepsOf(elsewhere.filter(({ step }) => step !== 'request'));
    const { request: _kept, ...kept } = KEPT;
    expect(steps).toEqual(kept);
  });

  test('a node paused: faults before it continues, and late claims are released', async () => {
    const { cluster, store } = await open();
    const logins = await beginOn(cluster, store, true);
    cluster.node(0).pause();
    await expectFaults(logins);
    cluster.node(0).resume();
    await cluster.untilWhole();
    await vi.waitFor(async () => expect(await stepsOf(logins)).toMatchObject(KEPT), 10_000);
    await vi.waitFor(async () => expect(await finishLogin(store, 'next')).toBe('claimed'), 10_000);
  });

  test('a node replaced by its replica: 200 claims of one code, and logins continue', async () => {
    const { cluster, store, onStateChange } = await open({ replicas: true });
    const logins = await beginOn(cluster, store, true);
    const code = sampleCode({ code: 'claimed-before' });
    await store.bindCode(code);
    expect(await claim(store, code.code)).toBe('claimed');
    await vi.waitFor(async () => {
      for (const { key, record } of logins) {
        if (key !== undefined) expect(await cluster.copyOn(3, PREFIX + key)).toMatch(record);
      }
    }, 5_000);
    const failOver = async () => {
      await cluster.failover(0);
      await vi.waitFor(() => store.findCode(UPSTREAM, code.code), 10_000);
    };
    const settings = { code: code.code, answeredBefore: 50 };
    const claims = await claimThroughout(store, onStateChange, failOver, settings);
    expect(claims.answered).toBeGreaterThanOrEqual(200);
    expect(claims.outcomes).toEqual(new Set(['replayed']));
    await vi.waitFor(async () => expect(await stepsOf(logins)).toEqual(KEPT), 10_000);
    expect(await finishLogin(store, 'next')).toBe('claimed');
    await vi.waitFor(() => expect(onStateChange.mock.lastCall).toEqual(['ready', undefined]), 10_000);
  });
});
