import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { rawRequest } from '../../support/raw-http.ts';
import { EBCDIC } from '../../support/upstreams/sloppy/lenient-text.ts';
import { FORM, type Loot, post, type RedemptionAttack, theft } from './attack.ts';
import type { MessageAttack } from './messages.ts';

type Expected = RedemptionAttack['expected'];

const FIELDS = (code: string) => ({ grant_type: 'authorization_code', code, client_id: 'lax' });

const typed = (name: string, type: string, body: (code: string) => string): MessageAttack => ({
  name,
  expected: 'content_type_not_allowed',
  write: (target, loot) => post(target, loot, body(loot.code), [`Content-Type: ${type}`]),
});

const encoded = (
  name: string,
  coding: string,
  encode: (form: Buffer) => Buffer,
  type = FORM,
): MessageAttack => ({
  name,
  expected: type === FORM ? 'content_encoding_not_allowed' : 'content_type_not_allowed',
  // A wrapped code that the gateway cannot read is worthless at the server.
  elsewhere: {
    expected: 'content_encoding_not_allowed',
    ofWrapped: encode(Buffer.from('plain')).toString() === 'plain' ? 'path_ambiguous' : 'defused',
  },
  write: (target, loot) => {
    // The filling makes it worth compressing: brotli leaves some short texts as they are, depending on the code.
    const filling = ' '.repeat(200);
    const text =
      type === FORM ? `${theft(loot.code)}&pad=${filling}` : JSON.stringify(FIELDS(loot.code)) + filling;
    return post(target, loot, encode(Buffer.from(text)).toString('latin1'), [
      type,
      `Content-Encoding: ${coding}`,
    ]);
  },
});

const json = (name: string, body: (code: string) => string, type = 'application/json') =>
  typed(name, type, body);

