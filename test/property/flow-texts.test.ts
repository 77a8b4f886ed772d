import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { advanceBinding, decodeBinding, encodeBinding } from '../../src/flow/binding-record.ts';
import { buildFlowPrefix, parseFlowPrefix } from '../../src/flow/flow-prefix.ts';
import { decodeFlow, encodeFlow } from '../../src/flow/flow-record.ts';
import { codeKey } from '../../src/flow/keys.ts';
import { isWrappedCode, unwrapCode, wrapCode } from '../../src/flow/wrapped-code.ts';

/** Any string of JavaScript, lone surrogates included. */
const text = fc
  .string({ unit: 'binary' })
  .chain((wellFormed) => fc.constantFrom(wellFormed, `${wellFormed}\ud800`, `\udfff${wellFormed}`));
const issuer = fc.string();
const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));
const challenge = bytes(32).map((digest) => digest.toString('base64url'));
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const modeAndChallenge = fc.oneof(
  fc.record({ mode: fc.constant('enforce' as const), codeChallenge: challenge }),
  fc.record({ mode: fc.constant('report' as const), codeChallenge: optional(challenge) }),
);
const flow = fc
  .tuple(
    modeAndChallenge,
    fc.record({
      clientId: text,
      redirectUri: optional(text),
      responseType: text,
      responseMode: optional(text),
      scope: text,
      pkceForwarded: fc.boolean(),
      pushedKey: optional(text),
    }),
  )
  .map(([first, rest]) => ({ ...first, ...rest }));
const binding = fc
  .tuple(
    modeAndChallenge,
    fc.record({
      clientId: text,
      redirectUri: optional(text),
      scope: text,
      pkceForwarded: fc.boolean(),
      maxAttempts: fc.integer({ min: 1, max: 999 }),
      wrappedCode: optional(text),
    }),
  )
  .map(([first, rest]) => ({ ...first, ...rest }));
const began = fc.constantFrom('enforce', 'enforce_allow', 'report');

describe('records', () => {
  test('every flow is read as it was written, in ASCII', () => {
    fc.assert(
      fc.property(flow, (value) => {
        const record = encodeFlow(value);
        expect(record).toMatch(/^[\x20-\x7e]*$/);
        expect(decodeFlow(record)).toEqual(value);
        expect(decodeBinding(record)).toBeUndefined();
      }),
    );
  });

  test('every binding is read as it was written, whatever has become of it', () => {
    const status = fc.constantFrom('bound', 'claimed', 'burnt');
    fc.assert(
      fc.property(binding, status, fc.nat(), (value, status, count) => {
        const attempts = count % (value.maxAttempts + 1);
        const record = advanceBinding(encodeBinding(value), status, attempts);
        expect(record).toMatch(/^[\x20-\x7e]*$/);
        expect(decodeBinding(record)).toEqual({ status, attempts, binding: value });
        expect(decodeFlow(record)).toBeUndefined();
      }),
    );
  });

  test('a record that was cut short is none', () => {
    fc.assert(
      fc.property(flow, binding, fc.nat(), (someFlow, someBinding, cut) => {
        const flowRecord = encodeFlow(someFlow);
        const bindingRecord = encodeBinding(someBinding);
        expect(decodeFlow(flowRecord.slice(0, cut % flowRecord.length))).toBeUndefined();
        expect(decodeBinding(bindingRecord.slice(0, cut % bindingRecord.length))).toBeUndefined();
      }),
    );
  });

  test('no text makes a decoder throw', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.json()), (value) => {
        decodeFlow(value);
        decodeBinding(value);
        decodeBinding(`1b000005${'A'.repeat(43)}${value}`);
      }),
    );
  });
});

describe('flow prefixes', () => {
  test('the client’s state comes back byte for byte', () => {
    fc.assert(
      fc.property(issuer, began, bytes(16), optional(text), (issuer, began, random, clientState) => {
        const prefix = buildFlowPrefix({ issuer, began, hasState: clientState !== undefined, random });
        expect(prefix).toMatch(/^[A-Za-z0-9_.-]{32}$/);
        expect(parseFlowPrefix(issuer, prefix + (clientState ?? ''))).toEqual({ prefix, began, clientState });
      }),
    );
  });

  test('one character changed is no prefix', () => {
    const position = fc.integer({ min: 0, max: 31 });
    const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    fc.assert(
      fc.property(
        began,
        bytes(16),
        position,
        fc.constantFrom(...base64url),
        (began, random, at, character) => {
          const prefix = buildFlowPrefix({ issuer: 'corp', began, hasState: true, random });
          fc.pre(prefix.charAt(at) !== character);
          expect(
            parseFlowPrefix('corp', prefix.slice(0, at) + character + prefix.slice(at + 1)),
          ).toBeUndefined();
        },
      ),
    );
  });

  test('no other state has one', () => {
    fc.assert(fc.property(issuer, text, (issuer, state) => parseFlowPrefix(issuer, state) === undefined));
  });
});

describe('wrapped codes', () => {
  const upstreamCode = fc.string({ unit: 'grapheme' });

  test('every code comes back, under its own issuer only', () => {
    fc.assert(
      fc.property(upstreamCode, issuer, issuer, bytes(32), (upstreamCode, issuer, other, random) => {
        const { code, wrapped } = wrapCode(upstreamCode, issuer, random);
        expect(isWrappedCode(code)).toBe(true);
        expect(unwrapCode(code, wrapped, issuer)).toBe(upstreamCode);
        fc.pre(other !== issuer);
        expect(unwrapCode(code, wrapped, other)).toBeUndefined();
      }),
    );
  });

  test('one character changed, in the code or the ciphertext, and nothing comes back', () => {
    const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const change = fc.tuple(fc.nat(), fc.constantFrom(...base64url));
    fc.assert(
      fc.property(upstreamCode, bytes(32), change, (upstreamCode, random, [position, character]) => {
        const { code, wrapped } = wrapCode(upstreamCode, 'corp', random);
        const altered = (value: string) => {
          const at = position % value.length;
          return value.slice(0, at) + character + value.slice(at + 1);
        };
        fc.pre(altered(wrapped) !== wrapped && altered(code) !== code);
        expect(unwrapCode(code, altered(wrapped), 'corp')).toBeUndefined();
        expect(unwrapCode(altered(code), wrapped, 'corp')).toBeUndefined();
      }),
    );
  });
});

test('keys of different codes differ', () => {
  const pair = fc.tuple(text, text);
  fc.assert(
    fc.property(pair, pair, (one, other) => {
      fc.pre(JSON.stringify(one) !== JSON.stringify(other));
      expect(codeKey(...one)).not.toBe(codeKey(...other));
    }),
  );
});
