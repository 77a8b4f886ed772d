import { describe, expect, test } from 'vitest';
import { isCodeChallenge, isCodeVerifier, s256, storedChallenge } from '../../../src/oauth/pkce.ts';

// RFC 7636 appendix B.
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

describe('RFC 7636 appendix B', () => {
  test('the challenge of the verifier', () => expect(s256(VERIFIER)).toBe(CHALLENGE));

  test('both are well-formed', () => {
    expect(isCodeVerifier(VERIFIER)).toBe(true);
    expect(isCodeChallenge(CHALLENGE, 'S256')).toBe(true);
    expect(isCodeChallenge(VERIFIER, 'plain')).toBe(true);
  });
});

describe('a code_verifier (RFC 7636 4.1)', () => {
  test.each([
    ['43 characters', 'a'.repeat(43)],
    ['128 characters', 'a'.repeat(128)],
    ['all unreserved characters', 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~'],
  ])('%s', (_, verifier) => expect(isCodeVerifier(verifier)).toBe(true));

  test.each([
    ['none', ''],
    ['42 characters', 'a'.repeat(42)],
    ['129 characters', 'a'.repeat(129)],
    ['padding', `${'a'.repeat(43)}=`],
    ['base64 characters', `${'a'.repeat(43)}+/`],
    ['a percent sign', `${'a'.repeat(43)}%41`],
    ['a line end', `${'a'.repeat(43)}\n`],
    ['a line end in front', `\n${'a'.repeat(43)}`],
    ['NUL', `${'a'.repeat(43)}\u0000`],
    ['a space', `${'a'.repeat(43)} `],
    ['a letter beyond ASCII', `${'a'.repeat(43)}é`],
    ['a line that is one', `x\n${'a'.repeat(43)}`],
  ])('not with %s', (_, verifier) => expect(isCodeVerifier(verifier)).toBe(false));
});

describe('a code_challenge (RFC 7636 4.2)', () => {
  test.each([
    ['42 characters', CHALLENGE.slice(1)],
    ['44 characters', `${CHALLENGE}A`],
    ['padding', `${CHALLENGE}=`],
    ['characters that only a verifier has', `${CHALLENGE.slice(2)}.~`],
    ['base64 instead of base64url', `${CHALLENGE.slice(2)}+/`],
    ['a line end', `${CHALLENGE}\n`],
    ['none', ''],
  ])('S256 not with %s', (_, challenge) => expect(isCodeChallenge(challenge, 'S256')).toBe(false));

  test('plain follows the rules of a verifier', () => {
    expect(isCodeChallenge('a.~'.repeat(40), 'plain')).toBe(true);
    expect(isCodeChallenge('a'.repeat(42), 'plain')).toBe(false);
    expect(isCodeChallenge('a'.repeat(129), 'plain')).toBe(false);
  });
});

test('one comparison serves both methods, and a stored plain challenge reveals no verifier', () => {
  expect(storedChallenge(CHALLENGE, 'S256')).toBe(s256(VERIFIER));
  expect(storedChallenge(VERIFIER, 'plain')).toBe(s256(VERIFIER));
});
