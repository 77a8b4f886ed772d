import { expect, test } from 'vitest';
import { printable, withoutSecrets } from '../../../src/telemetry/printable.ts';

test.each([
  ['https://app.example.com/cb', 'https://app.example.com/cb'],
  ['a\r\nb\u001b[31m', 'a\\u000d\\u000ab\\u001b[31m'],
  ['gpj.\u202egnp\u2066x\u200b', 'gpj.\\u202egnp\\u2066x\\u200b'],
  ['line\u2028end\u0085\ufeff', 'line\\u2028end\\u0085\\ufeff'],
  ['half \ud83d pair', 'half \\ud83d pair'],
  ['Grüße 😀', 'Grüße 😀'],
])('%j is shown as %s', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('long text is cut, with a mark', () => {
  expect(printable('x'.repeat(201))).toBe(`${'x'.repeat(199)}…`);
  expect(printable('x'.repeat(200))).toBe('x'.repeat(200));
  expect(printable('\n'.repeat(200))).toHaveLength(200);
});

test.each([
  ['https://a/cb?code=abc&x=1&STATE=b#id_token=c', 'https://a/cb?code=…&x=1&STATE=…#id_token=…'],
  ['/token;code=abc;v=1/x', '/token;code=…;v=1/x'],
  ['/token%3Fcode%3Dabc%26grant_type%3Dx', '/token%3Fcode%3D…%26grant_type%3Dx'],
  ['/token%253Fcode%253Dabc%2526x', '/token%253Fcode%253D…%2526x'],
  ['/cb?mycode=1&code=', '/cb?mycode=1&code='],
])('the values of secret parameters are not shown: %s', (url, shown) =>
  expect(withoutSecrets(url)).toBe(shown),
);
