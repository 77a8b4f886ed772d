import { expect, test } from 'vitest';
import { parametersInCookies, withoutParameters } from '../../../src/upstream/parameter-cookies.ts';

const HONEST = [
  'session=s; csrf=t',
  'codes=1; x-state=2; _ga=GA1.2; JSESSIONID=A.b',
  'a="code=1"; =; b',
  ' a=b ;c=d',
  '',
];

test.each(HONEST)('%j has no parameter, and stays byte for byte', (header) => {
  expect(parametersInCookies(header)).toBe('');
  expect(withoutParameters(header)).toBe(header);
});

test('parameters are found as lenient servers read their names, and all other cookies stay', () => {
  const header = 'a=b; code=1;Grant%5Ftype=x; code[]=2; c=d;redirect.uri=u;\tstate ; e=code';
  expect(parametersInCookies(header)).toBe('code=&grant_type=&code=&redirect_uri=&state=');
  expect(withoutParameters(header)).toBe('a=b; c=d; e=code');
  expect(withoutParameters('code=1; state=2')).toBe('');
});
