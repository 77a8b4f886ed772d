import { expect, test } from 'vitest';
import { framingOf } from '../../../src/http/framing.ts';

test.each<[what: string, headers: string[], policies: string[], options: string[]]>([
  ['none', ['Content-Type', 'text/html'], [], []],
  [
    'a policy',
    ['content-security-policy', "default-src 'self'; Frame-Ancestors a.test"],
    ['Frame-Ancestors a.test'],
    [],
  ],
  [
    'the first of a policy',
    ['Content-Security-Policy', 'frame-ancestors a.test;frame-ancestors b.test'],
    ['frame-ancestors a.test'],
    [],
  ],
  [
    'several policies',
    [
      'Content-Security-Policy',
      'frame-ancestors a.test, frame-ancestors b.test',
      'Content-Security-Policy',
      'frame-ancestors',
    ],
    ['frame-ancestors a.test', 'frame-ancestors b.test', 'frame-ancestors'],
    [],
  ],
  [
    'a policy that is only reported',
    ['Content-Security-Policy-Report-Only', 'frame-ancestors a.test'],
    [],
    [],
  ],
  ['options', ['X-FRAME-OPTIONS', 'DENY'], [], ['DENY']],
  ['another directive', ['Content-Security-Policy', 'frame-ancestors-x a.test; frame-src b.test'], [], []],
])('the framing headers of a response: %s', (_, headers, policies, options) => {
  expect(framingOf(headers)).toEqual({ policies, options });
});
