import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { s256 } from '../../../src/oauth/pkce.ts';
import { CODE_MEMORY, encodeCode } from '../../../src/store/code-record.ts';
import type { FlowStore } from '../../../src/store/flow-store.ts';
import { encodeFlow } from '../../../src/store/json-record.ts';
import { codeKey, flowIdOf, flowKey, preservedFlowKey } from '../../../src/store/store-key.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import {
  beginSample,
  bindSample,
  CHALLENGE,
  OTHER_CHALLENGE,
  sampleBinding,
  sampleClaim,
  sampleCode,
  sampleFlow,
  UPSTREAM,
} from '../../support/sample-login.ts';
import { openRedisStore } from './adapters.ts';
import { CODE, claim, everyOperation, saveFlow } from './store-operations.ts';

const CODE_KEY = codeKey(UPSTREAM, CODE);

describe("the flow store's records in Redis", () => {
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
    store = await openRedisStore(server, { prefix, timeout: 10_000 });
    return () => store[Symbol.asyncDispose]();
  });

  const plant = (key: string, record: string) => server.call('SET', prefix + key, record, 'PX', '7200000');

  test('every key has the prefix and a TTL, after every operation', async () => {
    await Promise.all(everyOperation(store));
    const binding = sampleBinding({ maxAttempts: 1 });
    for (const code of ['untouched', 'claimed', 'released', 'burnt']) {
      await store.bindCode(sampleCode({ code, binding }));
    }
    await store.claimCode(UPSTREAM, 'claimed', sampleClaim());
    const released = sampleClaim();
    await store.claimCode(UPSTREAM, 'released', released);
    await store.releaseClaim(UPSTREAM, 'released', released.claimId);
    await store.claimCode(UPSTREAM, 'burnt', sampleClaim(OTHER_CHALLENGE));

    const dump = await server.dumpAll();
    // A flow, a pushed request, a trait, four codes, one more, and the two records of a wrapped one.
    expect(dump).toHaveLength(10);
    for (const { key, value, ttl } of dump) {
      expect(key).toMatch(/^pkce-gateway-[-0-9a-f]{36}:(flow|code|par|stats):[-_A-Za-z0-9]{43}$/);
      const memory = value.startsWith('3o') ? CODE_MEMORY.own : CODE_MEMORY.bare;
      const full = key.includes(':code:') ? 60_000 + memory : 60_000;
      expect(ttl).toBeGreaterThan(full - 30_000);
      expect(ttl).toBeLessThanOrEqual(full);
    }
  });

  test('Redis itself expires a flow', async () => {
    const begun = beginSample(store, sampleFlow(), { ttl: 60 });
    await begun.saved;
    await vi.waitFor(async () => expect(await store.findFlow(UPSTREAM, begun.prefix)).toBeUndefined(), 5_000);
    expect(await server.dumpAll()).toEqual([]);
  });

  test('Redis itself decides when a code has expired', async () => {
    await store.bindCode(sampleCode({ codeTtl: 60 }));
    await vi.waitFor(async () => {
      const { outcome } = await store.claimCode(UPSTREAM, CODE, { ...sampleClaim(), challenge: undefined });
      expect(outcome).toBe('expired');
    }, 5_000);
    expect(await claim(store)).toBe('expired');
  });

  const record = encodeCode({
    kind: 'bare',
    flowId: 'f'.repeat(43),
    binding: sampleBinding(),
    attached: undefined,
  });

  test('a code without a TTL, which the gateway never writes, is expired', async () => {
    await server.call('SET', prefix + CODE_KEY, record);
    expect(await claim(store)).toBe('expired');
  });

  test.each([
    ['an empty one', ''],
    ['another program’s', '{"some":"json"}'],
    ['a flow', encodeFlow(sampleFlow())],
    ['another layout', `2${record.slice(1)}`],
    ['an unknown kind', `3z${record.slice(2)}`],
    ['a kind that it is not', `3o${record.slice(2)}`],
    ['an unknown status', `3bz${record.slice(3)}`],
    ['a malformed count', `3bb0x0${record.slice(6)}`],
    ['a header cut short', record.slice(0, 60)],
    ['a header alone', record.slice(0, 117)],
    ['a body cut short', record.slice(0, -1)],
    ['a body too long', `${record}]`],
    ['a challenge with a hole', `${record.slice(0, 20)} ${record.slice(21)}`],
    ['no challenge in enforce', record.replace(CHALLENGE, '.'.repeat(43))],
  ])('an unreadable record is unknown, and cannot be bound: %s', async (_, planted) => {
    await plant(CODE_KEY, planted);
    for (const challenge of [CHALLENGE, undefined]) {
      const claimed = await store.claimCode(UPSTREAM, CODE, { ...sampleClaim(), challenge });
      expect(claimed).toEqual({ outcome: 'unknown' });
    }
    expect(await store.findCode(UPSTREAM, CODE)).toBeUndefined();
    expect(await store.bindCode(sampleCode())).toEqual({ outcome: 'bound_elsewhere' });
    expect(await store.bindCode(sampleCode({ wrap: true }))).toEqual({ outcome: 'bound_elsewhere' });
    await store.releaseClaim(UPSTREAM, CODE, sampleClaim().claimId);
  });

  test('foreign records stay unchanged', async () => {
    await plant(CODE_KEY, 'bb000005 of others');
    await claim(store);
    await store.bindCode(sampleCode());
    await store.releaseClaim(UPSTREAM, CODE, sampleClaim().claimId);
    expect(await server.call('GET', prefix + CODE_KEY)).toBe('bb000005 of others');
  });

  test('a wrapped code with a changed sealed part is unknown, and so is the code by a marker with a changed salt', async () => {
    const code = await bindSample(store, { wrap: true });
    for (const key of [CODE_KEY, codeKey(UPSTREAM, code)]) {
      const kept = String(await server.call('GET', prefix + key));
      const at = kept.length - 10;
      await plant(key, kept.slice(0, at) + (kept.charAt(at) === 'A' ? 'B' : 'A') + kept.slice(at + 1));
    }
    expect(await claim(store, code)).toBe('unknown');
    const again = await bindSample(store, { wrap: true });
    expect(again).not.toBe(code);
    expect(await claim(store, again)).toBe('unknown');
  });

  const flow = encodeFlow(sampleFlow());
  test.each([
    '',
    'null',
    '{}',
    '[]',
    flow.slice(0, -1),
    flow.replace('f4', 'f3'),
    flow.replace(/\d\]$/, '9]'),
    flow.replace(CHALLENGE, CHALLENGE.slice(1)),
    flow.replace(`"${CHALLENGE}"`, '0'),
    record,
  ])('an unreadable record counts as no flow: %s', async (planted) => {
    const begun = await saveFlow(store);
    await plant(flowKey(flowIdOf(UPSTREAM, begun)), planted);
    expect(await store.findFlow(UPSTREAM, begun)).toBeUndefined();
    await plant(preservedFlowKey(UPSTREAM, 'spa-portal', 's-1'), planted);
    expect(await store.findPreservedFlow(UPSTREAM, 'spa-portal', 's-1')).toBeUndefined();
  });

  test('a key of another type is a fault', async () => {
    await server.call('LPUSH', prefix + CODE_KEY, 'x');
    await expect(claim(store)).rejects.toMatchObject({ code: 'store_error', cause: { code: 'WRONGTYPE' } });
    await expect(store.findCode(UPSTREAM, CODE)).rejects.toMatchObject({ code: 'store_error' });
    await expect(store.bindCode(sampleCode())).rejects.toMatchObject({ code: 'store_error' });
  });

  test('no code, prefix, state, verifier or request_uri is stored in clear', async () => {
    const verifier = 'verifier-verifier-verifier-verifier-verifier-1';
    const codeChallenge = s256(verifier);
    const begun = await saveFlow(store);
    await store.beginPreservedFlow(sampleFlow({ codeChallenge }), 'the-state', 60_000);
    await store.savePushedRequest(
      UPSTREAM,
      'urn:the-request-uri',
      { issuer: 'corp', realm: '', clientId: 'spa-portal', mode: 'enforce' },
      60_000,
    );
    const binding = sampleBinding({ codeChallenge });
    await store.bindCode(sampleCode({ code: 'the-bare-code', binding }));
    const wrapped = await bindSample(store, { code: 'the-upstream-code', binding, wrap: true });
    await store.claimCode(UPSTREAM, wrapped, sampleClaim(codeChallenge));
    const dump = JSON.stringify(await server.dumpAll());
    expect(dump).toContain('spa-portal');
    const secrets = ['the-state', 'the-bare-code', 'the-upstream-code', 'urn:the-request-uri', verifier];
    for (const secret of [...secrets, begun, wrapped, UPSTREAM]) {
      expect(dump).not.toContain(secret);
      expect(dump).not.toContain(Buffer.from(secret).toString('base64url'));
    }
  });

  test('a live flow costs 400 bytes at most', async () => {
    const redirectUri = `https://app.example.com/${'x'.repeat(16)}`;
    expect(redirectUri).toHaveLength(40);
    // The default prefix. In addition to MEMORY USAGE, a key takes up to 16 bytes in two hash tables.
    await using defaulted = await openRedisStore(server);
    const { live, saved } = beginSample(defaulted, sampleFlow({ redirectUri }));
    await saved;
    expect(Number(await server.call('MEMORY', 'USAGE', `pkce-gateway:${flowKey(live.id)}`))).toBeLessThan(
      350,
    );
  });

  test('a claim succeeds after SCRIPT FLUSH', async () => {
    await store.bindCode(sampleCode());
    await store.claimCode(UPSTREAM, CODE, sampleClaim(OTHER_CHALLENGE));
    await server.call('SCRIPT', 'FLUSH');
    const claims = await Promise.all(Array.from({ length: 20 }, () => claim(store)));
    expect(claims.filter((outcome) => outcome === 'claimed')).toHaveLength(1);
    await server.call('SCRIPT', 'FLUSH');
    expect(await store.bindCode(sampleCode({ code: 'another' }))).toMatchObject({ first: true });
  });

  test('every operation is one round trip, and every command is on one key', async () => {
    // A connection's first use of a script sends its text.
    await Promise.all(everyOperation(store));
    const seen: string[][] = [];
    const monitor = await server.connect().monitor();
    monitor.on('monitor', (_time: string, args: string[], source: string) => {
      if (source !== 'lua') seen.push(args);
    });
    try {
      for (const operation of everyOperation(store)) await operation;
      await vi.waitFor(() => expect(seen.at(-1)).toEqual(['ping']), { timeout: 5_000, interval: 10 });
    } finally {
      monitor.disconnect();
    }
    // Concurrent operations leave in one write, in this order; a wrapped code has a marker and its own record.
    const commands = seen.map(([command]) => command).join(' ');
    expect(commands).toBe(
      'set get evalsha get del evalsha evalsha set get evalsha evalsha set get evalsha get ping',
    );
    for (const [command, , keys] of seen) if (command === 'evalsha') expect(keys).toBe('1');
  });
});
