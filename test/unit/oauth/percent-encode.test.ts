import { expect, test } from 'vitest';
import { percentEncode } from '../../../src/oauth/percent-encode.ts';

test.each([
  ['', ''],
  ['AZaz09-._~', 'AZaz09-._~'],
  ['a b+c&d=e;f', 'a%20b%2Bc%26d%3De%3Bf'],
  ["!'()*", '%21%27%28%29%2A'],
  ['https://app.example.com/cb?x=(1)', 'https%3A%2F%2Fapp.example.com%2Fcb%3Fx%3D%281%29'],
  ['é€😀\u0000', '%C3%A9%E2%82%AC%F0%9F%98%80%00'],
  ['a\ud800b', 'a%EF%BF%BDb'],
])('%j', (text, encoded) => expect(percentEncode(text)).toBe(encoded));
