import { expect, test } from 'vitest';
import { codeKey } from '../../../src/flow/keys.ts';
import { isWrappedCode, unwrapCode, wrapCode } from '../../../src/flow/wrapped-code.ts';

const random = Buffer.alloc(32, 1);
const { code, wrapped } = wrapCode('upstream-code', 'corp', random);

test('the client gets a code that says nothing of the upstream’s', () => {
  expect(code).toMatch(/^pgc_[A-Za-z0-9_-]{43}$/);
  expect(isWrappedCode(code)).toBe(true);
  expect(Buffer.from(wrapped, 'base64url').toString('latin1')).not.toContain('upstream-code');
});

test('the upstream’s code comes back', () => {
  expect(unwrapCode(code, wrapped, 'corp')).toBe('upstream-code');
});

test('records of running installations open: key and ciphertext are made in this one way', () => {
  expect({ code, wrapped }).toEqual({
    code: 'pgc_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE',
    wrapped: 'FKRdk4RaOVZTJ7n3UgB7q8hmaQlI-sLJGPwUmC0',
  });
});

test('only with the same code and issuer', () => {
  expect(unwrapCode(wrapCode('x', 'corp', Buffer.alloc(32, 2)).code, wrapped, 'corp')).toBeUndefined();
  expect(unwrapCode(code, wrapped, 'other')).toBeUndefined();
  expect(unwrapCode(code.slice(0, -1), wrapped, 'corp')).toBeUndefined();
});

test('the same upstream code is never wrapped alike', () => {
  expect(wrapCode('upstream-code', 'corp', Buffer.alloc(32, 2)).wrapped).not.toBe(wrapped);
});

test('the store key of a code does not open it', () => {
  const key = Buffer.from(codeKey('corp', code).slice('code:'.length), 'base64url');
  const asCode = `pgc_${key.toString('base64url')}`;
  expect(unwrapCode(asCode, wrapped, 'corp')).toBeUndefined();
});

test.each(['', 'AAAA', `${wrapped}=`, `${wrapped}\n`, ` ${wrapped}`, wrapped.slice(0, -1), wrapped.slice(2)])(
  'a ciphertext that was not written so is none: %j',
  (tampered) => {
    expect(unwrapCode(code, tampered, 'corp')).toBeUndefined();
  },
);

test.each([
  '',
  'pgc_',
  code.slice(1),
  `${code}A`,
  `${code.slice(0, -1)}+`,
  `${code}\n`,
  'SplxlOBeZQQYbYS6WxSbIA',
])('an upstream’s code is no wrapped one: %j', (text) => {
  expect(isWrappedCode(text)).toBe(false);
});

test('too little randomness is refused', () => {
  expect(() => wrapCode('x', 'corp', Buffer.alloc(31))).toThrow(RangeError);
});
