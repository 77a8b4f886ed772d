import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { buildFlowPrefix } from '../../src/store/flow-prefix.ts';
import { startProxyTo, startUpstream } from '../integration/proxy-stage.ts';
import type { GatewayUnderTest } from '../support/gateway-under-test.ts';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';

const JSON_TYPE = 'Content-Type: application/json';
const FORM = 'Content-Type: application/x-www-form-urlencoded';
const get = (path: string) => rawRequest(`GET ${path} HTTP/1.1`, []);
const post = (path: string, headers: readonly string[], body: string) =>
  rawRequest(`POST ${path} HTTP/1.1`, headers, body);

/** Texts that are far more expensive for a careless reader than normal text of the same length. */
const TEXTS: readonly (readonly [what: string, costly: string, honest: string])[] = [
  ['a path of dots', get(`/${'.'.repeat(31_000)}a`), get(`/${'b'.repeat(31_000)}a`)],
  ['a path of slashes', get(`${'/'.repeat(31_000)}a`), get(`/${'b'.repeat(31_000)}a`)],
  [
    'a Content-Type of blanks',
    post('/oauth2/token', [`${FORM};${' '.repeat(31_000)}x`], 'a=b'),
    post('/oauth2/token', [`${FORM};${'y'.repeat(31_000)}x`], 'a=b'),
  ],
  [
    'JSON of escaped quotes',
    post('/any', [JSON_TYPE], `"${'\\"'.repeat(32_000)}`),
    post('/any', [JSON_TYPE], `"${'ab'.repeat(32_000)}`),
  ],
  [
    'deep JSON',
    post('/oauth2/token', [JSON_TYPE], '{"a":'.repeat(10_000)),
    post('/oauth2/token', [JSON_TYPE], `{"a":"${'b'.repeat(50_000)}"}`),
  ],
  [
    'ten thousand content codings',
    post('/any', [JSON_TYPE, `Content-Encoding: ${'br,'.repeat(10_000)}br`], '{}'),
    post('/any', [JSON_TYPE, `X-Padding: ${'br,'.repeat(10_000)}br`], '{}'),
  ],
  [
    'a form of empty pairs',
    post('/oauth2/token', [FORM], '&'.repeat(60_000)),
    post('/oauth2/token', [FORM], `a=${'b'.repeat(60_000)}`),
  ],
];

/** A form of one short part, over and over, as octets. */
const many = (part: string) =>
  Array(Math.floor(60_000 / (part.length + 1)))
    .fill(part)
    .join('&');
const PLAIN_FORM = post('/oauth2/token', [FORM], `a=${'b'.repeat(60_000)}`);

const FORMS: readonly (readonly [what: string, part: string])[] = [
  ['names', 'a'],
  ['names that are not UTF-8', '\xff'],
  ['escapes that are not UTF-8', '%ff'],
  ['broken escapes', '%'],
  ['names beyond ASCII', '\xc3\xa9'],
  ['names with a dot', 'A.'],
  ['semicolons', `a=${';'.repeat(1_000)}`],
];

/** JSON of many texts at a depth at which each is found slowly. */
const nested = (depth: number) =>
  `{"a":${'['.repeat(depth)}${'"",'.repeat((60_000 - 2 * depth) / 3)}""${']'.repeat(depth)}}`;
const PLAIN_JSON = post('/oauth2/token', [JSON_TYPE], `{"a":"${'b'.repeat(60_000)}"}`);

const ROUNDS = 15;
/** Careless readers needed hundreds of times as much. */
const FACTOR = 10;

/** Ids that take long to fold, each another one. */
const CLIENT_IDS = Array.from({ length: 30 }, (_, i) => `client_id=${i}${'\xef\xb7\xba'.repeat(600)}`).join(
  '&',
);

