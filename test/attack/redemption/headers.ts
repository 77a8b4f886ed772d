import { rawRequest } from '../../support/raw-http.ts';
import { FORM, type Loot, post, type RedemptionAttack, TOKEN, theft } from './attack.ts';

const PATH_OVERRIDES = [
  'X-Original-URL',
  'X-Rewrite-URL',
  'X_Original_URL',
  'X_Rewrite_Url',
  'x-original-url',
];
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
      write: (loot) => post('/login', loot, `code=${loot.code}`, [FORM, `${header}: ${TOKEN}`]),
    },
    {
      name: `${header} named in Connection`,
      expected: 'defused',
      write: (loot) =>
        query(`/login?code=${loot.code}`, loot, [`${header}: ${TOKEN}`, 'Connection: close, x-a']),
    },
  ]),
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
    name: 'a Content-Type that Connection takes away',
    expected: 'verifier_missing',
    write: (loot) =>
      post(TOKEN, loot, theft(loot.code), [FORM, 'Connection: close, content-type, content-length']),
  },
  {
    name: 'a second Content-Type',
    expected: 'verifier_missing',
    write: (loot) => post(TOKEN, loot, theft(loot.code), [FORM, 'Content-Type: application/json']),
  },
];
