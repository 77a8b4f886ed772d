import { expect, test } from 'vitest';
import { SentCodes } from '../../../src/handlers/response/sent-codes.ts';

const sentIn = (query: string, sentText = '') =>
  new SentCodes({ target: { path: '/', query }, sentText } as never);

test.each([
  ['next=https%3A%2F%2Fa%2Fcb%3Fcode%3Dabc', true],
  ['code=abc&x', true],
  ['code=abcd', false],
  ['x=zabc', false],
])('whether the query %j contains the code as a value', (query, sent) =>
  expect(sentIn(query).has('abc')).toBe(sent),
);

test('a body counts too', () => expect(sentIn('', '{"code":"abc"}').has('abc')).toBe(true));

test('a response with many codes is not searched for each of them, and has one too many', () => {
  const codes = sentIn('x=1');
  const all = Array.from({ length: 9 }, (_, i) => codes.has(`code-${i}`));
  expect(all).toEqual([...Array(8).fill(false), true]);
  expect(codes.has('code-0')).toBe(false);
});
