import { describe, expect, test } from 'vitest';
import type { AuthorizationResponse } from '../../../src/oauth/authorization-response.ts';
import { decideAuthorizationResponse } from '../../../src/policy/decide-authorization-response.ts';
import { sampleFlow } from '../../support/sample-flow.ts';
import { samplePolicy } from '../../support/sample-policy.ts';

const CALLBACK = 'https://app.example.com/cb';

function decide(
  target: string,
  options: {
    readonly response?: Partial<AuthorizationResponse>;
    readonly redirectUri?: string | undefined;
    readonly redirectUris?: readonly string[];
  } = {},
) {
  const response = {
    target: new URL(target),
    codes: ['x'],
    states: ['s'],
    hasIdToken: false,
    hasStateHash: false,
    hasIss: false,
    jarm: undefined,
    ...options.response,
  };
  const redirectUri = 'redirectUri' in options ? options.redirectUri : CALLBACK;
  const policy = samplePolicy({ redirectUris: options.redirectUris });
  return decideAuthorizationResponse(response, sampleFlow({ redirectUri }), policy);
}

describe('one thing only', () => {
  test.each<[what: string, response: Partial<AuthorizationResponse>, reason: string | undefined]>([
    ['a code and a state', {}, undefined],
    ['no state', { states: [] }, undefined],
    ['a signed response', { jarm: { audience: ['spa-portal'] } }, undefined],
    ['an issuer and an id_token', { hasIss: true, hasIdToken: true }, undefined],
    ['two codes', { codes: ['x', 'y'] }, 'response_ambiguous'],
    ['the same code twice', { codes: ['x', 'x'] }, 'response_ambiguous'],
    ['no code', { codes: [] }, 'response_ambiguous'],
    ['two states', { states: ['s', 't'] }, 'response_ambiguous'],
    ['an encrypted response', { jarm: 'unreadable' }, 'response_ambiguous'],
  ])('%s', (_, response, reason) => expect(decide(`${CALLBACK}?code=x`, { response })).toBe(reason));
});

describe('to the redirect_uri that was asked for', () => {
  test.each([
    ['it', CALLBACK, CALLBACK, undefined],
    ['another', 'https://evil.example/cb', CALLBACK, 'redirect_target_mismatch'],
    [
      'a registered one that was not asked for',
      'https://app.example.com/other',
      CALLBACK,
      'redirect_target_mismatch',
    ],
    [
      'another port of loopback',
      'http://127.0.0.1:2/cb',
      'http://127.0.0.1:1/cb',
      'redirect_target_mismatch',
    ],
  ])('%s', (_, target, redirectUri, reason) =>
    expect(
      decide(`${target}?code=x`, { redirectUri, redirectUris: [CALLBACK, 'https://app.example.com/other'] }),
    ).toBe(reason),
  );

  test('ambiguity comes first', () =>
    expect(decide('https://evil.example', { response: { codes: ['x', 'y'] } })).toBe('response_ambiguous'));
});

describe('where none was asked for, the server picks a registered one (RFC 6749 3.1.2.3)', () => {
  const redirectUris = [CALLBACK, 'http://127.0.0.1:1/native', `${CALLBACK}2?a=1`];

  test.each([
    [`${CALLBACK}?code=x`, undefined],
    [`${CALLBACK}2?a=1&code=x`, undefined],
    ['http://127.0.0.1:50000/native?code=x', undefined],
    [`${CALLBACK}2?code=x`, 'redirect_target_mismatch'],
    ['http://127.0.0.1:50000/other?code=x', 'redirect_target_mismatch'],
    ['https://evil.example/cb?code=x', 'redirect_target_mismatch'],
  ])('%s', (target, reason) => expect(decide(target, { redirectUri: undefined, redirectUris })).toBe(reason));

  test('none is registered: any will do', () =>
    expect(decide('https://anywhere.example/?code=x', { redirectUri: undefined })).toBeUndefined());
});
