import { expect, test } from 'vitest';
import { startProxyTo } from '../integration/proxy-stage.ts';
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

const ROUNDS = 15;
/** Careless readers needed hundreds of times as long. */
const FACTOR = 10;

test.each(TEXTS)('%s costs about as much as any other text of its length', async (_, costly, honest) => {
  await using upstream = await startScriptedLegacyServer();
  await using gateway = await startProxyTo(upstream);
  const fastest = async (request: string) => {
    const times: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const started = performance.now();
      const { status } = await sendRaw(gateway.url, request);
      expect(status).toBeLessThan(500);
      times.push(performance.now() - started);
    }
    return Math.min(...times);
  };
  const beside = await fastest(honest);
  expect(await fastest(costly)).toBeLessThan(FACTOR * beside);
});
