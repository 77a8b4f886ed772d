import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldClientId } from '../../../src/oauth/fold-text.ts';

describe('foldClientId', () => {
  it.each([
    ['SPA-Portal', 'case'],
    ['spa-portal\0x', 'a NUL'],
    [' spa-portal\t\r\n', 'blanks around it'],
    ['\u00a0spa-portal\u3000', 'other blanks around it'],
    ['ｓｐａ－ｐｏｒｔａｌ', 'full width'],
    ['ſpa-portal', 'a long s'],
    ['spá-pòrtäl', 'accents'],
    ['spa\u200b-por\u00adtal\ufeff', 'what is not seen'],
    ['s\u0001pa-\u007fportal', 'control characters'],
    ['𝔰𝓹𝖆-portal', 'letters of mathematics'],
    ['spa-portal\u{e0041}\ufe0f', 'tags and variation selectors'],
  ])('%j is spa-portal: %s', (clientId) => {
    expect(foldClientId(clientId)).toBe('spa-portal');
  });

  it.each([
    ['a  \u2003 b', 'a b'],
    ['Straße', 'STRASSE'],
    ['ΟΔΟΣ', 'οδος'],
    ['İ', 'i'],
    ['한글', '한글'.normalize('NFD')],
  ])('%j is the same as %j', (a, b) => {
    expect(foldClientId(a)).toBe(foldClientId(b));
  });

  it.each([
    ['spa-portal', 'spa_portal'],
    ['spa portal', 'spaportal'],
    ['spa-portal', 'spa-portal2'],
    ['007', '7'],
  ])('%j is not %j', (a, b) => {
    expect(foldClientId(a)).not.toBe(foldClientId(b));
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (clientId) => {
        const folded = foldClientId(clientId);
        expect(foldClientId(folded)).toBe(folded);
      }),
      { numRuns: 1000 },
    );
  });

  it('folds visible ASCII as it does beside other characters', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[!-~]{0,40}$/), (clientId) => {
        expect(foldClientId(clientId)).toBe(foldClientId(`\u200b${clientId}`));
      }),
    );
  });

  it('reads at most 2 KiB', () => {
    expect(foldClientId(`${'a'.repeat(2048)}b`)).toBe('a'.repeat(2048));
  });
});
