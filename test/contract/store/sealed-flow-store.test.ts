import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { SealedConfig } from '../../../src/config/config.ts';
import { isGatewayCode } from '../../../src/oauth/gateway-code.ts';
import { ExpiringRecords } from '../../../src/store/expiring-records.ts';
import { parseFlowPrefix } from '../../../src/store/flow-prefix.ts';
import { type BindOptions, StoreFault } from '../../../src/store/flow-store.ts';
import { CLOCK_TOLERANCE, SealedFlowStore } from '../../../src/store/sealed/sealed-flow-store.ts';
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

const ELSEWHERE = 'https://other.internal';
const FLOW_TTL = 3_600_000;
const CODE_TTL = 60_000;
const PUSHED = { issuer: 'corp', realm: 'a', clientId: 'spa', mode: 'enforce' } as const;
const REQUEST_URI = 'urn:ietf:params:oauth:request_uri:one';

const newKey = () => randomBytes(32).toString('base64url');
const [key, otherKey] = [newKey(), newKey()];
let now: number;
const open = (settings: Partial<SealedConfig> = {}) =>
  new SealedFlowStore({ keys: [key], replay: 'memory', ...settings }, () => now);

/** Two replicas that share only the key. */
let store: SealedFlowStore;
let replica: SealedFlowStore;

beforeEach(() => {
  now = Date.UTC(2026, 10, 30);
  [store, replica] = [open(), open()];
});

test('it keeps no records, and is always reachable', async () => {
  expect(store.keepsRecords).toBe(false);
  await expect(store.ping()).resolves.toBeUndefined();
});

describe('flows', () => {
  test.each([
    ['as most are', sampleFlow()],
    ['with every field', sampleFlow({ realm: 'a', responseMode: 'form_post', pkceForwarded: true })],
    ['of report, without a challenge', sampleFlow({ mode: 'report', codeChallenge: undefined })],
    ['with a violation', sampleFlow({ mode: 'report', violation: 'challenge_missing' })],
    ['without a redirect_uri', sampleFlow({ redirectUri: undefined })],
    ['in any script', sampleFlow({ issuer: 'ü', realm: '\u0000', clientId: 'ü"€😀', redirectUri: '' })],
    ['with long texts', sampleFlow({ clientId: 'c'.repeat(126), redirectUri: 'x'.repeat(400) })],
  ])('a flow %s is found at another replica', async (_, flow) => {
    for (const hadState of [true, false]) {
      const { prefix, live } = beginSample(store, flow, { hadState });
      const clientState = hadState ? 's-1' : undefined;
      expect(prefix).toMatch(/^[a-z0-9]+$/);
      expect(parseFlowPrefix(UPSTREAM, `${prefix}s-1`)).toEqual({ prefix, clientState });
      expect(await replica.findFlow(UPSTREAM, prefix)).toEqual(live);
      expect(live.flow).toEqual(flow);
    }
  });

  test('a usual flow takes about 200 characters of the state', () => {
    expect(beginSample(store).prefix).toHaveLength(214);
  });

  test('a flow that does not fit is refused at once', () => {
    expect(beginSample(store, sampleFlow({ redirectUri: 'x'.repeat(600) })).prefix.length).toBeGreaterThan(
      900,
    );
    const begin = (redirectUri: string, longest?: number) =>
      store.beginFlow(sampleFlow({ redirectUri }), { hadState: true, ttl: FLOW_TTL, longest });
    expect(begin('x'.repeat(800))).toBeUndefined();
    expect(begin('x', 100)).toBeUndefined();
  });

  test('a flow with a lone surrogate is refused: two ids must not become equal', () => {
    const half = sampleFlow({ clientId: 'a\ud800' });
    expect(store.beginFlow(half, { hadState: true, ttl: FLOW_TTL })).toBeUndefined();
  });

  test('equal flows have different prefixes and ids', () => {
    const begun = Array.from({ length: 50 }, () => beginSample(store));
    expect(new Set(begun.map(({ prefix }) => prefix)).size).toBe(50);
    expect(new Set(begun.map(({ live }) => live.id)).size).toBe(50);
  });

  test('an enforced flow without a challenge counts as missing', async () => {
    const { prefix } = beginSample(store, sampleFlow({ codeChallenge: undefined }));
    expect(await store.findFlow(UPSTREAM, prefix)).toBeUndefined();
  });

  test('a prefix with a changed, missing or added character is unknown', async () => {
    const { prefix } = beginSample(store);
    for (let at = 0; at < prefix.length; at += 1) {
      for (const character of ['0', '1', 'v', 'w', 'z']) {
        const forged = prefix.slice(0, at) + character + prefix.slice(at + 1);
        if (forged !== prefix) expect(await store.findFlow(UPSTREAM, forged), `at ${at}`).toBeUndefined();
      }
      expect(await store.findFlow(UPSTREAM, prefix.slice(0, at))).toBeUndefined();
    }
    expect(await store.findFlow(UPSTREAM, `${prefix}0`)).toBeUndefined();
  });

  test('a prefix is valid at one upstream only', async () => {
    const { prefix } = beginSample(store);
    expect(await store.findFlow(ELSEWHERE, prefix)).toBeUndefined();
    expect(parseFlowPrefix(ELSEWHERE, prefix)).toBeUndefined();
    const there = beginSample(store, sampleFlow({ upstream: ELSEWHERE })).prefix;
    expect(await store.findFlow(UPSTREAM, there)).toBeUndefined();
  });

  test('a flow ends by its TTL, with a tolerance for another clock', async () => {
    const { prefix } = beginSample(store, sampleFlow(), { ttl: FLOW_TTL });
    now += FLOW_TTL + CLOCK_TOLERANCE - 1_000;
    expect(await replica.findFlow(UPSTREAM, prefix)).toBeDefined();
    now += 2_000;
    expect(await replica.findFlow(UPSTREAM, prefix)).toBeUndefined();
  });

  test('no flow is found by the client’s own state', async () => {
    expect(await store.beginPreservedFlow()).toBe('state_conflict');
    expect(await store.findPreservedFlow()).toBeUndefined();
  });
});

