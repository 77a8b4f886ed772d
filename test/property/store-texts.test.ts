import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isGatewayCode } from '../../src/oauth/gateway-code.ts';
import { advanceCode, decodeCode, encodeCode, NO_CLAIM } from '../../src/store/code-record.ts';
import { buildFlowPrefix, findFlowPrefix, parseFlowPrefix } from '../../src/store/flow-prefix.ts';
import { deriveGatewayCode, openSealedCode, sealCode } from '../../src/store/gateway-code.ts';
import {
  decodeFlow,
  decodePushedRequest,
  encodeFlow,
  encodeFlowIdentity,
  encodePushedRequest,
} from '../../src/store/json-record.ts';
import { codeKey, preservedFlowKey } from '../../src/store/store-key.ts';

/** Any JavaScript string, including lone surrogates. */
const text = fc
  .string({ unit: 'binary' })
  .chain((wellFormed) => fc.constantFrom(wellFormed, `${wellFormed}\ud800`, `\udfff${wellFormed}`));
const upstream = fc.string();
const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));
const digest = bytes(32).map((value) => value.toString('base64url'));
const claimId = bytes(16).map((value) => value.toString('base64url'));
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const modeAndChallenge = fc.oneof(
  fc.record({ mode: fc.constant('enforce' as const), codeChallenge: digest }),
  fc.record({ mode: fc.constant('report' as const), codeChallenge: optional(digest) }),
);
const owner = {
  issuer: text,
  realm: text,
  clientId: text,
  redirectUri: optional(text),
  pkceForwarded: fc.boolean(),
};
const flow = fc
  .tuple(
    modeAndChallenge,
    fc.record({
      ...owner,
      upstream,
      responseType: text,
      responseMode: optional(text),
      violation: optional(text),
    }),
  )
  .map(([first, rest]) => ({ ...first, ...rest }));
const binding = fc
  .tuple(
    modeAndChallenge,
    fc.record({ ...owner, hasIdToken: fc.boolean(), maxAttempts: fc.integer({ min: 1, max: 999 }) }),
  )
  .map(([first, rest]) => ({ ...first, ...rest }));
const code = fc.oneof(
  fc.record({
    kind: fc.constant('bare' as const),
    flowId: digest,
    binding,
    attached: fc.constant(undefined),
  }),
  fc.record({
    kind: fc.constantFrom('own' as const, 'marker' as const),
    flowId: digest,
    binding,
    attached: text,
  }),
);

describe('records', () => {
  test('every flow is restored from ASCII', () => {
    fc.assert(
      fc.property(flow, (value) => {
        const record = encodeFlow(value);
        expect(record).toMatch(/^[\x20-\x7e]*$/);
        expect(decodeFlow(record, value.upstream)).toEqual(value);
        expect(decodeCode(record)).toBeUndefined();
        expect(decodePushedRequest(record)).toBeUndefined();
      }),
    );
  });

  test('a record begins with the identity of another flow only if both are the same login', () => {
    fc.assert(
      fc.property(
        flow,
        flow,
        fc.constantFrom('codeChallenge', 'redirectUri', 'responseType'),
        (one, other, key) => {
          expect(encodeFlow(one).startsWith(encodeFlowIdentity(one))).toBe(true);
          const { codeChallenge, redirectUri, responseType } = one;
          const same = { ...other, codeChallenge, redirectUri, responseType };
          expect(encodeFlow(same).startsWith(encodeFlowIdentity(one))).toBe(true);
          fc.pre(other[key] !== one[key]);
          expect(encodeFlow({ ...same, [key]: other[key] }).startsWith(encodeFlowIdentity(one))).toBe(false);
        },
      ),
    );
  });

  test('every code is restored, in any state', () => {
    const status = fc.constantFrom('bound', 'claimed', 'burnt');
    fc.assert(
      fc.property(
        code,
        status,
        fc.nat(),
        fc.oneof(claimId, fc.constant(NO_CLAIM)),
        (value, status, count, claim) => {
          const attempts = count % (value.binding.maxAttempts + 1);
          const record = advanceCode(encodeCode(value), status, attempts, claim);
          expect(record).toMatch(/^[\x20-\x7e]*$/);
          expect(decodeCode(record)).toEqual({ ...value, status, attempts, claimId: claim });
          expect(decodeFlow(record, 'u')).toBeUndefined();
        },
      ),
    );
  });

  test('a truncated record is invalid', () => {
    fc.assert(
      fc.property(flow, code, fc.nat(), (someFlow, someCode, cut) => {
        const flowRecord = encodeFlow(someFlow);
        const codeRecord = encodeCode(someCode);
        const pushed = encodePushedRequest(someFlow);
        expect(decodeFlow(flowRecord.slice(0, cut % flowRecord.length), 'u')).toBeUndefined();
        expect(decodeCode(codeRecord.slice(0, cut % codeRecord.length))).toBeUndefined();
        expect(decodePushedRequest(pushed.slice(0, cut % pushed.length))).toBeUndefined();
        const { issuer, realm, clientId, mode } = someFlow;
        expect(decodePushedRequest(pushed)).toEqual({ issuer, realm, clientId, mode });
      }),
    );
  });

  test('no text makes a decoder throw', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.json()), (value) => {
        decodeFlow(value, 'u');
        decodePushedRequest(value);
        decodeCode(value);
        decodeCode(`3bb000005${'A'.repeat(43)}${NO_CLAIM}${'A'.repeat(43)}${value}`);
      }),
    );
  });
});