const BOUNDARY = 'the-boundary';
const part = (head: string, value: string) =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${value}\r\n`;
const grantHead = 'name="grant_type"';

const multipart = (name: string, grant: string, write = (body: string) => body): MessageAttack =>
  typed(name, `multipart/form-data; boundary=${BOUNDARY}`, (code) =>
    write(`${grant}${part('name="code"', code)}--${BOUNDARY}--\r\n`),
  );

const utf16 = (text: string, big = false) => {
  const bytes = Buffer.from(text, 'utf16le');
  return (big ? bytes.swap16() : bytes).toString('latin1');
};
const utf7 = (text: string) =>
  text.replace(
    /[_=&]/g,
    (c) => `+${Buffer.from(c, 'utf16le').swap16().toString('base64').replace(/=+$/, '')}-`,
  );

/** The code page of mainframes. */
const ebcdic = (text: string) => Buffer.from([...text].map((c) => EBCDIC.indexOf(c))).toString('latin1');

const withMethod = (
  method: string,
  where: 'query' | 'body',
  expected: Expected = 'http_method_not_allowed',
): MessageAttack => ({
  name: `${method} with everything in the ${where}`,
  expected,
  write: (target, loot) =>
    where === 'query'
      ? rawRequest(`${method} ${target}?${theft(loot.code)} HTTP/1.1`, [], '', loot.host)
      : rawRequest(`${method} ${target} HTTP/1.1`, [FORM], theft(loot.code), loot.host),
  // Without its body it names no client.
  ...(method === 'GET' &&
    where === 'body' && {
      amongLax: 'defused',
      elsewhere: { expected: 'path_ambiguous', amongLax: 'path_ambiguous' },
    }),
});

const mixed = (
  name: string,
  query: (code: string) => string,
  body: (code: string) => string,
  headers = [FORM],
): MessageAttack => ({
  name,
  expected: headers[0] === FORM ? 'parameter_in_query' : 'content_type_not_allowed',
  write: (target, loot) => post(`${target}?${query(loot.code)}`, loot, body(loot.code), headers),
});

const FORM_TYPE = 'application/x-www-form-urlencoded';
const formInJson = (code: string) => `{"client_id":"lax","x":"&${theft(code)}&y="}`;
const MANY = ' '.repeat(70_000);
/** The body arrives in several pieces, and the name is far from what precedes it. */
const BLANKS: readonly (readonly [where: string, type: string, body: (code: string) => string])[] = [
  ['before the code', FORM_TYPE, (code) => `grant_type=authorization_code&${MANY}code=${code}`],
  ['behind the name of the code', FORM_TYPE, (code) => `grant_type=authorization_code&code${MANY}=${code}`],
  [
    'before a colon',
    'application/json',
    (code) => `{"grant_type":"authorization_code","code"${MANY}:"${code}"}`,
  ],
  [
    'in a part',
    `multipart/form-data; boundary=${BOUNDARY}`,
    (code) =>
      `${part(grantHead, 'authorization_code')}${part(`name="${MANY}code"`, code)}--${BOUNDARY}--\r\n`,
  ],
];
const BIG = `pad=${'x'.repeat(70_000)}`;

const chunked = (
  name: string,
  expected: Expected,
  write: (form: string) => string,
  headers: readonly string[] = [],
): MessageAttack => ({
  name,
  expected,
  write: (target, loot) =>
    post(target, loot, write(theft(loot.code)), [FORM, 'Transfer-Encoding: chunked', ...headers]),
});
const chunk = (text: string, extension = '') => `${text.length.toString(16)}${extension}\r\n${text}\r\n`;

export const BODY_ATTACKS: readonly MessageAttack[] = [
  typed('text/plain', 'text/plain', theft),
  ...['application/octet-stream', 'application/xml', 'image/png'].map((type) => ({
    ...typed(type, type, theft),
    // The gateway searches forms, multipart and JSON.
    onlyAtEndpoint: true as const,
  })),
  ...['text/x-json', 'application/jsonrequest'].map((type) =>
    typed(`JSON as ${type}`, type, (code) => JSON.stringify(FIELDS(code))),
  ),
  typed('a type within a parameter', `text/html; a=${FORM_TYPE}`, theft),
  typed('a type of two', 'application/x-www-form-urlencoded, application/json', theft),
  { ...typed('a type with a parameter', `${FORM_TYPE}; x=y`, theft), expected: 'verifier_missing' },
  typed('an empty type', '', theft),
  {
    ...typed('no type', '', theft),
    name: 'no type at all',
    write: (target, loot) => post(target, loot, theft(loot.code), []),
  },
  json('JSON', (code) => JSON.stringify(FIELDS(code))),
  json('JSON over many lines', (code) => JSON.stringify(FIELDS(code), undefined, 4)),
  json('JSON in the guise of a form', (code) => JSON.stringify(FIELDS(code)), 'text/json'),
  json('JSON with another type', (code) => JSON.stringify(FIELDS(code)), 'application/vnd.api+json'),
  json('nested JSON', (code) => JSON.stringify({ data: { attributes: FIELDS(code) } })),
  json('JSON with arrays', (code) => JSON.stringify({ grant_type: ['authorization_code'], code: [code] })),
  json('JSON with escapes', (code) => `{"\\u0067rant_type":"authorization\\u005fcode","code":"${code}"}`),
  json(
    'JSON with a name twice',
    (code) => `{"grant_type":"x","grant_type":"authorization_code","code":"${code}"}`,
  ),
  json('JSON behind a byte order mark', (code) => `\xef\xbb\xbf${JSON.stringify(FIELDS(code))}`),
  json('JSON declared as a form', (code) => JSON.stringify(FIELDS(code)), FORM_TYPE),
  json(
    'JSON after a byte order mark, declared as a form',
    (code) => `\xef\xbb\xbf ${JSON.stringify(FIELDS(code))}`,
    FORM_TYPE,
  ),
  json('a form in a text of JSON, as a form', (code) => formInJson(code), FORM_TYPE),
  // The gateway searches JSON for the names of JSON.
  { ...json('a form in a text of JSON', (code) => formInJson(code)), onlyAtEndpoint: true },
  json('JSON in UTF-16', (code) => utf16(JSON.stringify(FIELDS(code)))),
  json('JSON in UTF-16, big end first', (code) => utf16(JSON.stringify(FIELDS(code)), true)),
  json('JSON in UTF-16 with its mark', (code) => `\xff\xfe${utf16(JSON.stringify(FIELDS(code)))}`),
  multipart('multipart', part(grantHead, 'authorization_code')),
  multipart('multipart without quotes', part('name=grant_type', 'authorization_code')),
  multipart('multipart with a file name', part(`${grantHead}; filename="x.txt"`, 'authorization_code')),
  multipart(
    'multipart with headers',
    part(`${grantHead}\r\nContent-Type: text/plain\r\nX-A: b`, 'authorization_code'),
  ),
  multipart('multipart with an extended name', part("name*=utf-8''grant%5Ftype", 'authorization_code')),
  multipart('multipart by lines of LF', part(grantHead, 'authorization_code'), (body) =>
    body.replaceAll('\r\n', '\n'),
  ),
  multipart(
    'multipart in quoted-printable',
    part(`${grantHead}\r\nContent-Transfer-Encoding: quoted-printable`, 'authorization=5Fcode'),
  ),
  multipart(
    'multipart in soft lines',
    part(`${grantHead}\r\nContent-Transfer-Encoding: quoted-printable`, 'authoriza=\r\ntion_code'),
  ),
  multipart(
    'multipart in base64',
    part(
      `${grantHead}\r\nContent-Transfer-Encoding: base64`,
      Buffer.from('authorization_code').toString('base64'),
    ),
  ),
  multipart('multipart with a preamble', `a preamble\r\n${part(grantHead, 'authorization_code')}`),
  {
    ...typed('UTF-7', `${FORM_TYPE}; charset=utf-7`, (code) => utf7(theft(code))),
    onlyAtEndpoint: true,
  },
  ...['cp037', '037', 'utf-8; charset=037', '"utf-8"; charset="037"'].map((charset) => ({
    ...typed(
      `EBCDIC as ${charset}`,
      `${FORM_TYPE}; charset=${charset}`,
      (code) => `x=${ebcdic(`&${theft(code)}`)}`,
    ),
    onlyAtEndpoint: true as const,
  })),
  typed('UTF-16', 'application/x-www-form-urlencoded; charset=utf-16le', (code) => utf16(theft(code))),
  typed('UTF-16, big end first', 'application/x-www-form-urlencoded; charset=utf-16be', (code) =>
    utf16(theft(code), true),
  ),
  {
    name: 'UTF-16 that says nothing of it',
    expected: 'parameter_malformed',
    write: (target, loot) => post(target, loot, utf16(theft(loot.code), true)),
  },
  { ...typed('ISO-8859-1', `${FORM_TYPE}; charset=iso-8859-1`, theft), expected: 'verifier_missing' },
  {
    name: 'a form behind a byte order mark',
    expected: 'parameter_malformed',
    write: (target, loot) => post(target, loot, `\xef\xbb\xbf${theft(loot.code)}`),
  },
  encoded('gzip', 'gzip', gzipSync),
  encoded('x-gzip', 'x-gzip', gzipSync),
  encoded('deflate', 'deflate', deflateSync),
  encoded('raw deflate', 'deflate', deflateRawSync),
  encoded('brotli', 'br', brotliCompressSync),
  encoded('gzip twice', 'gzip, gzip', (form) => gzipSync(gzipSync(form))),
  encoded('gzip in capitals', 'GZIP', gzipSync),
  encoded('declared as gzip, but not', 'gzip', (form) => form),
  encoded('gzip that breaks off', 'gzip', (form) => gzipSync(form).subarray(0, -8)),
  encoded('an unknown coding', 'x-unknown', (form) => form),
  encoded('gzip in JSON', 'gzip', gzipSync, 'Content-Type: application/json'),
  encoded('brotli in JSON', 'br', brotliCompressSync, 'Content-Type: application/json'),
  ...['GET', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'QUERY'].flatMap((method) => [
    withMethod(method, 'query'),
    withMethod(method, 'body'),
  ]),
  withMethod('OPTIONS', 'query'),
  withMethod('OPTIONS', 'body'),
  withMethod('POST', 'query', 'parameter_in_query'),
  mixed(
    'the code in the query',
    (code) => `code=${code}`,
    () => 'grant_type=authorization_code',
  ),
  mixed(
    'the grant in the query',
    () => 'grant_type=authorization_code',
    (code) => `code=${code}`,
  ),
  mixed(
    'the grant in the query, JSON',
    () => 'grant_type=authorization_code',
    (code) => `{"code":"${code}"}`,
    ['Content-Type: application/json'],
  ),
  mixed('all in the query but an empty pair', theft, () => '&'),
  {
    name: 'behind 70,000 characters',
    expected: 'body_too_large',
    write: (target, loot) => post(target, loot, `${BIG}&${theft(loot.code)}`),
  },
  {
    name: 'before 70,000 characters',
    expected: 'body_too_large',
    write: (target, loot) => post(target, loot, `${theft(loot.code)}&${BIG}`),
  },
  ...BLANKS.map(
    ([name, type, body]): MessageAttack => ({
      name: `70,000 blanks ${name}`,
      expected: 'body_too_large',
      write: (target, loot) => post(target, loot, body(loot.code), [`Content-Type: ${type}`]),
    }),
  ),
  {
    name: 'gzip of 130,000 random characters and more',
    expected: 'content_encoding_not_allowed',
    elsewhere: { expected: 'content_encoding_not_allowed', ofWrapped: 'defused' },
    write: (target, loot: Loot) => {
      const form = Buffer.from(`pad=${noise(130_000)}&${theft(loot.code)}`);
      return post(target, loot, gzipSync(form).toString('latin1'), [FORM, 'Content-Encoding: gzip']);
    },
  },
  encoded('gzip that grows a thousandfold', 'gzip', (form) =>
    gzipSync(Buffer.concat([Buffer.from(`pad=${'0'.repeat(2_000_000)}&`), form])),
  ),
  chunked('chunked', 'verifier_missing', (form) => `${chunk(form)}0\r\n\r\n`),
  chunked(
    'in chunks of one octet',
    'verifier_missing',
    (form) => `${[...form].map((c) => chunk(c)).join('')}0\r\n\r\n`,
  ),
  chunked('chunked with an extension', 'verifier_missing', (form) => `${chunk(form, ';a=b')}0\r\n\r\n`),
  chunked('chunked with trailers', 'verifier_missing', (form) => `${chunk(form)}0\r\nX-A: b\r\n\r\n`, [
    'Trailer: X-A',
  ]),
];

/** Barely compressible characters, the same in each run. */
function noise(length: number): string {
  let seed = 1;
  return Array.from({ length }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return String.fromCharCode(97 + (seed % 26));
  }).join('');
}