describe('keys', () => {
  test('the first seals, all open, and a removed key ends its records', async () => {
    const { prefix } = beginSample(store);
    const code = await bindSample(store, { wrap: true });
    const requestUri = await store.savePushedRequest(UPSTREAM, REQUEST_URI, PUSHED, CODE_TTL);
    const known = async () => [
      (await replica.findFlow(UPSTREAM, prefix)) !== undefined,
      (await replica.findCode(UPSTREAM, code)) !== undefined,
      (await replica.findPushedRequest(UPSTREAM, requestUri)) !== undefined,
    ];
    replica.renew({ keys: [otherKey, key], replay: 'memory' });
    expect(await known()).toEqual([true, true, true]);
    expect(await store.findFlow(UPSTREAM, beginSample(replica).prefix)).toBeUndefined();
    replica.renew({ keys: [otherKey], replay: 'memory' });
    expect(await known()).toEqual([false, false, false]);
  });

  test('a store without keys is an error', () => {
    expect(() => open({ keys: [] })).toThrow(RangeError);
  });
});

describe('codes', () => {
  const bind = (overrides: Partial<BindOptions> = {}) => bindSample(store, { wrap: true, ...overrides });
  const attempt = async (
    code: string,
    challenge: string | undefined = CHALLENGE,
    { upstream = UPSTREAM, at = replica } = {},
  ) => (await at.claimCode(upstream, code, { ...sampleClaim(), challenge })).outcome;

  test.each([
    ['as most are', sampleBinding()],
    ['with every flag', sampleBinding({ pkceForwarded: true, hasIdToken: true, maxAttempts: 999 })],
    ['of report', sampleBinding({ mode: 'report', codeChallenge: undefined, redirectUri: undefined })],
  ])('a code %s is redeemed at another replica', async (_, binding) => {
    for (const upstreamCode of ['a-code', 'ü€😀', 'a b\n', 'x'.repeat(2_700), `pgc_${'A'.repeat(43)}`]) {
      const code = await bind({ binding, code: upstreamCode, flowId: randomBytes(32).toString('base64url') });
      expect(isGatewayCode(code)).toBe(true);
      expect(code).not.toContain(upstreamCode);
      const claim = { ...sampleClaim(), challenge: binding.codeChallenge };
      expect(await replica.findCode(UPSTREAM, code)).toEqual(binding);
      expect(await replica.claimCode(UPSTREAM, code, claim)).toEqual({
        outcome: 'claimed',
        binding,
        upstreamCode,
      });
    }
  });

  test('a code that would become too long for a URL is not bound', async () => {
    const options = {
      upstream: UPSTREAM,
      flowId: 'f'.repeat(43),
      binding: sampleBinding(),
      codeTtl: CODE_TTL,
    };
    for (const code of ['x'.repeat(4_000), 'x'.repeat(40_000), 'half a character: \ud800'])
      expect(await store.bindCode({ ...options, wrap: true, code })).toEqual({ outcome: 'too_long' });
  });

  test('in report a code stays bare and unknown', async () => {
    expect(await bind({ wrap: false })).toBe('a-code');
    expect(await store.findCode(UPSTREAM, 'a-code')).toBeUndefined();
    expect(await attempt('a-code', CHALLENGE, { at: store })).toBe('unknown');
  });

  test('the replica that delivered a bare code recognises it', async () => {
    const deliver = (flowId: string) =>
      store.bindCode({
        upstream: UPSTREAM,
        code: 'a-code',
        flowId: flowId.repeat(43),
        binding: sampleBinding({ mode: 'report' }),
        codeTtl: CODE_TTL,
        wrap: false,
      });
    expect(await deliver('f')).toEqual({ outcome: 'bound', code: 'a-code', first: true });
    expect(await deliver('f')).toEqual({ outcome: 'bound', code: 'a-code', first: false });
    expect(await deliver('g')).toEqual({ outcome: 'bound_elsewhere' });
  });

  test('remembering a code costs the same for any number of codes', async () => {
    // Each code has a different remaining time when it is redeemed.
    const lanes = new Set<number>();
    using add = vi.spyOn(ExpiringRecords.prototype, 'add');
    for (let login = 0; login < 500; login += 1) {
      const own = await bind({ code: `code ${login}` });
      now += 7;
      expect(await attempt(own, CHALLENGE)).toBe('claimed');
    }
    for (const [, , , , ttl] of add.mock.calls) lanes.add(ttl);
    expect(lanes.size).toBeLessThan(10);
  });

  test('a code with a changed, missing or added character is unknown', async () => {
    const code = await bind();
    for (let at = 0; at < code.length; at += 1) {
      for (const character of ['A', '_', 'z']) {
        const forged = code.slice(0, at) + character + code.slice(at + 1);
        if (forged !== code) expect(await attempt(forged), `at ${at}`).toBe('unknown');
      }
      expect(await attempt(code.slice(0, at))).toBe('unknown');
    }
    expect(await attempt(`${code}A`)).toBe('unknown');
    expect(await attempt(code, CHALLENGE, { upstream: ELSEWHERE })).toBe('unknown');
    expect(await attempt(code)).toBe('claimed');
  });

  test('a record of one purpose does not open for another', async () => {
    const requestUri = await store.savePushedRequest(UPSTREAM, REQUEST_URI, PUSHED, CODE_TTL);
    const body = requestUri.slice(requestUri.indexOf('pgr_') + 4);
    expect(await attempt(`pgc_${body}`)).toBe('unknown');
    const code = await bind();
    const disguised = requestUri.replace(body, code.slice(4));
    expect(await store.findPushedRequest(UPSTREAM, disguised)).toBeUndefined();
  });

  test('a wrong verifier, a missing one and a superfluous one are distinguished', async () => {
    const code = await bind();
    expect(await attempt(code, OTHER_CHALLENGE)).toBe('mismatch');
    const { outcome } = await replica.claimCode(UPSTREAM, code, { ...sampleClaim(), challenge: undefined });
    expect(outcome).toBe('unpaired');
    expect(await attempt(code)).toBe('claimed');
  });

  test('after the tolerance, a code has expired', async () => {
    const code = await bind();
    now += CODE_TTL + CLOCK_TOLERANCE - 1_000;
    expect(await attempt(code, OTHER_CHALLENGE)).toBe('mismatch');
    now += 1_000;
    expect(await attempt(code)).toBe('expired');
  });

  test('a replica remembers a redeemed code as long as it would accept it', async () => {
    now += 1;
    const code = await bind();
    expect(await attempt(code, CHALLENGE, { at: store })).toBe('claimed');
    // The end of a code is written in whole seconds.
    now += CODE_TTL + CLOCK_TOLERANCE + 998;
    expect(await attempt(code, CHALLENGE, { at: store })).toBe('replayed');
    now += 1;
    expect(await attempt(code, CHALLENGE, { at: store })).toBe('expired');
  });

  test('a code that is delivered again ends with its first delivery, and is remembered until then', async () => {
    const first = await bind();
    expect(await attempt(first, CHALLENGE, { at: store })).toBe('claimed');
    now += CODE_TTL - 1_000;
    const again = await bind();
    now += CLOCK_TOLERANCE;
    expect(await attempt(again, CHALLENGE, { at: store })).toBe('replayed');
    now += 1_000;
    expect(await attempt(again, CHALLENGE, { at: store })).toBe('expired');
  });

  test('each replica counts wrong verifiers, and refuses codes that it let through', async () => {
    const binding = sampleBinding({ maxAttempts: 2 });
    const code = await bind({ binding });
    expect(await attempt(code, OTHER_CHALLENGE)).toBe('mismatch');
    expect(await attempt(code, OTHER_CHALLENGE)).toBe('mismatch');
    expect(await attempt(code)).toBe('exhausted');
    expect(await attempt(code, CHALLENGE, { at: store })).toBe('claimed');
    expect(await attempt(code, CHALLENGE, { at: store })).toBe('replayed');
  });

  test('an upstream’s code that is sealed twice is one code', async () => {
    const [one, other] = [await bind(), await bindSample(replica, { wrap: true })];
    expect(one).not.toBe(other);
    expect(await attempt(one)).toBe('claimed');
    expect(await attempt(other)).toBe('replayed');
  });

  test('a release frees the code of its own claim only', async () => {
    const code = await bind();
    const claim = sampleClaim();
    expect((await replica.claimCode(UPSTREAM, code, claim)).outcome).toBe('claimed');
    expect((await replica.claimCode(UPSTREAM, code, claim)).outcome).toBe('claimed');
    await replica.releaseClaim(UPSTREAM, code, sampleClaim().claimId);
    expect(await attempt(code)).toBe('replayed');
    await replica.releaseClaim(UPSTREAM, code, claim.claimId);
    expect(await attempt(code)).toBe('claimed');
  });

  test('with `replay: upstream` only the server refuses a second redemption; wrong verifiers still count', async () => {
    const lenient = open({ replay: 'upstream' });
    const code = await bind({ binding: sampleBinding({ maxAttempts: 1 }) });
    expect(await attempt(code, CHALLENGE, { at: lenient })).toBe('claimed');
    expect(await attempt(code, CHALLENGE, { at: lenient })).toBe('claimed');
    expect(await attempt(code, OTHER_CHALLENGE, { at: lenient })).toBe('mismatch');
    expect(await attempt(code, CHALLENGE, { at: lenient })).toBe('exhausted');
  });

  test('a replica knows the first flow of its bound codes, and nobody can redeem the upstream’s own code', async () => {
    const code = await bind();
    const again = sampleCode({ wrap: true });
    expect(await store.bindCode({ ...again, flowId: 'g'.repeat(43) })).toEqual({
      outcome: 'bound_elsewhere',
    });
    expect(await store.bindCode(again)).toEqual({ outcome: 'bound', code: expect.any(String), first: false });
    expect(await attempt('a-code', CHALLENGE, { at: store })).toBe('wrapped');
    expect(await attempt('a-code')).toBe('unknown');
    expect(await attempt(code, CHALLENGE, { at: store })).toBe('claimed');
    expect(await store.bindCode({ ...again, flowId: 'g'.repeat(43) })).toEqual({
      outcome: 'bound_elsewhere',
    });
  });

  test('a code that two replicas bound to different flows is good for neither flow’s verifier at the other’s', async () => {
    await bind();
    const other = { flowId: 'g'.repeat(43), binding: sampleBinding({ codeChallenge: OTHER_CHALLENGE }) };
    const theirs = await bindSample(replica, { ...other, wrap: true });
    expect(await attempt(theirs, CHALLENGE, { at: store })).toBe('mismatch');
    expect(await attempt(theirs, OTHER_CHALLENGE, { at: store })).toBe('mismatch');
  });

  test('a code that was redeemed at another replica than its own is bound there to any flow, and stays redeemed', async () => {
    const code = await bind();
    expect(await attempt(code)).toBe('claimed');
    const { code: other } = (await replica.bindCode(sampleCode({ wrap: true }))) as { code: string };
    expect(await attempt(other)).toBe('replayed');
  });
});

