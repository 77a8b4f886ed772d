import { rawRequest } from '../../support/raw-http.ts';
import { FORM, type Loot, post, type RedemptionAttack, TOKEN, theft } from './attack.ts';

const PATH_OVERRIDES = [
  'X-Original-URL',
  'X-Rewrite-URL',
  'X_Original_URL',
  'X_Rewrite_Url',
  'x-original-url',
];
/** Gunicorn and many WSGI middlewares take this prefix from the path. */
const PREFIXES = ['SCRIPT_NAME', 'Script-Name', 'X-Script-Name'];
const METHOD_OVERRIDES = [
  'X-HTTP-Method-Override',
  'X-HTTP-Method',
  'X-Method-Override',
  'X_HTTP_Method_Override',
  'X_Http_Method',
];

const query = (target: string, { host }: Loot, headers: readonly string[]) =>
  rawRequest(`GET ${target} HTTP/1.1`, headers, '', host);

const POST_ONLY = { redeemingMethods: 'post' } as const;

const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];

/** Data that only a lenient HTTP parser reads as a request. */
const SMUGGLED: readonly (readonly [name: string, write: (form: string, head: string) => string])[] = [
  [
    'both a length and chunks',
    (form, head) =>
      `${head}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n${form.length.toString(16)}\r\n${form}\r\n0\r\n\r\n`,
  ],
  ['a line end without CR', (form, head) => `${head}\nContent-Length: ${form.length}\n\n${form}`],
  [
    'a header over two lines',
    (form, head) => `${head}\r\n ;x\r\nContent-Length: ${form.length}\r\n\r\n${form}`,
  ],
  [
    'a header with a control character',
    (form, head) => `${head}\r\nX-A: \x01\r\nContent-Length: ${form.length}\r\n\r\n${form}`,
  ],
];

export const HEADER_ATTACKS: readonly RedemptionAttack[] = [
  ...PATH_OVERRIDES.flatMap((header): RedemptionAttack[] => [
    {
      name: `a form to a page, with ${header}`,
      expected: 'path_ambiguous',
      write: (loot) => post('/login', loot, theft(loot.code), [FORM, `${header}: ${TOKEN}`]),
    },
    {
      name: `a query of a page, with ${header}`,
      expected: 'path_ambiguous',
      write: (loot) => query(`/login?${theft(loot.code)}`, loot, [`${header}: ${TOKEN}`]),
    },
    {
      name: `all inside ${header}`,
      expected: 'defused',
      write: (loot) => query('/login', loot, [`${header}: ${TOKEN}?${theft(loot.code)}`]),
    },
    {
      name: `a code without a grant to a page, with ${header}`,
      expected: 'defused',
      ofWrapped: 'path_ambiguous',
      write: (loot) => post('/login', loot, `code=${loot.code}`, [FORM, `${header}: ${TOKEN}`]),
    },
    {
      name: `${header} named in Connection`,
      expected: 'defused',
      ofWrapped: 'path_ambiguous',
      write: (loot) =>
        query(`/login?code=${loot.code}`, loot, [`${header}: ${TOKEN}`, 'Connection: close, x-a']),
    },
  ]),
  ...PREFIXES.map(
    (header): RedemptionAttack => ({
      name: `a code without a grant below a prefix in ${header}`,
      expected: 'defused',
      ofWrapped: 'path_ambiguous',
      write: (loot) => post(`/base${TOKEN}`, loot, `code=${loot.code}`, [FORM, `${header}: /base`]),
    }),
  ),
  ...METHOD_OVERRIDES.map(
    (header): RedemptionAttack => ({
      name: `GET with ${header}`,
      expected: 'http_method_not_allowed',
      laxity: POST_ONLY,
      write: (loot) => query(`${TOKEN}?${theft(loot.code)}`, loot, [`${header}: POST`]),
    }),
  ),
  {
    name: 'PUT with _method',
    expected: 'http_method_not_allowed',
    laxity: POST_ONLY,
    write: (loot) =>
      rawRequest(`PUT ${TOKEN} HTTP/1.1`, [FORM], `_method=POST&${theft(loot.code)}`, loot.host),
  },
  ...[
    [
      'Basic credentials of another client',
      `Authorization: Basic ${Buffer.from('lax:secret').toString('base64')}`,
    ],
    ['Basic credentials without a colon', `Authorization: Basic ${Buffer.from('lax').toString('base64')}`],
    ['a Bearer token', 'Authorization: Bearer x'],
    ['HTTP Digest', 'Authorization: Digest username="lax"'],
    ['a foreign Origin', 'Origin: https://evil.example'],
    ['X-Forwarded-Host', 'X-Forwarded-Host: evil.example'],
    ['X-Forwarded-Prefix', 'X-Forwarded-Prefix: /oauth2'],
    ['Expect', 'Expect: 100-continue'],
    [
      'an h2c upgrade',
      'Connection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
    ],
    ['Accept: text/html', 'Accept: text/html'],
    ['Range', 'Range: bytes=0-'],
  ].map(
    ([name, header]): RedemptionAttack => ({
      name: `a form with ${name}`,
      expected: 'verifier_missing',
      write: (loot) => post(TOKEN, loot, theft(loot.code), [FORM, header ?? '']),
    }),
  ),
  {
    name: 'a first line of HTTP/1.0',
    expected: 'verifier_missing',
    write: ({ host, code }) =>
      `POST ${TOKEN} HTTP/1.0\r\nHost: ${host}\r\n${FORM}\r\nContent-Length: ${theft(code).length}\r\n\r\n${theft(code)}`,
  },
  {
    name: 'a Content-Type that Connection removes',
    expected: 'verifier_missing',
    write: (loot) =>
      post(TOKEN, loot, theft(loot.code), [FORM, 'Connection: close, content-type, content-length']),
  },
  {
    name: 'a second Content-Type',
    expected: 'verifier_missing',
    write: (loot) => post(TOKEN, loot, theft(loot.code), [FORM, 'Content-Type: application/json']),
  },
  ...[TOKEN, '/index.psgi/oauth2/token', '/oauth2/token/foo'].map(
    (path): RedemptionAttack => ({
      name: `a WebSocket upgrade of a query of ${path}`,
      expected: 'unreadable',
      write: (loot) => query(`${path}?${theft(loot.code)}`, loot, UPGRADE),
    }),
  ),
  ...[TOKEN, '/index.psgi/oauth2/token'].map(
    (path): RedemptionAttack => ({
      name: `a WebSocket upgrade with a form, of ${path}`,
      expected: 'unreadable',
      write: (loot) => rawRequest(`GET ${path} HTTP/1.1`, [FORM, ...UPGRADE], theft(loot.code), loot.host),
    }),
  ),
  ...SMUGGLED.map(
    ([name, write]): RedemptionAttack => ({
      name,
      expected: 'unreadable',
      write: (loot) =>
        write(
          theft(loot.code),
          `POST ${TOKEN} HTTP/1.1\r\nHost: ${loot.host}\r\nConnection: close\r\n${FORM}`,
        ),
    }),
  ),
];
