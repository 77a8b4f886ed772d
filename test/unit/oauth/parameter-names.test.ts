import { describe, expect, test } from 'vitest';
import {
  canonicalName,
  isLookalike,
  PROTOCOL_PARAMETERS,
  REPEATABLE,
  VALUE_NEEDED,
} from '../../../src/oauth/parameter-names.ts';

describe('a name that some server reads as a protocol parameter', () => {
  test.each([
    ['ASP.NET ignores case', 'GRANT_TYPE', 'grant_type'],
    ['PHP trims in front', ' code', 'code'],
    ['others trim behind', 'code_verifier ', 'code_verifier'],
    ['others trim Unicode spaces', '\u00a0code\ufeff', 'code'],
    ['PHP: a dot', 'client.id', 'client_id'],
    ['PHP: a space', 'redirect uri', 'redirect_uri'],
    ['PHP: an array', 'code[]', 'code'],
    ['PHP: an index', 'code[0][x]', 'code'],
    ['PHP: a bracket that is not closed', 'grant[type', 'grant_type'],
    ['PHP: another one', 'redirect[uri', 'redirect_uri'],
    ['qs: brackets around it', '[code]', 'code'],
    ['Rack: a bracket in front', '[]code_verifier', 'code_verifier'],
    ['Rack: a bracket behind', 'state]', 'state'],
    ['qs: an array of it', '[code][]', 'code'],
    ['Java: a letter that is an I in upper case', 'client_\u0131d', 'client_id'],
    ['Java: a letter that is an S in upper case', 're\u017fponse_type', 'response_type'],
    ['IIS: full-width letters', '\uff43\uff4fd\uff45', 'code'],
    ['an invisible character', 'co\u200bde', 'code'],
    ['all at once', ' [Client.ID ][', 'client_id'],
  ])('%s: %j', (_, name, meant) => {
    expect(canonicalName(name)).toBe(meant);
    expect(isLookalike(name)).toBe(true);
    expect(PROTOCOL_PARAMETERS.has(name)).toBe(false);
  });

  test.each([
    'code',
    'state',
    'grant_type',
    'client_assertion_type',
    'scope',
    'Scope',
    'resource[]',
    'codes',
    'my_code',
    'code-verifier',
    'codeVerifier',
    'grant_types',
    'x[code]',
    'session_state',
    '[',
    '',
  ])('not %j', (name) => expect(isLookalike(name)).toBe(false));
});

test('an empty value counts as none, except for parameters that may be empty', () => {
  expect(
    ['client_id', 'code_challenge', 'code_verifier', 'redirect_uri'].every((name) => VALUE_NEEDED.has(name)),
  ).toBe(true);
  // RFC 6749 allows any state; public clients of some servers send an empty secret.
  expect(['state', 'client_secret', 'refresh_token', 'scope'].some((name) => VALUE_NEEDED.has(name))).toBe(
    false,
  );
});

test('only resource (RFC 8707 2) and audience (RFC 8693 2.1) may repeat', () => {
  expect(['audience', 'resource'].every((name) => REPEATABLE.has(name))).toBe(true);
  expect(['Resource', 'scope', 'code', 'state', ''].some((name) => REPEATABLE.has(name))).toBe(false);
});