test.each(['x'.repeat(4_000), 'x'.repeat(40_000), 'half a character: \ud800'])(
  'a request_uri that cannot be sealed is a fault',
  async (requestUri) => {
    await expect(store.savePushedRequest(UPSTREAM, requestUri, PUSHED, 90_000)).rejects.toBeInstanceOf(
      StoreFault,
    );
  },
);

test('a pushed request is good at any replica until it expires', async () => {
  const requestUri = await store.savePushedRequest(UPSTREAM, REQUEST_URI, PUSHED, 90_000);
  expect(requestUri).toMatch(/^urn:ietf:params:oauth:request_uri:pgr_[\w-]+$/);
  // OpenID Connect Core 6.2.
  expect(requestUri.length).toBeLessThanOrEqual(512);
  for (let use = 0; use < 3; use += 1)
    expect(await replica.findPushedRequest(UPSTREAM, requestUri)).toEqual({
      ...PUSHED,
      requestUri: REQUEST_URI,
      expiresAt: now + 90_000,
    });
  expect(await replica.findPushedRequest(ELSEWHERE, requestUri)).toBeUndefined();
  expect(await replica.findPushedRequest(UPSTREAM, REQUEST_URI)).toBeUndefined();
  expect(await replica.findPushedRequest(UPSTREAM, `${requestUri}A`)).toBeUndefined();
  now += 90_000 + CLOCK_TOLERANCE;
  expect(await replica.findPushedRequest(UPSTREAM, requestUri)).toBeUndefined();
});
