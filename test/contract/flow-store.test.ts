import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BINDING_MEMORY } from '../../src/flow/binding.ts';
import type { Claim, FlowStore } from '../../src/flow/flow-store.ts';
import { codeKey, flowKey, pushedRequestKey } from '../../src/flow/keys.ts';
import { CHALLENGE, OTHER_CHALLENGE, sampleBinding, sampleFlow } from '../support/sample-flow.ts';
import { ADAPTERS, type Adapter, type StoreUnderTest } from './flow-store-adapters.ts';

const FLOW_TTL = 600_000;
const CODE_TTL = 60_000;
const FLOW = flowKey('corp', 'pg-a-state');
const CODE = codeKey('corp', 'a-code');

describe.each(ADAPTERS)('the store in $kind', ({ start }) => {
  let adapter: Adapter;
  let opened: StoreUnderTest;
  let store: FlowStore;

  beforeAll(async () => {
    adapter = await start();
  });
  afterAll(() => adapter[Symbol.asyncDispose]());
  beforeEach(async () => {
    opened = await adapter.open();
    store = opened.store;
    return () => opened[Symbol.asyncDispose]();
  });

  const claim = (challenge: string | undefined = CHALLENGE) => store.claimBinding(CODE, challenge);
  const outcomes = async (claims: readonly Promise<Claim>[]) =>
    (await Promise.all(claims)).map(({ outcome }) => outcome).sort();

  describe('flows', () => {
    test('a saved flow is loaded as it was', async () => {
      const flow = sampleFlow({
        responseMode: 'form_post',
        scope: 'realm=a',
        pkceForwarded: true,
        pushedKey: 'par:x',
      });
      expect(await store.saveFlow(FLOW, flow, FLOW_TTL)).toBe(true);
      expect(await store.loadFlow(FLOW)).toEqual(flow);
    });

    test('a flow without challenge, redirect_uri and response_mode is loaded without them', async () => {
      const flow = sampleFlow({ mode: 'report', codeChallenge: undefined, redirectUri: undefined });
      await store.saveFlow(FLOW, flow, FLOW_TTL);
      expect(await store.loadFlow(FLOW)).toEqual(flow);
    });

    test('no text is lost', async () => {
      const flow = sampleFlow({
        clientId: 'ü"\\\u0000\ud800€😀',
        redirectUri: 'https://xn--ü.example/?a=b#c',
      });
      await store.saveFlow(FLOW, flow, FLOW_TTL);
      expect(await store.loadFlow(FLOW)).toEqual(flow);
    });

    test('an unknown key has no flow', async () => {
      expect(await store.loadFlow(FLOW)).toBeUndefined();
    });

    test('a live flow is never written over', async () => {
      await store.saveFlow(FLOW, sampleFlow(), FLOW_TTL);
      expect(await store.saveFlow(FLOW, sampleFlow({ clientId: 'attacker' }), FLOW_TTL)).toBe(false);
      expect(await store.loadFlow(FLOW)).toEqual(sampleFlow());
    });

    test('an ended flow is gone, and its key is free', async () => {
      await store.saveFlow(FLOW, sampleFlow(), 60_000);
      await store.endFlow(FLOW);
      expect(await store.loadFlow(FLOW)).toBeUndefined();
      expect(await store.saveFlow(FLOW, sampleFlow(), 60_000)).toBe(true);
    });

    test('a flow lives for its TTL, and its key is free afterwards', async () => {
      await store.saveFlow(FLOW, sampleFlow(), FLOW_TTL);
      await opened.advance(FLOW_TTL - 5_000);
      expect(await store.loadFlow(FLOW)).toEqual(sampleFlow());
      await opened.advance(5_000);
      expect(await store.loadFlow(FLOW)).toBeUndefined();
      expect(await store.saveFlow(FLOW, sampleFlow({ clientId: 'next' }), FLOW_TTL)).toBe(true);
      expect(await store.loadFlow(FLOW)).toEqual(sampleFlow({ clientId: 'next' }));
    });

    test('flows of several TTLs expire each in its time', async () => {
      const ttls = [300_000, 60_000, 600_000, 60_000];
      const keys = ttls.map((_, index) => flowKey('corp', String(index)));
      for (const [index, ttl] of ttls.entries()) await store.saveFlow(keys[index] ?? '', sampleFlow(), ttl);
      await opened.advance(60_000);
      await store.saveFlow(FLOW, sampleFlow(), FLOW_TTL);
      const live = await Promise.all(keys.map(async (key) => (await store.loadFlow(key)) !== undefined));
      expect(live).toEqual([true, false, true, false]);
    });

    test('of many saves at once under one key, one is done', async () => {
      const saves = Array.from({ length: 50 }, (_, index) =>
        store.saveFlow(FLOW, sampleFlow({ clientId: `client-${index}` }), FLOW_TTL),
      );
      const done = (await Promise.all(saves)).flatMap((saved, index) => (saved ? [index] : []));
      expect(done).toHaveLength(1);
      expect((await store.loadFlow(FLOW))?.clientId).toBe(`client-${done[0]}`);
    });

    test('a pushed request is saved under a key of its own', async () => {
      const key = pushedRequestKey('corp', 'urn:ietf:params:oauth:request_uri:x');
      await store.saveFlow(key, sampleFlow(), 90_000);
      expect(await store.loadFlow(key)).toEqual(sampleFlow());
      expect(
        await store.loadFlow(pushedRequestKey('other', 'urn:ietf:params:oauth:request_uri:x')),
      ).toBeUndefined();
    });
  });

  describe('claims', () => {
    test('the right challenge claims the code', async () => {
      const binding = sampleBinding({ wrappedCode: 'c2VhbGVk', pkceForwarded: true });
      expect(await store.saveBinding(CODE, binding, CODE_TTL)).toBe(true);
      expect(await claim()).toEqual({ outcome: 'claimed', binding });
    });

    test('a binding can be looked at in any state, and that claims nothing', async () => {
      const binding = sampleBinding({ wrappedCode: 'c2VhbGVk', maxAttempts: 1 });
      expect(await store.loadBinding(CODE)).toBeUndefined();
      await store.saveBinding(CODE, binding, CODE_TTL);
      expect(await store.loadBinding(CODE)).toEqual(binding);
      expect((await claim()).outcome).toBe('claimed');
      expect(await store.loadBinding(CODE)).toEqual(binding);
      await store.releaseBinding(CODE);
      await claim(OTHER_CHALLENGE);
      expect(await store.loadBinding(CODE)).toEqual(binding);
      await opened.advance(CODE_TTL);
      expect(await store.loadBinding(CODE)).toEqual(binding);
      await opened.advance(BINDING_MEMORY);
      expect(await store.loadBinding(CODE)).toBeUndefined();
    });

    test('an unknown code is unknown', async () => {
      expect(await claim()).toEqual({ outcome: 'unknown' });
      expect(await claim(undefined)).toEqual({ outcome: 'unknown' });
    });

    test('a binding is never written over', async () => {
      await store.saveBinding(CODE, sampleBinding(), CODE_TTL);
      const other = sampleBinding({ codeChallenge: OTHER_CHALLENGE });
      expect(await store.saveBinding(CODE, other, CODE_TTL)).toBe(false);
      expect(await claim()).toEqual({ outcome: 'claimed', binding: sampleBinding() });
    });

    test('not even once it is claimed or expired', async () => {
      await store.saveBinding(CODE, sampleBinding(), CODE_TTL);
      await claim();
      expect(await store.saveBinding(CODE, sampleBinding(), CODE_TTL)).toBe(false);
      await opened.advance(CODE_TTL);
      expect(await store.saveBinding(CODE, sampleBinding(), CODE_TTL)).toBe(false);
      expect((await claim()).outcome).toBe('replayed');
    });

    test('a claimed code is replayed, with whatever challenge', async () => {
      await store.saveBinding(CODE, sampleBinding(), CODE_TTL);
      await claim();
      expect(await claim()).toEqual({ outcome: 'replayed', binding: sampleBinding() });
      expect((await claim(OTHER_CHALLENGE)).outcome).toBe('replayed');
      expect((await store.claimBinding(CODE, undefined)).outcome).toBe('replayed');
    });

    test('of 50 claims at once, one gets the code', async () => {
      await store.saveBinding(CODE, sampleBinding(), CODE_TTL);
      expect(await outcomes(Array.from({ length: 50 }, () => claim()))).toEqual([
        'claimed',
        ...Array.from({ length: 49 }, () => 'replayed'),
      ]);
    });

    test('a wrong challenge is a mismatch, and the right one still claims', async () => {
      await store.saveBinding(CODE, sampleBinding(), CODE_TTL);
      expect(await claim(OTHER_CHALLENGE)).toEqual({ outcome: 'mismatch', binding: sampleBinding() });
      expect((await claim()).outcome).toBe('claimed');
    });

    test.each([
      '',
      '.',
      CHALLENGE.slice(0, -1),
      `${CHALLENGE}A`,
      CHALLENGE.toLowerCase(),
      '-'.repeat(43),
      'ü'.repeat(43),
      `${CHALLENGE}\0`,
    ])('%j is a mismatch too', async (presented) => {
      await store.saveBinding(CODE, sampleBinding(), CODE_TTL);
      expect((await claim(presented)).outcome).toBe('mismatch');
    });

    // What is compared is always two digests of one length: whoever sends a verifier chooses neither where they differ.
    test('every character of a challenge counts, and its length', async () => {
      await store.saveBinding(CODE, sampleBinding({ maxAttempts: 100 }), CODE_TTL);
      const others = Array.from(CHALLENGE, (character, i) =>
        [...CHALLENGE].with(i, character === 'A' ? 'B' : 'A').join(''),
      );
      expect(new Set(others.map(({ length }) => length))).toEqual(new Set([43]));
      for (const other of [...others, CHALLENGE.slice(0, -1), `${CHALLENGE}A`, '']) {
        expect((await claim(other)).outcome, other).toBe('mismatch');
      }
      expect((await claim()).outcome).toBe('claimed');
    });

    test('max_attempts wrong challenges burn the code', async () => {
      await store.saveBinding(CODE, sampleBinding({ maxAttempts: 3 }), CODE_TTL);
      for (let attempt = 0; attempt < 3; attempt += 1) {
        expect((await claim(OTHER_CHALLENGE)).outcome).toBe('mismatch');
      }
      expect(await claim()).toEqual({ outcome: 'exhausted', binding: sampleBinding({ maxAttempts: 3 }) });
      expect((await claim(OTHER_CHALLENGE)).outcome).toBe('exhausted');
    });

    test.each([1, 9, 10, 99, 100, 999])('max_attempts: %i is counted exactly', async (maxAttempts) => {
      await store.saveBinding(CODE, sampleBinding({ maxAttempts }), CODE_TTL);
      const wrong = Array.from({ length: maxAttempts + 5 }, () => claim(OTHER_CHALLENGE));
      const counted = await outcomes(wrong);
      expect(counted.filter((outcome) => outcome === 'mismatch')).toHaveLength(maxAttempts);
      expect(counted.filter((outcome) => outcome === 'exhausted')).toHaveLength(5);
    });

    test('right and wrong challenges at once: one claim at most, and never one more mismatch than allowed', async () => {
      await store.saveBinding(CODE, sampleBinding({ maxAttempts: 5 }), CODE_TTL);
      const mixed = Array.from({ length: 60 }, (_, index) =>
        claim(index % 10 === 9 ? CHALLENGE : OTHER_CHALLENGE),
      );
      const result = await outcomes(mixed);
      expect(result.filter((outcome) => outcome === 'mismatch').length).toBeLessThanOrEqual(5);
      expect(result.filter((outcome) => outcome === 'claimed').length).toBeLessThanOrEqual(1);
    });

    test('a missing challenge is unpaired, and not counted', async () => {
      const binding = sampleBinding({ maxAttempts: 1 });
      await store.saveBinding(CODE, binding, CODE_TTL);
      for (let attempt = 0; attempt < 3; attempt += 1) {
        expect(await store.claimBinding(CODE, undefined)).toEqual({ outcome: 'unpaired', binding });
      }
      expect((await claim()).outcome).toBe('claimed');
    });

    test('a binding without a challenge is claimed without one only', async () => {
      const binding = sampleBinding({ mode: 'report', codeChallenge: undefined, maxAttempts: 1 });
      await store.saveBinding(CODE, binding, CODE_TTL);
      expect(await claim()).toEqual({ outcome: 'unpaired', binding });
      expect(await store.claimBinding(CODE, undefined)).toEqual({ outcome: 'claimed', binding });
      expect((await store.claimBinding(CODE, undefined)).outcome).toBe('replayed');
    });

    test('an enforced binding without a challenge is none', async () => {
      await store.saveBinding(CODE, sampleBinding({ codeChallenge: undefined }), CODE_TTL);
      expect(await store.claimBinding(CODE, undefined)).toEqual({ outcome: 'unknown' });
    });

    test('a challenge of dashes is a challenge', async () => {
      const codeChallenge = '-'.repeat(43);
      await store.saveBinding(CODE, sampleBinding({ codeChallenge }), CODE_TTL);
      expect((await store.claimBinding(CODE, undefined)).outcome).toBe('unpaired');
      expect((await claim(codeChallenge)).outcome).toBe('claimed');
    });

    test('a flow under the key of a code is no binding, nor the other way round', async () => {
      await store.saveFlow(CODE, sampleFlow(), FLOW_TTL);
      await store.saveBinding(FLOW, sampleBinding(), CODE_TTL);
      expect(await claim()).toEqual({ outcome: 'unknown' });
      expect(await store.loadFlow(FLOW)).toBeUndefined();
      expect(await store.loadBinding(CODE)).toBeUndefined();
    });
  });

  describe('expiry of codes', () => {
    test('past its TTL a code is expired, and past BINDING_MEMORY unknown', async () => {
      await store.saveBinding(CODE, sampleBinding(), CODE_TTL);
      await opened.advance(CODE_TTL);
      expect(await claim()).toEqual({ outcome: 'expired', binding: sampleBinding() });
      await opened.advance(BINDING_MEMORY - 5_000);
      expect((await claim()).outcome).toBe('expired');
      await opened.advance(5_000);
      expect(await claim()).toEqual({ outcome: 'unknown' });
    });

    test('shortly before, it is not', async () => {
      await store.saveBinding(CODE, sampleBinding(), CODE_TTL);
      await opened.advance(CODE_TTL - 5_000);
      expect((await claim()).outcome).toBe('claimed');
    });

    test('neither a mismatch nor a claim nor a release gives a code more time', async () => {
      await store.saveBinding(CODE, sampleBinding(), CODE_TTL);
      await opened.advance(CODE_TTL - 5_000);
      await claim(OTHER_CHALLENGE);
      await claim();
      await store.releaseBinding(CODE);
      await opened.advance(5_000);
      expect((await claim()).outcome).toBe('expired');
      await opened.advance(BINDING_MEMORY);
      expect((await claim()).outcome).toBe('unknown');
    });

    test('replayed and exhausted come before expired, and expired before the comparison', async () => {
      const burnt = codeKey('corp', 'burnt');
      await store.saveBinding(CODE, sampleBinding(), CODE_TTL);
      await store.saveBinding(burnt, sampleBinding({ maxAttempts: 1 }), CODE_TTL);
      await claim();
      await store.claimBinding(burnt, OTHER_CHALLENGE);
      const late = codeKey('corp', 'late');
      await store.saveBinding(late, sampleBinding({ maxAttempts: 1 }), CODE_TTL);
      await opened.advance(CODE_TTL);
      expect((await claim()).outcome).toBe('replayed');
      expect((await store.claimBinding(burnt, CHALLENGE)).outcome).toBe('exhausted');
      expect((await store.claimBinding(late, OTHER_CHALLENGE)).outcome).toBe('expired');
      expect((await store.claimBinding(late, undefined)).outcome).toBe('expired');
    });
  });

  describe('releases', () => {
    test('a released code can be claimed again, once', async () => {
      await store.saveBinding(CODE, sampleBinding(), CODE_TTL);
      await claim();
      await store.releaseBinding(CODE);
      expect(await outcomes([claim(), claim()])).toEqual(['claimed', 'replayed']);
    });

    test('the count of failures survives', async () => {
      await store.saveBinding(CODE, sampleBinding({ maxAttempts: 2 }), CODE_TTL);
      await claim(OTHER_CHALLENGE);
      await claim();
      await store.releaseBinding(CODE);
      expect((await claim(OTHER_CHALLENGE)).outcome).toBe('mismatch');
      expect((await claim()).outcome).toBe('exhausted');
    });

    test('a burnt code stays burnt', async () => {
      await store.saveBinding(CODE, sampleBinding({ maxAttempts: 1 }), CODE_TTL);
      await claim(OTHER_CHALLENGE);
      await store.releaseBinding(CODE);
      expect((await claim()).outcome).toBe('exhausted');
    });

    test('a release of what is not claimed changes nothing', async () => {
      await store.releaseBinding(CODE);
      expect((await claim()).outcome).toBe('unknown');
      await store.saveBinding(CODE, sampleBinding(), CODE_TTL);
      await store.releaseBinding(CODE);
      expect((await claim()).outcome).toBe('claimed');
    });
  });

  test('it answers a ping', async () => {
    await expect(store.ping()).resolves.toBeUndefined();
  });
});
