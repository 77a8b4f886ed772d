import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { GATEWAY_CODE_START, holdsGatewayCode, isGatewayCode } from '../../../src/oauth/gateway-code.ts';
import { deriveGatewayCode, openSealedCode, sealCode } from '../../../src/store/gateway-code.ts';

const UPSTREAM = 'https://idp.internal';

const newSalt = () => randomBytes(32).toString('base64url');

test('a code of the gateway is known to those who know the upstream’s code and the salt', () => {
  const [salt, other] = [newSalt(), newSalt()];
  const code = deriveGatewayCode('the-upstream-code', salt);
  expect(deriveGatewayCode('the-upstream-code', salt)).toBe(code);
  expect(deriveGatewayCode('the-upstream-code', other)).not.toBe(code);
  expect(deriveGatewayCode('another-code', salt)).not.toBe(code);
});

test('a code of the gateway is recognised by its form', () => {
  const code = deriveGatewayCode('the-upstream-code', 's'.repeat(43));
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
    `${code.slice(0, -1)}=`,
    `${code}\n`,
  ]) {
    expect(isGatewayCode(other), other).toBe(false);
  }
});

describe('sealing', () => {
  const own = deriveGatewayCode('the-upstream-code', newSalt());
  const sealed = sealCode('the-upstream-code', own, UPSTREAM);

  test('a seal opens only with the same code and upstream', () => {
    expect(openSealedCode(sealed, own, UPSTREAM)).toBe('the-upstream-code');
    expect(openSealedCode(sealed, own, 'https://other')).toBeUndefined();
    expect(
      openSealedCode(sealed, deriveGatewayCode('the-upstream-code', newSalt()), UPSTREAM),
    ).toBeUndefined();
  });

  test('any text can be sealed with any text', () => {
    for (const [code, under] of [
      ['', 'x'],
      ['ü€😀', ''],
      ['x'.repeat(10_000), 'ü€😀'],
    ] as const) {
      expect(openSealedCode(sealCode(code, under, UPSTREAM), under, UPSTREAM)).toBe(code);
    }
  });

  test('the seal reveals nothing of the code, and no two seals are alike', () => {
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('upstream-code');
    const other = sealCode('the-upstream-code', own, UPSTREAM);
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
