import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isGatewayCode } from '../../../src/oauth/gateway-code.ts';
import { CODE_MEMORY } from '../../../src/store/code-record.ts';
import { parseFlowPrefix } from '../../../src/store/flow-prefix.ts';
import type { BindOptions, Claim, ClaimRequest, FlowStore } from '../../../src/store/flow-store.ts';
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
import { ADAPTERS, type Adapter, type StoreUnderTest } from './adapters.ts';

const FLOW_TTL = 3_600_000;
const CODE_TTL = 60_000;
const ELSEWHERE = 'https://other.internal';

describe.each(ADAPTERS)('the flow store in $kind', ({ start }) => {
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

  test('it answers a ping, and keeps records', async () => {
    await expect(store.ping()).resolves.toBeUndefined();
    expect(store.keepsRecords).toBe(true);
  });

  describe('flows', () => {
    const begin = async (flow = sampleFlow(), { hadState = true, ttl = FLOW_TTL } = {}) => {
      const begun = beginSample(store, flow, { hadState, ttl });
      await begun.saved;
      return begun;
    };

    test.each([true, false])(
      'a flow is found by its prefix; the client sent a state: %s',
      async (hadState) => {
        const flow = sampleFlow({ responseMode: 'form_post', realm: 'a', pkceForwarded: true });
        const { prefix, live } = await begin(flow, { hadState });
        expect(parseFlowPrefix(UPSTREAM, `${prefix}s-1`)).toEqual({
          prefix,
          clientState: hadState ? 's-1' : undefined,
        });
        expect(live.flow).toEqual(flow);
        expect(await store.findFlow(UPSTREAM, prefix)).toEqual(live);
      },
    );

    test('in report a flow may have no challenge, and in either mode no redirect_uri', async () => {
      const flow = sampleFlow({ mode: 'report', codeChallenge: undefined, redirectUri: undefined });
      const { prefix } = await begin(flow);
      expect((await store.findFlow(UPSTREAM, prefix))?.flow).toEqual(flow);
    });

    test('an enforced flow without a challenge counts as missing', async () => {
      const { prefix } = await begin(sampleFlow({ codeChallenge: undefined }));
      expect(await store.findFlow(UPSTREAM, prefix)).toBeUndefined();
    });

    test('every text is restored', async () => {
      const flow = sampleFlow({
        issuer: 'ü',
        realm: '\u0000',
        clientId: 'ü"\\\u0000\ud800€😀',
        redirectUri: 'https://xn--ü.example/?a=b#c',
      });
      const { prefix } = await begin(flow);
      expect((await store.findFlow(UPSTREAM, prefix))?.flow).toEqual(flow);
    });

    test('2 KiB of client_id and of redirect_uri are kept, with any characters', async () => {
      const flow = sampleFlow({ clientId: '€'.repeat(2048), redirectUri: '\u0000'.repeat(2048) });
      const { prefix } = await begin(flow);
      expect((await store.findFlow(UPSTREAM, prefix))?.flow).toEqual(flow);
    });

    test('a record that is too large is a fault', async () => {
      const begun = beginSample(store, sampleFlow({ redirectUri: 'x'.repeat(40_000) }));
      await expect(begun.saved).rejects.toMatchObject({ code: 'store_error' });
    });

    test('if the prefix would be too long, no flow begins', async () => {
      expect(store.beginFlow(sampleFlow(), { hadState: true, ttl: 1_000, longest: 31 })).toBeUndefined();
      expect(beginSample(store, sampleFlow(), { longest: 32 }).prefix).toHaveLength(32);
    });

    test('equal flows have different prefixes and ids', async () => {
      const begun = await Promise.all(Array.from({ length: 50 }, () => begin()));
      expect(new Set(begun.map(({ prefix }) => prefix)).size).toBe(50);
      expect(new Set(begun.map(({ live }) => live.id)).size).toBe(50);
    });

    test('a flow is not found under another upstream or by another prefix', async () => {
      const { prefix } = await begin();
      expect(await store.findFlow(ELSEWHERE, prefix)).toBeUndefined();
      expect(await store.findFlow(UPSTREAM, `${prefix}x`)).toBeUndefined();
      expect(await store.findFlow(UPSTREAM, '')).toBeUndefined();
    });

    test('flows end by their own TTL', async () => {
      const begun: Awaited<ReturnType<typeof begin>>[] = [];
      for (const ttl of [300_000, 60_000, FLOW_TTL, 60_000]) begun.push(await begin(sampleFlow(), { ttl }));
      const live = async () =>
        (await Promise.all(begun.map(({ prefix }) => store.findFlow(UPSTREAM, prefix)))).map(Boolean);
      await opened.advance(55_000);
      expect(await live()).toEqual([true, true, true, true]);
      await opened.advance(5_000);
      expect(await live()).toEqual([true, false, true, false]);
      await opened.advance(FLOW_TTL - 60_000);
      expect(await live()).toEqual([false, false, false, false]);
    });
  });

  describe('preserved flows', () => {
    const begin = (overrides = {}, state = 's-1') =>
      store.beginPreservedFlow(sampleFlow(overrides), state, FLOW_TTL);
    const find = (clientId = 'spa-portal', state = 's-1') =>
      store.findPreservedFlow(UPSTREAM, clientId, state);

    test('a flow is found by its client and state', async () => {
      const live = await begin();
      expect(live).toMatchObject({ flow: sampleFlow() });
      expect(await find()).toEqual(live);
      expect(await find('spa-portal', 's-2')).toBeUndefined();
      expect(await find('other')).toBeUndefined();
      expect(await store.findPreservedFlow(ELSEWHERE, 'spa-portal', 's-1')).toBeUndefined();
    });

    test.each([
      ['challenge', { codeChallenge: OTHER_CHALLENGE }],
      ['redirect_uri', { redirectUri: 'https://app.example.com/oauth2/callback/12' }],
      ['response type', { responseType: 'code id_token' }],
    ])('with another %s, the same state is a conflict', async (_, other) => {
      const first = await begin();
      expect(await begin(other)).toBe('state_conflict');
      expect(await find()).toEqual(first);
      expect(await begin(other, 's-2')).toMatchObject({ flow: sampleFlow(other) });
    });

    test('the same login begins again, with its full TTL and its current judgement', async () => {
      const first = await begin();
      await opened.advance(FLOW_TTL - 5_000);
      const again = await begin({ mode: 'report', responseMode: 'query' });
      expect(again).toEqual({
        flow: sampleFlow({ mode: 'report', responseMode: 'query' }),
        id: (first as { id: string }).id,
      });
      await opened.advance(FLOW_TTL - 5_000);
      expect(await find()).toEqual(again);
    });

    test('of concurrent different flows with one state, one begins', async () => {
      const begun = await Promise.all(
        Array.from({ length: 30 }, (_, index) => begin({ redirectUri: `https://app.example.com/${index}` })),
      );
      expect(begun.filter((live) => live !== 'state_conflict')).toEqual([await find()]);
    });

    test('an ended flow is removed, and its state is free; the next one has another id', async () => {
      const first = await begin();
      await store.endPreservedFlow(UPSTREAM, 'spa-portal', 's-1');
      expect(await find()).toBeUndefined();
      const second = await begin({ codeChallenge: OTHER_CHALLENGE });
      expect(second).toMatchObject({ flow: { codeChallenge: OTHER_CHALLENGE } });
      expect((second as { id: string }).id).not.toBe((first as { id: string }).id);
    });

    test('an expired flow frees its state', async () => {
      await begin();
      await opened.advance(FLOW_TTL);
      expect(await find()).toBeUndefined();
      expect(await begin({ codeChallenge: OTHER_CHALLENGE })).not.toBe('state_conflict');
    });
  });

  describe('pushed requests', () => {
    const URI = 'urn:ietf:params:oauth:request_uri:one';
    const pushed = { issuer: 'corp', realm: 'a', clientId: 'spa', mode: 'enforce' } as const;

    test('a pushed request is valid until it expires, for any number of uses', async () => {
      expect(await store.findPushedRequest(UPSTREAM, URI)).toBeUndefined();
      expect(await store.savePushedRequest(UPSTREAM, URI, pushed, 90_000)).toBe(URI);
      for (let use = 0; use < 3; use += 1)
        expect(await store.findPushedRequest(UPSTREAM, URI)).toEqual({ ...pushed, requestUri: URI });
      expect(await store.findPushedRequest(ELSEWHERE, URI)).toBeUndefined();
      await opened.advance(90_000);
      expect(await store.findPushedRequest(UPSTREAM, URI)).toBeUndefined();
    });

    test('the first request under a request_uri stays', async () => {
      await store.savePushedRequest(UPSTREAM, URI, pushed, 90_000);
      await store.savePushedRequest(UPSTREAM, URI, { ...pushed, clientId: 'other', mode: 'report' }, 90_000);
      expect(await store.findPushedRequest(UPSTREAM, URI)).toEqual({ ...pushed, requestUri: URI });
    });
  });

  test('the memory of a trait counts from its last observation', async () => {
    const has = () => store.hasTrait(UPSTREAM, 'spa', 'c_hash');
    const save = () => store.saveTrait(UPSTREAM, 'spa', 'c_hash', FLOW_TTL);
    expect(await has()).toBe(false);
    await save();
    await opened.advance(FLOW_TTL - 5_000);
    await save();
    await opened.advance(FLOW_TTL - 5_000);
    expect(await has()).toBe(true);
    expect(await store.hasTrait(UPSTREAM, 'other', 'c_hash')).toBe(false);
    expect(await store.hasTrait(ELSEWHERE, 'spa', 'c_hash')).toBe(false);
    await opened.advance(5_000);
    expect(await has()).toBe(false);
  });

  const bind = (overrides: Partial<BindOptions> = {}) => store.bindCode(sampleCode(overrides));
  /** The client's code. */
  const bound = (overrides: Partial<BindOptions> = {}) => bindSample(store, overrides);
  const claim = (code: string, request: ClaimRequest = sampleClaim()) =>
    store.claimCode(UPSTREAM, code, request);
  const attempt = async (code: string, challenge: string | undefined = CHALLENGE) =>
    (await store.claimCode(UPSTREAM, code, { ...sampleClaim(), challenge })).outcome;
  const unpaired = async (code: string) =>
    (await store.claimCode(UPSTREAM, code, { ...sampleClaim(), challenge: undefined })).outcome;
  const OTHER_FLOW = 'g'.repeat(43);

  describe('binding', () => {
    test('a bare code is the upstream’s', async () => {
      expect(await bind()).toEqual({ outcome: 'bound', code: 'a-code', first: true });
      expect(await store.findCode(UPSTREAM, 'a-code')).toEqual(sampleBinding());
      expect(await store.findCode(UPSTREAM, 'another')).toBeUndefined();
      expect(await store.findCode(ELSEWHERE, 'a-code')).toBeUndefined();
    });

    test('a wrapped code is the gateway’s, and yields the upstream’s', async () => {
      const code = await bound({ wrap: true });
      expect(isGatewayCode(code)).toBe(true);
      expect(await store.findCode(UPSTREAM, code)).toEqual(sampleBinding());
      expect(await store.findCode(UPSTREAM, 'a-code')).toEqual(sampleBinding());
      expect(await claim(code)).toEqual({
        outcome: 'claimed',
        binding: sampleBinding(),
        upstreamCode: 'a-code',
      });
    });

    test.each(['ü€😀', 'x'.repeat(4096), 'a b\n', `pgc_${'A'.repeat(43)}`])(
      'for any code of the upstream: %.20s',
      async (code) => {
        const own = await bound({ wrap: true, code });
        expect(own).not.toBe(code);
        expect(await claim(own)).toMatchObject({ outcome: 'claimed', upstreamCode: code });
      },
    );

    test('nobody can redeem the upstream’s code of a wrapped one', async () => {
      await bind({ wrap: true });
      const wrapped = { outcome: 'wrapped', binding: sampleBinding(), upstreamCode: 'a-code' };
      expect(await claim('a-code')).toEqual(wrapped);
      expect(await attempt('a-code', OTHER_CHALLENGE)).toBe('wrapped');
      expect(await unpaired('a-code')).toBe('wrapped');
    });

    test.each([true, false])('a flow gets its code again; wrapped: %s', async (wrap) => {
      const code = await bound({ wrap });
      expect(await bind({ wrap })).toEqual({ outcome: 'bound', code, first: false });
      expect(await bind({ wrap: !wrap })).toEqual({ outcome: 'bound', code, first: false });
      const changed = sampleBinding({ codeChallenge: OTHER_CHALLENGE, maxAttempts: 9 });
      expect(await bind({ wrap, binding: changed })).toEqual({ outcome: 'bound', code, first: false });
      expect(await store.findCode(UPSTREAM, code)).toEqual(sampleBinding());
    });

    test.each([true, false])('with its attempts and its claim; wrapped: %s', async (wrap) => {
      const binding = sampleBinding({ maxAttempts: 2 });
      const code = await bound({ wrap, binding });
      expect(await attempt(code, OTHER_CHALLENGE)).toBe('mismatch');
      await bind({ wrap, binding });
      expect(await attempt(code, OTHER_CHALLENGE)).toBe('mismatch');
      await bind({ wrap, binding });
      expect(await attempt(code)).toBe('exhausted');

      const other = await bound({ wrap, code: 'another' });
      expect(await attempt(other)).toBe('claimed');
      await bind({ wrap, code: 'another' });
      expect(await attempt(other)).toBe('replayed');
    });

    test.each([
      [true, true],
      [true, false],
      [false, true],
      [false, false],
    ])('another flow never gets it; wrapped first: %s, then: %s', async (wrap, again) => {
      const code = await bound({ wrap });
      const lax = sampleBinding({ mode: 'report', codeChallenge: undefined });
      expect(await bind({ wrap: again, flowId: OTHER_FLOW, binding: lax })).toEqual({
        outcome: 'bound_elsewhere',
      });
      await claim(code);
      await opened.advance(CODE_TTL + 5_000);
      expect(await bind({ wrap: again, flowId: OTHER_FLOW, binding: lax })).toEqual({
        outcome: 'bound_elsewhere',
      });
      expect(await store.findCode(UPSTREAM, code)).toEqual(sampleBinding());
    });

    test.each([true, false])('of concurrent flows with one code, one gets it; wrapped: %s', async (wrap) => {
      const results = await Promise.all(
        Array.from({ length: 30 }, (_, index) => bind({ wrap, flowId: String(index).padStart(43, 'f') })),
      );
      const winners = results.filter(({ outcome }) => outcome === 'bound');
      expect(winners).toHaveLength(1);
    });

    test('concurrent deliveries to one flow get the same code', async () => {
      const codes = await Promise.all(Array.from({ length: 30 }, () => bound({ wrap: true })));
      expect(new Set(codes).size).toBe(1);
      expect(await attempt(codes[0] ?? '')).toBe('claimed');
    });

    test('the same code of another upstream is a different code', async () => {
      await bind();
      const elsewhere = sampleCode({ upstream: ELSEWHERE, flowId: OTHER_FLOW });
      expect(await store.bindCode(elsewhere)).toMatchObject({ outcome: 'bound', first: true });
    });

    test('an upstream’s code is tied to its first flow for an hour', async () => {
      await bind({ wrap: true });
      await bind({ code: 'bare' });
      await opened.advance(CODE_TTL + CODE_MEMORY.marker - 5_000);
      expect(await bind({ wrap: true, flowId: OTHER_FLOW })).toEqual({ outcome: 'bound_elsewhere' });
      expect(await bind({ code: 'bare', flowId: OTHER_FLOW })).toEqual({ outcome: 'bound_elsewhere' });
      await opened.advance(5_000);
      expect(await bind({ wrap: true, flowId: OTHER_FLOW })).toMatchObject({ first: true });
      expect(await bind({ code: 'bare', flowId: OTHER_FLOW })).toMatchObject({ first: true });
    });

    test('maxAttempts outside 1 to 999 is an error', async () => {
      for (const maxAttempts of [0, 1000, 1.5]) {
        await expect(bind({ binding: sampleBinding({ maxAttempts }) })).rejects.toThrow(RangeError);
      }
    });
  });

  describe.each([true, false])('claims, wrapped: %s', (wrap) => {
    const outcomes = async (claims: readonly Promise<Claim>[]) =>
      (await Promise.all(claims)).map(({ outcome }) => outcome).sort();
    const boundWith = (overrides = {}) => bound({ wrap, binding: sampleBinding(overrides) });

    test('the right challenge claims the code; finding it never does', async () => {
      const binding = sampleBinding({ pkceForwarded: true, realm: 'a', redirectUri: undefined });
      const code = await bound({ wrap, binding });
      expect(await store.findCode(UPSTREAM, code)).toEqual(binding);
      expect(await claim(code)).toEqual({ outcome: 'claimed', binding, upstreamCode: 'a-code' });
      expect(await store.findCode(UPSTREAM, code)).toEqual(binding);
      expect(await claim(code)).toEqual({ outcome: 'replayed', binding, upstreamCode: 'a-code' });
    });

    test('an unknown code is unknown', async () => {
      expect(await claim(`pgc_${'A'.repeat(43)}`)).toEqual({ outcome: 'unknown' });
      const code = await boundWith();
      expect(await store.claimCode(ELSEWHERE, code, sampleClaim())).toEqual({ outcome: 'unknown' });
    });

    test('the same claim sent again is the same claim', async () => {
      const code = await boundWith();
      const request = sampleClaim();
      expect((await claim(code, request)).outcome).toBe('claimed');
      expect((await claim(code, request)).outcome).toBe('claimed');
      expect(await attempt(code)).toBe('replayed');
      await opened.advance(CODE_TTL);
      expect((await claim(code, request)).outcome).toBe('claimed');
    });

    test('after a claim, the challenge does not matter', async () => {
      const code = await boundWith();
      await claim(code);
      expect(await attempt(code, OTHER_CHALLENGE)).toBe('replayed');
      expect(await unpaired(code)).toBe('replayed');
    });

    test('of 50 concurrent claims, one gets the code', async () => {
      const code = await boundWith();
      expect(await outcomes(Array.from({ length: 50 }, () => claim(code)))).toEqual([
        'claimed',
        ...Array.from({ length: 49 }, () => 'replayed'),
      ]);
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
    ])('%j is a mismatch, and the right challenge still claims', async (presented) => {
      const code = await boundWith();
      expect(await claim(code, { ...sampleClaim(), challenge: presented })).toEqual({
        outcome: 'mismatch',
        binding: sampleBinding(),
        upstreamCode: 'a-code',
      });
      expect(await attempt(code)).toBe('claimed');
    });

    test('every character of a challenge counts', async () => {
      const code = await boundWith({ maxAttempts: 100 });
      const others = Array.from(CHALLENGE, (character, i) =>
        [...CHALLENGE].with(i, character === 'A' ? 'B' : 'A').join(''),
      );
      for (const other of others) expect(await attempt(code, other), other).toBe('mismatch');
      expect(await attempt(code)).toBe('claimed');
    });

    test.each([1, 3, 10, 99, 100, 999])('max_attempts: %i is counted exactly', async (maxAttempts) => {
      const code = await boundWith({ maxAttempts });
      const wrong = Array.from({ length: maxAttempts + 5 }, () => claim(code, sampleClaim(OTHER_CHALLENGE)));
      const counted = await outcomes(wrong);
      expect(counted.filter((outcome) => outcome === 'mismatch')).toHaveLength(maxAttempts);
      expect(counted.filter((outcome) => outcome === 'exhausted')).toHaveLength(5);
      expect(await attempt(code)).toBe('exhausted');
    });

    test('concurrent right and wrong challenges: at most one claim, and never more mismatches than allowed', async () => {
      const code = await boundWith({ maxAttempts: 5 });
      const mixed = Array.from({ length: 60 }, (_, index) =>
        claim(code, sampleClaim(index % 10 === 9 ? CHALLENGE : OTHER_CHALLENGE)),
      );
      const result = await outcomes(mixed);
      expect(result.filter((outcome) => outcome === 'mismatch').length).toBeLessThanOrEqual(5);
      expect(result.filter((outcome) => outcome === 'claimed').length).toBeLessThanOrEqual(1);
    });

    test('a missing challenge is unpaired, and not counted', async () => {
      const code = await boundWith({ maxAttempts: 1 });
      for (let time = 0; time < 3; time += 1) expect(await unpaired(code)).toBe('unpaired');
      expect(await attempt(code)).toBe('claimed');
    });

    test('a code without a challenge can only be claimed without one', async () => {
      const code = await boundWith({ mode: 'report', codeChallenge: undefined, maxAttempts: 1 });
      expect(await attempt(code)).toBe('unpaired');
      expect(await unpaired(code)).toBe('claimed');
      expect(await unpaired(code)).toBe('replayed');
    });

    test('an enforced code without a challenge counts as missing', async () => {
      const code = await boundWith({ codeChallenge: undefined });
      expect(await unpaired(code)).toBe('unknown');
      expect(await store.findCode(UPSTREAM, code)).toBeUndefined();
    });

    test('a challenge may consist of dashes', async () => {
      const code = await boundWith({ codeChallenge: '-'.repeat(43) });
      expect(await unpaired(code)).toBe('unpaired');
      expect(await attempt(code, '-'.repeat(43))).toBe('claimed');
    });

    test('a claim id that is not 128 bits is an error', async () => {
      const code = await boundWith();
      for (const claimId of ['', 'short', '.'.repeat(22), 'x'.repeat(23)]) {
        await expect(claim(code, { challenge: CHALLENGE, claimId })).rejects.toThrow(RangeError);
      }
    });

    test('after its TTL a code is expired, later unknown', async () => {
      const memory = wrap ? CODE_MEMORY.own : CODE_MEMORY.bare;
      const code = await boundWith();
      await opened.advance(CODE_TTL);
      expect(await claim(code)).toEqual({
        outcome: 'expired',
        binding: sampleBinding(),
        upstreamCode: 'a-code',
      });
      await opened.advance(memory - 5_000);
      expect(await attempt(code)).toBe('expired');
      await opened.advance(5_000);
      expect(await attempt(code)).toBe('unknown');
    });

    test("no mismatch, claim, release or repeated delivery extends a code's TTL", async () => {
      const code = await boundWith();
      await opened.advance(CODE_TTL - 5_000);
      const request = sampleClaim();
      expect(await attempt(code, OTHER_CHALLENGE)).toBe('mismatch');
      expect((await claim(code, request)).outcome).toBe('claimed');
      await store.releaseClaim(UPSTREAM, code, request.claimId);
      await bind({ wrap });
      await opened.advance(5_000);
      expect(await attempt(code)).toBe('expired');
    });

    test('replayed and exhausted take precedence over expired, and expired over the comparison', async () => {
      const [claimed, burnt, late] = await Promise.all(
        ['claimed', 'burnt', 'late'].map((code) =>
          bound({ wrap, code, binding: sampleBinding({ maxAttempts: 1 }) }),
        ),
      );
      await attempt(claimed ?? '');
      await attempt(burnt ?? '', OTHER_CHALLENGE);
      await opened.advance(CODE_TTL);
      expect(await attempt(claimed ?? '')).toBe('replayed');
      expect(await attempt(burnt ?? '')).toBe('exhausted');
      expect(await attempt(late ?? '', OTHER_CHALLENGE)).toBe('expired');
      expect(await unpaired(late ?? '')).toBe('expired');
    });

    describe('releases', () => {
      test('a released code can be claimed again, once', async () => {
        const code = await boundWith();
        const request = sampleClaim();
        await claim(code, request);
        await store.releaseClaim(UPSTREAM, code, request.claimId);
        expect(await outcomes([claim(code), claim(code)])).toEqual(['claimed', 'replayed']);
        await store.releaseClaim(UPSTREAM, code, request.claimId);
        expect(await attempt(code)).toBe('replayed');
      });

      test('no other claim releases it', async () => {
        const code = await boundWith();
        await claim(code);
        await store.releaseClaim(UPSTREAM, code, sampleClaim().claimId);
        await store.releaseClaim(UPSTREAM, code, '.'.repeat(22));
        await store.releaseClaim(UPSTREAM, code, '');
        expect(await attempt(code)).toBe('replayed');
      });

      test('the count of failures stays', async () => {
        const code = await boundWith({ maxAttempts: 2 });
        const request = sampleClaim();
        await attempt(code, OTHER_CHALLENGE);
        await claim(code, request);
        await store.releaseClaim(UPSTREAM, code, request.claimId);
        expect(await attempt(code, OTHER_CHALLENGE)).toBe('mismatch');
        expect(await attempt(code)).toBe('exhausted');
      });

      test('an exhausted code stays exhausted, and a free one stays free', async () => {
        const burnt = await boundWith({ maxAttempts: 1 });
        await attempt(burnt, OTHER_CHALLENGE);
        await store.releaseClaim(UPSTREAM, burnt, '.'.repeat(22));
        expect(await attempt(burnt)).toBe('exhausted');
        const free = await bound({ wrap, code: 'free' });
        await store.releaseClaim(UPSTREAM, free, sampleClaim().claimId);
        expect(await attempt(free)).toBe('claimed');
        await store.releaseClaim(UPSTREAM, 'unknown', sampleClaim().claimId);
      });
    });
  });
});