describe('flow prefixes', () => {
  test('the client’s state is restored byte for byte', () => {
    fc.assert(
      fc.property(upstream, bytes(20), optional(text), (upstream, random, clientState) => {
        const prefix = buildFlowPrefix(upstream, clientState !== undefined, random);
        expect(prefix).toMatch(/^[a-z0-9]{32}$/);
        expect(parseFlowPrefix(upstream, prefix + (clientState ?? ''))).toEqual({ prefix, clientState });
      }),
    );
  });

  test('it is found at any position', () => {
    fc.assert(
      fc.property(upstream, bytes(20), text, text, (upstream, random, before, after) => {
        const prefix = buildFlowPrefix(upstream, true, random);
        const found = findFlowPrefix(upstream, before + prefix + after);
        expect(found).toEqual({ prefix, index: before.length });
      }),
    );
  });

  test('a changed character invalidates a prefix', () => {
    const position = fc.integer({ min: 0, max: 31 });
    const character = fc.constantFrom(...'ABCXYZabcdefghijklmnopqrstuvwxyz0123456789-_.');
    fc.assert(
      fc.property(bytes(20), position, character, (random, at, character) => {
        const prefix = buildFlowPrefix('u', true, random);
        fc.pre(prefix.charAt(at) !== character);
        const changed = prefix.slice(0, at) + character + prefix.slice(at + 1);
        expect(parseFlowPrefix('u', changed)).toBeUndefined();
      }),
    );
  });

  test('no other state has one', () => {
    fc.assert(
      fc.property(upstream, text, (upstream, state) => parseFlowPrefix(upstream, state) === undefined),
    );
  });
});

describe('sealed codes', () => {
  const upstreamCode = fc.string({ unit: 'grapheme' });

  test('every code is restored, under its own upstream only', () => {
    fc.assert(
      fc.property(upstreamCode, upstream, upstream, bytes(32), (code, upstream, other, random) => {
        const own = deriveGatewayCode(code, random.toString('base64url'));
        expect(isGatewayCode(own)).toBe(true);
        const sealed = sealCode(code, own, upstream);
        expect(openSealedCode(sealed, own, upstream)).toBe(code);
        fc.pre(other !== upstream);
        expect(openSealedCode(sealed, own, other)).toBeUndefined();
      }),
    );
  });

  test('a changed character in code or ciphertext makes it invalid', () => {
    const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const change = fc.tuple(fc.nat(), fc.constantFrom(...base64url));
    fc.assert(
      fc.property(upstreamCode, bytes(32), change, (code, random, [position, character]) => {
        const own = deriveGatewayCode(code, random.toString('base64url'));
        const sealed = sealCode(code, own, 'u');
        const altered = (value: string) => {
          const at = position % value.length;
          return value.slice(0, at) + character + value.slice(at + 1);
        };
        fc.pre(altered(sealed) !== sealed && altered(own) !== own);
        expect(openSealedCode(altered(sealed), own, 'u')).toBeUndefined();
        expect(openSealedCode(sealed, altered(own), 'u')).toBeUndefined();
      }),
    );
  });
});

test('keys of different codes and states differ', () => {
  const parts = fc.tuple(text, text, text);
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      fc.pre(JSON.stringify(one) !== JSON.stringify(other));
      expect(preservedFlowKey(...one)).not.toBe(preservedFlowKey(...other));
      fc.pre(JSON.stringify(one.slice(0, 2)) !== JSON.stringify(other.slice(0, 2)));
      expect(codeKey(one[0], one[1])).not.toBe(codeKey(other[0], other[1]));
    }),
  );
});
