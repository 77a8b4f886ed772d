import { expect, vi } from 'vitest';
import type { RedisFault } from '../../scripts/fault-table.ts';
import type { Address } from '../../src/config/config.ts';
import { codeKey, flowIdOf, flowKey } from '../../src/store/store-key.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedisSentinel } from '../support/redis-sentinel.ts';
import { PRIMARY_NAME } from '../support/redis-sentinel-process.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import type { FaultStage } from './fault-stage.ts';
import type { InterruptedLogin } from './interrupted-login.ts';

/** Real servers, one of which will fail. */
export type RedisScene = AsyncDisposable & {
  /** YAML of `store.redis`. */
  readonly address: string;
  /** Whether the login's records are at the faulty server. */
  isHit(stage: FaultStage, login: InterruptedLogin): Promise<boolean>;
  /** Pauses that server. */
  pause(): Promise<void>;
  /** Ends it after the pause. */
  lose(): Promise<void>;
  /** The fault is over at once. */
  readonly isOver?: boolean;
  /** Ends the fault. */
  repair(): Promise<void>;
};

const FLOW_PREFIX_LENGTH = 32;

export const REDIS_SCENES: Readonly<Record<RedisFault, () => Promise<RedisScene>>> = {
  stopped: () => oneServer({ lose: (redis) => redis.stop(), repair: (redis) => redis.start() }),
  restarted: () =>
    oneServer({
      async lose(redis) {
        await redis.restart();
        await vi.waitFor(async () => {
          expect(await redis.call('CLIENT', 'LIST')).toContain('name=pkce-gateway');
        }, 10_000);
      },
      repair: async () => {},
      isOver: true,
    }),
  paused: () => oneServer({ lose: async () => {}, repair: async (redis) => redis.resume() }),
  failed_over: behindSentinels,
  node_lost: inCluster,
};

async function oneServer(fault: {
  readonly lose: (redis: RedisServer) => Promise<void>;
  readonly repair: (redis: RedisServer) => Promise<void>;
  readonly isOver?: boolean;
}): Promise<RedisScene> {
  const redis = await startRedis({ port: true });
  return {
    address: `url: "${redis.url}"`,
    isHit: async () => true,
    pause: async () => redis.pause(),
    lose: () => fault.lose(redis),
    isOver: fault.isOver === true,
    repair: () => fault.repair(redis),
    [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
  };
}

async function behindSentinels(): Promise<RedisScene> {
  const behind = await startRedisSentinel();
  return {
    address: `sentinel: {name: ${PRIMARY_NAME}, nodes: ${list(behind.addresses)}}`,
    isHit: async () => true,
    async pause() {
      await untilCopied(behind.primary, behind.replica);
      await behind.allowFailover(false);
      behind.primary.pause();
    },
    lose: () => behind.primary.stop(),
    async repair() {
      await behind.allowFailover(true);
      await behind.untilFailedOver();
    },
    [Symbol.asyncDispose]: () => behind[Symbol.asyncDispose](),
  };
}

async function inCluster(): Promise<RedisScene> {
  const cluster = await startRedisCluster({ replicas: true });
  const primary = cluster.node(0);
  const replica = cluster.node(3);
  const mayTakeOver = (may: boolean) =>
    replica.call('CONFIG', 'SET', 'cluster-replica-no-failover', may ? 'no' : 'yes');
  return {
    address: `cluster: ${list(cluster.addresses)}`,
    isHit: async (stage, login) => (await cluster.ownerOf(`pkce-gateway:${keyOf(stage, login)}`)) === 0,
    async pause() {
      await untilCopied(primary, replica);
      await mayTakeOver(false);
      primary.pause();
    },
    async lose() {
      await primary.stop();
      await cluster.untilDown();
    },
    async repair() {
      await mayTakeOver(true);
      await cluster.untilWhole();
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

/** The login's code, or the flow that it just began. */
function keyOf({ upstream, back }: FaultStage, { code }: InterruptedLogin): string {
  if (code !== '') return codeKey(back.url, code);
  const asked = upstream.requests.to('/oauth2/authorize').at(-1);
  return flowKey(flowIdOf(back.url, asked?.query.get('state')?.slice(0, FLOW_PREFIX_LENGTH) ?? ''));
}

/** Resolves once the replica has all current data of its primary. */
async function untilCopied(primary: RedisServer, replica: RedisServer): Promise<void> {
  const offsetOf = async (server: RedisServer, name: string) =>
    Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(String(await server.call('INFO', 'replication')))?.[1]);
  const written = await offsetOf(primary, 'master_repl_offset');
  await vi.waitFor(async () => {
    expect(await offsetOf(replica, 'slave_repl_offset')).toBeGreaterThanOrEqual(written);
  }, 5_000);
}

function list(addresses: readonly Address[]): string {
  return `[${addresses.map(({ host, port }) => `"${host}:${port}"`).join(', ')}]`;
}