const MANY: typeof TEXTS = [
  ...FORMS.map(
    ([what, part]) => [`a form of ${what}`, post('/oauth2/token', [FORM], many(part)), PLAIN_FORM] as const,
  ),
  ['a form of client_ids', post('/oauth2/token', [FORM], CLIENT_IDS), PLAIN_FORM],
  ['JSON of texts in 500 arrays', post('/oauth2/token', [JSON_TYPE], nested(500)), PLAIN_JSON],
  ['JSON of texts in 5,000 arrays', post('/oauth2/token', [JSON_TYPE], nested(5_000)), PLAIN_JSON],
];

/**
 * Compares the processor time of two requests: the least of several rounds, in which they take turns. A busy machine makes
 * requests wait, but costs them no processor time.
 */
async function expectUsualCost(gateway: GatewayUnderTest, costly: string, honest: string): Promise<void> {
  const least = { costly: Number.POSITIVE_INFINITY, honest: Number.POSITIVE_INFINITY };
  for (let round = 0; round < ROUNDS; round++) {
    least.honest = Math.min(least.honest, await costOf(gateway, honest));
    least.costly = Math.min(least.costly, await costOf(gateway, costly));
  }
  expect(least.costly).toBeLessThan(FACTOR * least.honest);
}

/** Microseconds of processor time, for both ends. */
async function costOf(gateway: GatewayUnderTest, request: string): Promise<number> {
  const before = process.cpuUsage();
  const { status } = await sendRaw(gateway.url, request);
  const { user, system } = process.cpuUsage(before);
  expect(status).toBeLessThan(500);
  return user + system;
}

test.each([...TEXTS, ...MANY])(
  '%s costs about as much as any other text of its length',
  async (_, costly, honest) => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startProxyTo(upstream);
    await expectUsualCost(gateway, costly, honest);
  },
);

/** References that no browser knows, each another one. */
const references = (length: number) =>
  Array.from({ length: length / 7 }, (_, i) => `&z${i.toString(36).padStart(4, 'q')};`).join('');

/** Words without a prefix are not read, so this is one word with the one in front of it. */
const WORD = '&z%20yx'.repeat(50_000 / 7);

test.each([
  ['text/html', 'made-up references', references, WORD],
  ['application/json', 'made-up references', references, WORD],
  ['text/plain', 'made-up references', references, WORD],
  [
    'text/html',
    'prefixes',
    (length: number, prefix: string) => `${prefix} `.repeat(length / 33),
    'word '.repeat(10_000),
  ],
])('a response in %s that repeats %s costs about as much as any other', async (type, _, text, honest) => {
  await using upstream = await startUpstream(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const sent = Buffer.concat(chunks).toString();
    res.writeHead(200, { 'content-type': type }).end(type.endsWith('json') ? JSON.stringify({ sent }) : sent);
  });
  await using gateway = await startProxyTo(upstream);
  const prefix = buildFlowPrefix(upstream.url, true, randomBytes(20));
  const send = (sent: string) => post('/login', ['Content-Type: x/y'], `?x=${prefix}&y=${sent}`);
  await expectUsualCost(gateway, send(text(50_000, prefix)), send(honest));
});

test('a page that repeats made-up prefixes costs a few look-ups in the store', async () => {
  await using upstream = await startUpstream((req, res) => {
    res.writeHead(200, { 'content-type': 'text/html' }).end(`<p>${req.url?.replaceAll('+', ' ')}</p>`);
  });
  await using gateway = await startProxyTo(upstream);
  const prefixes = Array.from({ length: 250 }, () => buildFlowPrefix(upstream.url, true, randomBytes(20)));
  const query = prefixes.map((prefix) => `https://a/?state=${prefix}`).join('+');
  expect((await sendRaw(gateway.url, get(`/login?${query}`))).status).toBe(200);
  const metrics = await gateway.metrics();
  expect(metrics.value('store_duration_seconds_count', { operation: 'findFlow' })).toBe(32);
  expect(metrics.value('store_errors_total', { operation: 'findFlow' })).toBe(0);
});
