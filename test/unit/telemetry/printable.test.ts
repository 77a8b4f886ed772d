import { expect, test } from 'vitest';
import { printable } from '../../../src/telemetry/printable.ts';

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
