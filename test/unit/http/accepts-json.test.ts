import { expect, test } from 'vitest';
import { acceptsJson } from '../../../src/http/accepts-json.ts';

test.each([
  ['application/json', true],
  ['Application/JSON;q=0.9', true],
  ['application/json, text/plain, */*', true],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', false],
  ['text/html, application/json', false],
  ['*/*', false],
  ['application/*', false],
  ['application/jwt', false],
  ['', false],
  [undefined, false],
])('Accept: %s: %s', (accept, expected) => expect(acceptsJson(accept)).toBe(expected));
