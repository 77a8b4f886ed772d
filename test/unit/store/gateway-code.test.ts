import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { GATEWAY_CODE_START, holdsGatewayCode, isGatewayCode } from '../../../src/oauth/gateway-code.ts';
import { buildGatewayCode, openSealedCode, sealCode } from '../../../src/store/gateway-code.ts';

const UPSTREAM = 'https://idp.internal';
const nonce = Buffer.alloc(12, 7);

test('a code of the gateway has 256 random bits, and is recognised by its form', () => {
  const code = buildGatewayCode(Buffer.alloc(32, 0xff));
  expect(code).toBe(`pgc_${'_'.repeat(42)}8`);
  expect(isGatewayCode(code)).toBe(true);
  expect(code.startsWith(GATEWAY_CODE_START)).toBe(true);
  expect(holdsGatewayCode(`x=${code.toUpperCase()};`)).toBe(true);
  expect(holdsGatewayCode(code.slice(0, -1))).toBe(false);
  for (const other of [
    '',
    'pgc_',
    code.slice(0, -1),
    `${code}${'A'.repeat(4096)}`,
    `x${code}`,
    code.replace('8', '='),
    `${code}\n`,
  ]) {
    expect(isGatewayCode(other), other).toBe(false);
  }
  expect(() => buildGatewayCode(Buffer.alloc(31))).toThrow(RangeError);
});

describe('sealing', () => {
  const own = buildGatewayCode(randomBytes(32));
  const sealed = sealCode('the-upstream-code', own, UPSTREAM, nonce);

  test('a seal opens only with the same code and upstream', () => {
    expect(openSealedCode(sealed, own, UPSTREAM)).toBe('the-upstream-code');
    expect(openSealedCode(sealed, own, 'https://other')).toBeUndefined();
    expect(openSealedCode(sealed, buildGatewayCode(randomBytes(32)), UPSTREAM)).toBeUndefined();
  });

  test('any text can be sealed with any text', () => {
    for (const [code, under] of [
      ['', 'x'],
      ['ü€😀', ''],
      ['x'.repeat(10_000), 'ü€😀'],
    ] as const) {
      expect(openSealedCode(sealCode(code, under, UPSTREAM, nonce), under, UPSTREAM)).toBe(code);
    }
  });

  test('the seal reveals nothing of the code, and another nonce makes another seal', () => {
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('upstream-code');
    const other = sealCode('the-upstream-code', own, UPSTREAM, Buffer.alloc(12, 8));
    expect(other.slice(16)).not.toBe(sealed.slice(16));
  });

  test.each([
    ['nothing', ''],
    ['too little', sealed.slice(0, 30)],
    ['a character less', sealed.slice(0, -1)],
    ['another character', `${sealed.startsWith('A') ? 'B' : 'A'}${sealed.slice(1)}`],
    ['a character that decoders skip', `${sealed}!`],
    ['padding', `${sealed}=`],
  ])('%s does not open', (_, text) => {
    expect(openSealedCode(text, own, UPSTREAM)).toBeUndefined();
  });
});
