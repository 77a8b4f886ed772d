import { expect, test } from 'vitest';
import { isFollowedMode, isJwtMode } from '../../../src/oauth/response-mode.ts';

test.each([
  [undefined, true],
  ['query', true],
  ['form_post.jwt', true],
  ['web_message', true],
  // Okta's own mode, and one without a specification: what the page does with the code is unknown.
  ['okta_post_message', false],
  ['web_message.jwt', false],
  ['Query', false],
  ['', false],
])('%s is followed: %s', (mode, followed) => expect(isFollowedMode(mode)).toBe(followed));

test.each([
  ['jwt', true],
  ['query.jwt', true],
  ['fragment.jwt', true],
  ['form_post.jwt', true],
  ['form_post', false],
  ['query', false],
  ['JWT', false],
  ['xjwt', false],
  ['', false],
  [undefined, false],
])('%s is a JWT: %s', (mode, jwt) => expect(isJwtMode(mode)).toBe(jwt));
