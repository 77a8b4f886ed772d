import { hash } from 'node:crypto';

/** RFC 7636 section 4.2. */
export type CodeChallengeMethod = 'S256' | 'plain';

/** What stays at the gateway if the server refuses PKCE (`forward_pkce: never`). */
export const PKCE_PARAMETERS: ReadonlySet<string> = new Set([
  'code_challenge',
  'code_challenge_method',
  'code_verifier',
]);

/** RFC 7636 section 4.1: 43 to 128 unreserved characters. */
const CODE_VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/;
/** The base64url form of a SHA-256 digest. */
const S256_CHALLENGE = /^[A-Za-z0-9\-_]{43}$/;

/** Whether a text is a well-formed code_verifier (RFC 7636 section 4.1). */
export function isCodeVerifier(text: string): boolean {
  return CODE_VERIFIER.test(text);
}

/** Whether a text is a well-formed code_challenge for its method (RFC 7636 section 4.2). */
export function isCodeChallenge(text: string, method: CodeChallengeMethod): boolean {
  // With plain, the challenge is the verifier itself.
  return method === 'S256' ? S256_CHALLENGE.test(text) : isCodeVerifier(text);
}

/** `BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))` (RFC 7636 section 4.2). */
export function s256(codeVerifier: string): string {
  return hash('sha256', codeVerifier, 'base64url');
}

/**
 * A challenge in its stored form. A plain challenge is hashed, so that one comparison with `s256(verifier)` serves both methods,
 * and a copy of the store reveals no verifier.
 */
export function storedChallenge(codeChallenge: string, method: CodeChallengeMethod): string {
  return method === 'S256' ? codeChallenge : s256(codeChallenge);
}
