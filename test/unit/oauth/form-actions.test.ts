import { expect, test } from 'vitest';
import { formActions } from '../../../src/oauth/form-actions.ts';

test.each([
  ['<form action="/login?a=1&amp;b=2"><input></form>', ['/login?a=1&b=2']],
  ["<FORM method=post ACTION='/a>b'>", ['/a>b']],
  ['<body><div><form id=f action=login>', ['login']],
  ['<form><p>', ['']],
  ['<p><form action=/a></form><form action=/b>', ['/a', '/b']],
  ['<script>"<form action=/x>"</script><!-- <form action=/y> --><textarea><form action=/z></textarea>', []],
  ['{"form": "<"}', []],
  ['', []],
])('%s', (html, actions) => expect(formActions(html)).toEqual(actions));

test('a page of many tags is read in time', () => {
  expect(formActions('<div>'.repeat(20_000))).toEqual([]);
  expect(formActions('<form'.repeat(50_000))).toEqual([]);
});
