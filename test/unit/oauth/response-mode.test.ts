import { expect, test } from 'vitest';
import {
  FOLLOWED_RESPONSE_MODES,
  isFormPostMode,
  isJwtMode,
  redirectModeFor,
} from '../../../src/oauth/response-mode.ts';

test('modes that answer to a window are not followed', () => {
  expect(FOLLOWED_RESPONSE_MODES).not.toContain('web_message');
  expect(FOLLOWED_RESPONSE_MODES).not.toContain('web_message.jwt');
});

test.each([
  ['jwt', true, false],
  ['query.jwt', true, false],
  ['fragment.jwt', true, false],
  ['form_post.jwt', true, true],
  ['form_post', false, true],
  ['query', false, false],
  ['JWT', false, false],
  ['xjwt', false, false],
  ['', false, false],
  [undefined, false, false],
])('%s: a JWT %s, a form %s', (mode, jwt, formPost) => {
  expect(isJwtMode(mode)).toBe(jwt);
  expect(isFormPostMode(mode)).toBe(formPost);
});

test.each([
  ['form_post', 'code', 'query'],
  ['form_post.jwt', 'code', 'query.jwt'],
  // OAuth 2.0 Multiple Response Types 3.0: tokens may not travel in a query.
  ['form_post', 'code id_token', 'fragment'],
  ['form_post.jwt', 'code token', 'fragment.jwt'],
  ['form_post', 'id_token', 'fragment'],
])('%s of %s: the upstream is asked for %s', (mode, responseType, asked) =>
  expect(redirectModeFor(mode, responseType)).toBe(asked),
);
