import { createServer } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { listen } from '../../support/listener.ts';
import { startRedisCluster } from '../../support/redis-cluster.ts';
import { startRedisSentinel } from '../../support/redis-sentinel.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { sampleCode, UPSTREAM } from '../../support/sample-login.ts';
import { openStore, redisConfig, sentinelServers, untilReachable, type WrittenServers } from './adapters.ts';
import { claim, faultOf, saveFlow } from './store-operations.ts';

const OPERATIONS = 20_000;
/** The most reconnection attempts during these operations, even on a busy machine. */
const CONNECTIONS = OPERATIONS / 100;

let cleanup = new AsyncDisposableStack();
afterEach(async () => {
  await cleanup.disposeAsync();
  cleanup = new AsyncDisposableStack();
});

type Scene = {
  readonly servers: WrittenServers;
  lose(): Promise<void>;
  restore(): Promise<void>;
  /** The number of connections to a server so far. */
  connections(): Promise<number>;
  /** Keys on all servers. */
  keys(): Promise<number>;
};

const SCENES = { 'one server': oneServer, 'behind sentinels': behindSentinels, 'in a cluster': inCluster };

test.each(Object.entries(SCENES))(
  '%s: while Redis is unreachable, operations fail, open no connections, and do not run later',
  async (_, open) => {
    const scene = await open();
    const onStateChange = vi.fn();
    const store = cleanup.use(await openStore(redisConfig(scene.servers), onStateChange));
    await scene.lose();
    await vi.waitFor(() => expect(onStateChange.mock.lastCall?.[0]).toBe('unreachable'), 10_000);

    const before = await scene.connections();
    for (let begun = 0; begun < OPERATIONS; begun += 1_000) {
      const operations = Array.from({ length: 250 }, (_, index) => [
        saveFlow(store),
        store.findFlow(UPSTREAM, `${begun + index}`),
        store.bindCode(sampleCode({ code: `${begun + index}`, wrap: index % 2 === 0 })),
        claim(store, `${begun + index}`),
      ]);
      for (const fault of await Promise.all(operations.flat().map(faultOf)))
        expect(fault.code).toBe('store_unreachable');
    }
    expect((await scene.connections()) - before).toBeLessThan(CONNECTIONS);

    await scene.restore();
    await untilReachable(store);
    await vi.waitFor(() => expect(onStateChange.mock.lastCall?.[0]).toBe('ready'), 10_000);
    expect(await scene.keys()).toBe(0);
    await saveFlow(store);
  },
);

async function oneServer(): Promise<Scene> {
  const redis = cleanup.use(await startRedis({ port: true }));
  return { servers: { url: redis.url }, ...replaceable([redis]) };
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
  const scene = replaceable(cluster.nodes);
  return {
    servers: { cluster: cluster.addresses },
    ...scene,
    async restore() {
      await scene.restore();
      await cluster.untilWhole();
    },
  };
}

/** Replaces each lost server by a listener that closes and counts all connections. */
function replaceable(servers: readonly RedisServer[]): Omit<Scene, 'servers'> {
  let count = 0;
  const busy = cleanup.use(new AsyncDisposableStack());
  return {
    async lose() {
      for (const redis of servers) {
        await redis.stop();
        const server = createServer((socket) => {
          count += 1;
          socket.destroy();
        });
        busy.use(await listen(server, '127.0.0.1', redis.port));
      }
    },
    async restore() {
      await busy.disposeAsync();
      for (const redis of servers) await redis.start();
    },
    connections: async () => count,
    async keys() {
      const sizes = await Promise.all(servers.map((redis) => redis.call('DBSIZE')));
      return sizes.reduce<number>((sum, size) => sum + Number(size), 0);
    },
  };
}
