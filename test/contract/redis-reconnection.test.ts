import { createServer } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import type { RedisServers } from '../../src/config/config.ts';
import { codeKey, flowKey } from '../../src/flow/keys.ts';
import { listen } from '../support/listener.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedisSentinel } from '../support/redis-sentinel.ts';
import { startRedis } from '../support/redis-server.ts';
import { CHALLENGE, sampleBinding, sampleFlow } from '../support/sample-flow.ts';
import { openStore, redisConfig, sentinelServers, untilReachable } from './flow-store-adapters.ts';
import { faultOf } from './store-operations.ts';

const OPERATIONS = 20_000;
/** Connections that backoff alone may make while those run, on a busy machine too. */
const CONNECTIONS = OPERATIONS / 100;

let cleanup = new AsyncDisposableStack();
afterEach(async () => {
  await cleanup.disposeAsync();
  cleanup = new AsyncDisposableStack();
});

type Scene = {
  readonly servers: RedisServers;
  lose(): Promise<void>;
  restore(): Promise<void>;
  /** How often anything has connected to a server that tells, so far. */
  connections(): Promise<number>;
  /** Keys on all servers. */
  keys(): Promise<number>;
};

const SCENES = { 'one server': oneServer, 'behind sentinels': behindSentinels, 'in a cluster': inCluster };

test.each(Object.entries(SCENES))(
  '%s: while Redis is away, operations fail, make no connections, and are not run later',
  async (_, open) => {
    const scene = await open();
    const onStateChange = vi.fn();
    const store = cleanup.use(await openStore(redisConfig(scene.servers), { onStateChange }));
    await scene.lose();
    await vi.waitFor(() => expect(onStateChange.mock.lastCall?.[0]).toBe('unreachable'), 10_000);

    const before = await scene.connections();
    for (let begun = 0; begun < OPERATIONS; begun += 1_000) {
      const operations = Array.from({ length: 250 }, (_, index) => [
        store.saveFlow(flowKey('corp', `${begun + index}`), sampleFlow(), 60_000),
        store.loadFlow(flowKey('corp', `${begun + index}`)),
        store.saveBinding(codeKey('corp', `${begun + index}`), sampleBinding(), 60_000),
        store.claimBinding(codeKey('corp', `${begun + index}`), CHALLENGE),
      ]);
      for (const fault of await Promise.all(operations.flat().map(faultOf)))
        expect(fault.code).toBe('store_unreachable');
    }
    expect((await scene.connections()) - before).toBeLessThan(CONNECTIONS);

    await scene.restore();
    await untilReachable(store);
    await vi.waitFor(() => expect(onStateChange.mock.lastCall?.[0]).toBe('ready'), 10_000);
    expect(await scene.keys()).toBe(0);
    expect(await store.saveFlow(flowKey('corp', 'afterwards'), sampleFlow(), 60_000)).toBe(true);
  },
);

/** In its place, somebody who hangs up on everybody, and counts them. */
async function oneServer(): Promise<Scene> {
  const redis = cleanup.use(await startRedis({ port: true }));
  let count = 0;
  let busy: AsyncDisposable | undefined;
  cleanup.defer(async () => busy?.[Symbol.asyncDispose]());
  return {
    servers: { url: redis.url },
    async lose() {
      await redis.stop();
      const server = createServer((socket) => {
        count += 1;
        socket.destroy();
      });
      busy = await listen(server, '127.0.0.1', redis.port);
    },
    async restore() {
      await busy?.[Symbol.asyncDispose]();
      await redis.start();
    },
    connections: async () => count,
    keys: async () => Number(await redis.call('DBSIZE')),
  };
}

async function behindSentinels(): Promise<Scene> {
  const behind = cleanup.use(await startRedisSentinel());
  const { primary } = behind;
  return {
    servers: sentinelServers(behind),
    async lose() {
      await behind.allowFailover(false);
      await primary.stop();
    },
    restore: () => primary.start(),
    connections: () => behind.connectionsToSentinels(),
    keys: async () => Number(await primary.call('DBSIZE')),
  };
}

async function inCluster(): Promise<Scene> {
  const cluster = cleanup.use(await startRedisCluster());
  return {
    servers: { cluster: cluster.addresses },
    async lose() {
      await cluster.stopNode(0);
      await cluster.untilDown();
    },
    async restore() {
      await cluster.startNode(0);
      await cluster.untilWhole();
    },
    async connections() {
      const stats = String(await cluster.node(1).call('INFO', 'stats'));
      return Number(/total_connections_received:(\d+)/.exec(stats)?.[1]);
    },
    async keys() {
      const sizes = await Promise.all(cluster.nodes.map((node) => node.call('DBSIZE')));
      return sizes.reduce<number>((sum, size) => sum + Number(size), 0);
    },
  };
}
