import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { type SloppyServer, startSloppyServer } from '../support/upstreams/sloppy-server.ts';
import { SMUGGLING_CASES } from './smuggling/cases.ts';

let server: SloppyServer;
let gateway: GatewayUnderTest;
const seen: string[] = [];
beforeAll(async () => {
  server = await startSloppyServer(({ request: { method, url } }) => {
    if (!url?.startsWith('/.well-known/')) seen.push(`${method} ${url}`);
  });
  gateway = await startGatewayUnderTest({
    upstream: server.url,
    issuer: [
      'forward_pkce: never',
      'endpoints: {authorization: [/oauth2/authorize], token: [/oauth2/token]}',
      // Bare codes, which are valid at the server.
      'unlisted_clients: {mode: enforce, wrap_codes: false}',
    ].join('\n'),
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Redeems a code from the front channel, at the gateway or the server. */
async function newParts(url: string) {
  const form = `grant_type=authorization_code&code=${await new SimpleClient(gateway.url).newCode()}&client_id=lax`;
  const { host } = new URL(url);
  const type = 'Content-Type: application/x-www-form-urlencoded';
  return { host, form, redemption: rawRequest('POST /oauth2/token HTTP/1.1', [type], form, host) };
}

const statusesIn = (raw: string) =>
  [...raw.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

test('the smuggled request succeeds directly at the server', async () => {
  const { redemption } = await newParts(server.url);
  expect((await sendRaw(server.url, redemption)).body).toContain('access_token');
});

describe('through the gateway, a stolen code yields no token by', () => {
  test.each(SMUGGLING_CASES.map((smuggling) => [smuggling.name, smuggling] as const))(
    '%s',
    async (_, { write, statuses, upstream }) => {
      const parts = await newParts(gateway.url);
      const { issued } = server;
      seen.length = 0;
      const raw = await sendRaw(gateway.url, write(parts), { until: 'close' }).then(
        (response) => response.raw,
        () => '',
      );
      expect({ statuses: statusesIn(raw), upstream: [...seen], issued: server.issued }).toEqual({
        statuses,
        upstream,
        issued,
      });
      expect(raw).not.toContain('access_token');
      // And the next one is served.
      expect((await sendRaw(gateway.url, rawRequest('GET /page HTTP/1.1', []))).status).toBe(404);
    },
  );
});

test("nothing enables Node's lenient parser", () => {
  const root = new URL('../../', import.meta.url);
  const lenient = ['src', 'scripts', 'charts', 'config']
    .flatMap((folder) => filesBelow(new URL(`${folder}/`, root)))
    .concat(fileURLToPath(new URL('package.json', root)))
    .filter((path) =>
      /insecureHTTPParser: true|insecure-http-parser|joinDuplicateHeaders/.test(readFileSync(path, 'utf8')),
    );
  expect(lenient).toEqual([]);
  const listener = readFileSync(new URL('src/http/listener.ts', root), 'utf8');
  expect(listener).toContain('insecureHTTPParser: false');
});

function filesBelow(folder: URL): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`);
  } catch {
    return [];
  }
}
