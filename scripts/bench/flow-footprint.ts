import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { encodeFlow } from '../../src/store/json-record.ts';
import { KeyedFlowStore } from '../../src/store/keyed-flow-store.ts';
import { DEFAULT_QUOTAS, MemoryRecordStore } from '../../src/store/record-store-memory.ts';
import { flowIdOf, flowKey } from '../../src/store/store-key.ts';
import type { RedisServer } from '../../test/support/redis-server.ts';
import { beginSample, sampleFlow, UPSTREAM } from '../../test/support/sample-login.ts';
import { logIn, saturate } from './load.ts';

const TTL = 3_600_000;

/** Fills a Redis with live flows, as the gateway writes them. Resolves with the bytes that each takes there. */
export async function fillRedis(redis: RedisServer, count: number): Promise<number> {
  const client = redis.connect();
  try {
    const before = await usedMemory(client);
    const batch = 10_000;
    for (let first = 0; first < count; first += batch) {
      const pipeline = client.pipeline();
      for (let i = first; i < Math.min(first + batch, count); i += 1) {
        pipeline.set(
          `pkce-gateway:${flowKey(flowIdOf(UPSTREAM, `flow ${i}`))}`,
          encodeFlow(sampleFlow()),
          'PX',
          TTL,
        );
      }
      await pipeline.exec();
    }
    return ((await usedMemory(client)) - before) / count;
  } finally {
    client.disconnect();
  }
}

/** Bytes that each login takes in Redis when it is done: its flow, its code, and the mark of the upstream's code. */
export async function measureLogins(redis: RedisServer, port: number, count: number): Promise<number> {
  const client = redis.connect();
  try {
    const before = await usedMemory(client);
    await saturate(port, logIn, 32, count);
    return ((await usedMemory(client)) - before) / count;
  } finally {
    client.disconnect();
  }
}

async function usedMemory(client: ReturnType<RedisServer['connect']>): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))?.[1]);
}

/** Bytes of this process that each live flow takes in the memory store. */
export async function measureMemoryStore(count: number): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const quotas = { ...DEFAULT_QUOTAS, flows: { count, size: count * 1024 } };
  const store = new KeyedFlowStore(new MemoryRecordStore({ quotas }));
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < count; i += 1) await beginSample(store, sampleFlow(), { ttl: TTL }).saved;
  collect();
  const bytes = (process.memoryUsage().heapUsed - before) / count;
  await store[Symbol.asyncDispose]();
  return bytes;
}
