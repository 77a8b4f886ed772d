import { expect, test } from 'vitest';
import { RedemptionSearch, searchedFormats } from '../../../src/oauth/redemption-search.ts';

test.each([
  [undefined, ['form']],
  ['', ['form']],
  [' ; charset=utf-8', ['form']],
  ['text/plain; charset=utf-8', ['form']],
  ['application/x-www-form-urlencoded', ['form']],
  ['Application/X-WWW-Form-URLEncoded;charset=utf-8', ['form']],
  ['text/html; a=application/x-www-form-urlencoded', ['form']],
  ['multipart/form-data; boundary=b', ['multipart']],
  ['multipart/form-data; boundary=urlencoded', ['form', 'multipart']],
  ['application/json', ['json']],
  ['text/x-json', ['json']],
  ['application/jsonrequest', ['json']],
  ['application/vnd.api+json', ['json']],
  ['application/x-www-form-urlencoded, application/json', ['form', 'json']],
  ['application/octet-stream', []],
  ['text/html', []],
  ['application/xml', []],
  ['image/png', []],
])('a body of the type %j is searched as %j', (type, formats) => {
  expect(searchedFormats(type)).toEqual(formats);
});

test('a body of several types is searched as each of them', () => {
  const parts = ['grant_type', 'code'].map(
    (name) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\nx\r\n`,
  );
  const search = () => new RedemptionSearch(searchedFormats('multipart/form-data; boundary=urlencoded'));
  expect(search().read(parts.join(''))).toBe(true);
  expect(search().read('grant_type=x&code=y')).toBe(true);
});
