import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { BINDING_MEMORY } from '../../src/flow/binding.ts';
import { encodeBinding } from '../../src/flow/binding-record.ts';
import { encodeFlow } from '../../src/flow/flow-record.ts';
import type { FlowStore } from '../../src/flow/flow-store.ts';
import { codeKey, flowKey } from '../../src/flow/keys.ts';
import { wrapCode } from '../../src/flow/wrapped-code.ts';
import { s256 } from '../../src/oauth/pkce.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { CHALLENGE, OTHER_CHALLENGE, sampleBinding, sampleFlow } from '../support/sample-flow.ts';
import { openRedisStore } from './flow-store-adapters.ts';

const FLOW = flowKey('corp', 'pg-a-state');
const CODE = codeKey('corp', 'a-code');

describe('what the Redis store keeps', () => {
  let server: RedisServer;
  let store: FlowStore;
  let prefix: string;

  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server[Symbol.asyncDispose]());
  beforeEach(async () => {
    await server.call('FLUSHALL');
    prefix = `pkce-gateway-${randomUUID()}:`;
    store = await openRedisStore(server, { prefix });
    return () => store[Symbol.asyncDispose]();
  });

  const plant = (key: string, record: string) => server.call('SET', prefix + key, record, 'PX', '1200000');

  test('every key has the prefix and a TTL, whatever happens to it', async () => {
    await store.saveFlow(FLOW, sampleFlow(), 600_000);
    for (const code of ['untouched', 'claimed', 'released', 'burnt']) {
      await store.saveBinding(codeKey('corp', code), sampleBinding({ maxAttempts: 1 }), 60_000);
    }
    await store.claimBinding(codeKey('corp', 'claimed'), CHALLENGE);
    await store.claimBinding(codeKey('corp', 'released'), CHALLENGE);
    await store.releaseBinding(codeKey('corp', 'released'));
    await store.claimBinding(codeKey('corp', 'burnt'), OTHER_CHALLENGE);

    const dump = await server.dumpAll();
    expect(dump).toHaveLength(5);
    for (const { key, ttl } of dump) {
      expect(key.startsWith(prefix)).toBe(true);
      const full = key.includes(':flow:') ? 600_000 : 60_000 + BINDING_MEMORY;
      expect(ttl).toBeGreaterThan(full - 30_000);
      expect(ttl).toBeLessThanOrEqual(full);
    }
  });

  test('Redis itself expires a flow', async () => {
    await store.saveFlow(FLOW, sampleFlow(), 60);
    await vi.waitFor(async () => expect(await store.loadFlow(FLOW)).toBeUndefined(), {
      timeout: 5_000,
      interval: 10,
    });
    expect(await server.dumpAll()).toEqual([]);
  });

  test('Redis itself tells when a code has expired', async () => {
    await store.saveBinding(CODE, sampleBinding(), 60);
    await vi.waitFor(
      async () => expect((await store.claimBinding(CODE, undefined)).outcome).toBe('expired'),
      {
        timeout: 5_000,
        interval: 10,
      },
    );
    expect((await store.claimBinding(CODE, CHALLENGE)).outcome).toBe('expired');
  });

  test('a binding that never expires was not written here: it is expired', async () => {
    await server.call('SET', prefix + CODE, encodeBinding(sampleBinding()));
    expect((await store.claimBinding(CODE, CHALLENGE)).outcome).toBe('expired');
  });

  const record = encodeBinding(sampleBinding());
  test.each([
    ['an empty one', ''],
    ['another program’s', '{"some":"json"}'],
    ['a flow', encodeFlow(sampleFlow())],
    ['another layout', `2${record.slice(1)}`],
    ['a status that is none', `1z${record.slice(2)}`],
    ['a count that is none', `1b0x0${record.slice(5)}`],
    ['a header cut short', record.slice(0, 30)],
    ['a header alone', record.slice(0, 51)],
    ['a body cut short', record.slice(0, -1)],
    ['a body too long', `${record}]`],
    ['a challenge with a hole', `${record.slice(0, 20)} ${record.slice(21)}`],
  ])('a record that cannot be read is no binding: %s', async (_, planted) => {
    await plant(CODE, planted);
    expect(await store.claimBinding(CODE, CHALLENGE)).toEqual({ outcome: 'unknown' });
    expect(await store.claimBinding(CODE, undefined)).toEqual({ outcome: 'unknown' });
    expect(await store.loadBinding(CODE)).toBeUndefined();
    await store.releaseBinding(CODE);
  });

  test('a record of others is left as it is', async () => {
    await plant(CODE, 'b000005 of others');
    await store.claimBinding(CODE, CHALLENGE);
    await store.releaseBinding(CODE);
    expect(await server.call('GET', prefix + CODE)).toBe('b000005 of others');
  });

  const flow = encodeFlow(sampleFlow());
  test.each([
    '',
    'null',
    '{}',
    '[]',
    flow.slice(0, -1),
    flow.replace('f2', 'f3'),
    flow.replace('"e"', '"x"'),
    flow.replace(CHALLENGE, CHALLENGE.slice(1)),
    flow.replace(`"${CHALLENGE}"`, '0'),
    record,
  ])('a record that cannot be read is no flow: %s', async (planted) => {
    await plant(FLOW, planted);
    expect(await store.loadFlow(FLOW)).toBeUndefined();
  });

  test('a key of another type is a fault', async () => {
    await server.call('LPUSH', prefix + CODE, 'x');
    await expect(store.claimBinding(CODE, CHALLENGE)).rejects.toMatchObject({ code: 'store_error' });
    await expect(store.loadFlow(CODE)).rejects.toMatchObject({ code: 'store_error' });
  });

  test('no code, state or verifier stands there in clear', async () => {
    const verifier = 'verifier-verifier-verifier-verifier-verifier-1';
    const { code, wrapped } = wrapCode('upstream-code', 'corp', Buffer.alloc(32, 7));
    await store.saveFlow(flowKey('corp', 'the-state'), sampleFlow({ codeChallenge: s256(verifier) }), 60_000);
    const binding = sampleBinding({ codeChallenge: s256(verifier), wrappedCode: wrapped });
    const key = codeKey('corp', code);
    await store.saveBinding(key, binding, 60_000);
    await store.claimBinding(key, s256(verifier));
    const dump = JSON.stringify(await server.dumpAll());
    expect(dump).toContain('spa-portal');
    for (const secret of [code, 'upstream-code', 'the-state', verifier, 'realm=a']) {
      expect(dump).not.toContain(secret);
      expect(dump).not.toContain(Buffer.from(secret).toString('base64url'));
    }
  });

  test('a live flow costs 400 bytes at most', async () => {
    const redirectUri = `https://app.example.com/${'x'.repeat(16)}`;
    expect(redirectUri).toHaveLength(40);
    // The default prefix. Beyond what MEMORY USAGE tells, a key takes up to 16 bytes for its places in two hash tables.
    await using defaulted = await openRedisStore(server);
    await defaulted.saveFlow(FLOW, sampleFlow({ redirectUri }), 600_000);
    expect(Number(await server.call('MEMORY', 'USAGE', `pkce-gateway:${FLOW}`))).toBeLessThan(350);
  });

  test('SCRIPT FLUSH costs a claim nothing', async () => {
    await store.saveBinding(CODE, sampleBinding(), 60_000);
    await store.claimBinding(CODE, OTHER_CHALLENGE);
    await server.call('SCRIPT', 'FLUSH');
    const claims = await Promise.all(Array.from({ length: 20 }, () => store.claimBinding(CODE, CHALLENGE)));
    expect(claims.filter(({ outcome }) => outcome === 'claimed')).toHaveLength(1);
    await server.call('SCRIPT', 'FLUSH');
    await store.releaseBinding(CODE);
    expect((await store.claimBinding(CODE, CHALLENGE)).outcome).toBe('claimed');
  });

  test('every operation is one round trip on one key', async () => {
    // A connection's first use of a script sends its text.
    await store.claimBinding('warm-up', CHALLENGE);
    await store.releaseBinding('warm-up');
    const seen: string[][] = [];
    const monitor = await server.connect().monitor();
    monitor.on('monitor', (_time: string, args: string[], source: string) => {
      if (source !== 'lua') seen.push(args);
    });
    try {
      await store.saveFlow(FLOW, sampleFlow(), 60_000);
      await store.loadFlow(FLOW);
      await store.saveBinding(CODE, sampleBinding(), 60_000);
      await store.loadBinding(CODE);
      await store.claimBinding(CODE, OTHER_CHALLENGE);
      await store.claimBinding(CODE, CHALLENGE);
      await store.releaseBinding(CODE);
      await store.ping();
      await vi.waitFor(() => expect(seen.at(-1)).toEqual(['ping']), { timeout: 5_000, interval: 10 });
    } finally {
      monitor.disconnect();
    }
    const commands = seen.map(([command]) => command).join(' ');
    expect(commands).toBe('set get set get evalsha evalsha evalsha ping');
    for (const [command, , keys] of seen) if (command === 'evalsha') expect(keys).toBe('1');
  });
});
