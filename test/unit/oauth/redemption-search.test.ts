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

const BLANKS = ' '.repeat(200);

test.each([
  ['form', `grant_type=x&${BLANKS}`, 'code=y'],
  ['form', `grant_type=x&${'%20'.repeat(200)}`, '%63ode=y'],
  ['form', `grant_type=x&code${BLANKS}`, '=y'],
  ['json', `{"grant_type":"x","code"${'\n'.repeat(200)}`, ':"y"}'],
  ['json', `{"grant_type":"x","${BLANKS}`, 'code":"y"}'],
  ['multipart', `name="grant_type"\r\n\r\nx\r\nname${BLANKS}`, `=${BLANKS}"code"\r\n`],
  ['multipart', 'name="grant_type"\r\n\r\nx\r\nname="c\\', 'o\\de"\r\n'],
  ['multipart', "name*=iso-8859-1'en'grant_type\r\n\r\nx\r\nname * = us-ascii''", 'code\r\n'],
] as const)('in the format %s, names are found across pieces (%#)', (format, ...pieces) => {
  const search = new RedemptionSearch([format]);
  expect(pieces.map((piece) => search.read(piece))).toEqual([false, true]);
});

test.each(['a text\nof a code\nand a grant_type', '{"text":"code: 1, grant_type: 2"}'])(
  'other texts with these words pass: %j',
  (text) => expect(new RedemptionSearch(['form', 'json', 'multipart']).read(text)).toBe(false),
);
