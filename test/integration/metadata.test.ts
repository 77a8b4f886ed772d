import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { sendRaw } from '../support/raw-http.ts';
import { type Answer, send } from '../support/simple-client.ts';
import { type CannedServer, startCannedServer } from '../support/upstreams/canned-server.ts';

const OPENID = '/.well-known/openid-configuration';
const OAUTH = '/.well-known/oauth-authorization-server';

let upstream: CannedServer;
let gateway: GatewayUnderTest;

/** Metadata of a server that uses its own address. */
function metadata(extra: object = {}): Record<string, unknown> {
  const { url } = upstream;
  return {
    issuer: url,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    userinfo_endpoint: `${url}/userinfo`,
    jwks_uri: `${url}/jwks`,
    response_types_supported: ['code', 'code id_token', 'token'],
    ...extra,
  };
}

async function start(issuer = ''): Promise<void> {
  gateway = await startGatewayUnderTest({ upstream: upstream.url, issuer });
  upstream.requests.clear();
}

function get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return send(gateway.url + path, { headers });
}

beforeEach(async () => {
  upstream = await startCannedServer();
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

describe('the discovery document', () => {
  test("has every endpoint at the public URL, PKCE by policy, and the upstream's issuer", async () => {
    const mtls = { token_endpoint: `${upstream.url}/mtls` };
    upstream.answers.set(OPENID, {
      body: metadata({ mtls_endpoint_aliases: mtls, signed_metadata: 'e30.e30.' }),
    });
    await start();
    const answer = await get(OPENID);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      issuer: upstream.url,
      authorization_endpoint: `${gateway.url}/authorize`,
      token_endpoint: `${gateway.url}/token`,
      userinfo_endpoint: `${gateway.url}/userinfo`,
      jwks_uri: `${gateway.url}/jwks`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      request_parameter_supported: false,
      request_uri_parameter_supported: false,
    });
  });

  test('is at public_url, however the upstream uses Host and scheme', async () => {
    const body = metadata({
      authorization_endpoint: 'http://login.example.com/authorize',
      token_endpoint: 'https://login.example.com/token',
    });
    upstream.answers.set(OPENID, { body });
    await start('public_url: https://login.example.com');
    expect((await get(OPENID, { host: 'login.example.com' })).json).toMatchObject({
      authorization_endpoint: 'https://login.example.com/authorize',
      token_endpoint: 'https://login.example.com/token',
      jwks_uri: 'https://login.example.com/jwks',
    });
  });

  test('advertises no PKCE with advertise_pkce: false', async () => {
    upstream.answers.set(OPENID, { body: metadata() });
    await start('metadata: {advertise_pkce: false}');
    expect((await get(OPENID)).json).not.toHaveProperty('code_challenge_methods_supported');
  });

  test('is the same for everybody: no cookies, credentials and conditions go upstream, and no validators come back', async () => {
    upstream.answers.set(OPENID, {
      body: metadata(),
      headers: {
        etag: '"1"',
        'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT',
        'set-cookie': 'a=b',
        'cache-control': 'public, max-age=86400',
      },
    });
    await start();
    const answer = await get(OPENID, {
      cookie: 'session=1',
      authorization: 'Bearer x',
      'if-none-match': '"1"',
      'accept-encoding': 'gzip',
      'x-forwarded-host': 'evil.example',
    });
    const [asked] = upstream.requests.to(OPENID);
    for (const name of ['cookie', 'authorization', 'if-none-match'])
      expect(asked?.headers).not.toHaveProperty(name);
    expect(asked?.headers).toMatchObject({ 'accept-encoding': 'identity', host: new URL(gateway.url).host });
    for (const name of ['etag', 'last-modified', 'set-cookie'])
      expect(answer.headers).not.toHaveProperty(name);
    expect(answer.headers).toMatchObject({
      'cache-control': 'max-age=60',
      'content-length': String(Buffer.byteLength(answer.text)),
    });
    expect(answer.headers['x-request-id']).toEqual(expect.any(String));
  });

  test('with preserve_host: false, the upstream gets its own Host', async () => {
    upstream.answers.set(OPENID, { body: metadata() });
    await start(`upstream: {url: "${upstream.url}", preserve_host: false}`);
    expect((await get(OPENID)).json).toMatchObject({ token_endpoint: `${gateway.url}/token` });
    expect(upstream.requests.to(OPENID)[0]?.headers.host).toBe(new URL(upstream.url).host);
  });

  test('answers HEAD like GET, without a body', async () => {
    upstream.answers.set(OPENID, { body: metadata() });
    await start();
    const { host } = new URL(gateway.url);
    const { text } = await get(OPENID);
    const raw = await sendRaw(
      gateway.url,
      `HEAD ${OPENID} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      { until: 'close' },
    );
    expect(raw.status).toBe(200);
    expect(raw.headers).toContainEqual(['Content-Length', String(Buffer.byteLength(text))]);
    expect(raw.raw.endsWith('\r\n\r\n')).toBe(true);
  });

  test('is also read if the upstream compresses it unrequested, or sends a byte order mark', async () => {
    upstream.answers.set(OPENID, { body: metadata() });
    await start();
    upstream.answers.set(OPENID, {
      body: gzipSync(`\ufeff${JSON.stringify(metadata())}`),
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    });
    const answer = await get(OPENID);
    expect(answer.json).toMatchObject({ token_endpoint: `${gateway.url}/token` });
    expect(answer.headers).not.toHaveProperty('content-encoding');
  });
});

describe('if the upstream has no RFC 8414 document', () => {
  beforeEach(() => {
    upstream.answers.set(OPENID, { body: metadata() });
  });

  test('it is made from the OpenID document', async () => {
    await start();
    const answer = await get(OAUTH);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual((await get(OPENID)).json);
  });

  test('also if a page is at its location', async () => {
    upstream.answers.set(OAUTH, {
      body: '<!doctype html><title>App</title>',
      headers: { 'content-type': 'text/html' },
    });
    await start();
    expect((await get(OAUTH)).json).toMatchObject({ token_endpoint: `${gateway.url}/token` });
  });

  test("the upstream's own document is preferred", async () => {
    upstream.answers.set(OAUTH, { body: metadata({ own: true }) });
    await start();
    expect((await get(OAUTH)).json).toMatchObject({ own: true, token_endpoint: `${gateway.url}/token` });
  });

  test('not with oauth_authorization_server: false', async () => {
    await start('metadata: {oauth_authorization_server: false}');
    expect((await get(OAUTH)).status).toBe(404);
  });
});

describe('an issuer with a path', () => {
  const FORMS = [
    '/tenant/.well-known/openid-configuration',
    '/.well-known/openid-configuration/tenant',
    '/.well-known/oauth-authorization-server/tenant',
    '/tenant/.well-known/oauth-authorization-server',
  ];

  test('is found in every form, from a document at the root', async () => {
    upstream.answers.set(OPENID, { body: metadata({ issuer: `${upstream.url}/tenant/` }) });
    await start();
    for (const form of FORMS)
      expect([form, (await get(form)).json['token_endpoint']]).toEqual([form, `${gateway.url}/token`]);
    expect((await get('/.well-known/oauth-authorization-server/other')).status).toBe(404);
  });

  test('is found in every form, in each realm, from the document of that realm', async () => {
    for (const realm of ['one', 'two']) {
      upstream.answers.set(`/realms/${realm}${OPENID}`, {
        body: metadata({
          issuer: `${upstream.url}/realms/${realm}`,
          token_endpoint: `${upstream.url}/realms/${realm}/token`,
        }),
      });
    }
    await start(
      'endpoints: {authorization: ["/realms/{realm}/auth"], token: ["/realms/{realm}/token"], metadata: ["/realms/{realm}/.well-known/openid-configuration"]}',
    );
    for (const realm of ['one', 'two']) {
      for (const form of FORMS) {
        const { json } = await get(form.replace('tenant', `realms/${realm}`));
        expect([form, json['token_endpoint']]).toEqual([form, `${gateway.url}/realms/${realm}/token`]);
      }
    }
    expect((await get(`/realms/three${OPENID}`)).status).toBe(404);
  });
});

describe('an upstream with errors', () => {
  beforeEach(async () => {
    upstream.answers.set(OPENID, { body: metadata() });
    await start();
  });

  test('is replaced by its last document', async () => {
    const { json } = await get(OPENID);
    upstream.answers.set(OPENID, { status: 503, body: 'down', headers: { 'retry-after': '9' } });
    const answer = await get(OPENID);
    expect([answer.status, answer.json]).toEqual([200, json]);
    expect(answer.headers).not.toHaveProperty('retry-after');
  });

  test('also when it cannot be reached; the fault is counted', async () => {
    const { json } = await get(OPENID);
    await upstream.stop();
    const answer = await get(OPENID);
    expect([answer.status, answer.json]).toEqual([200, json]);
    expect((await gateway.metrics()).value('upstream_errors_total', { issuer: 'corp' })).toBe(1);
  });

  test('passes its own error if there is no last document', async () => {
    upstream.answers.set(OAUTH, { status: 503, body: { error: 'down' } });
    upstream.answers.set(OPENID, { status: 503, body: { error: 'down' } });
    expect(await get(OAUTH)).toMatchObject({ status: 503, json: { error: 'down' } });
    await upstream.stop();
    const answer = await get(OAUTH);
    expect(answer).toMatchObject({ status: 502, json: { error: 'temporarily_unavailable' } });
  });

  test('a document with a query is requested with it, and not kept', async () => {
    expect((await get(`${OPENID}?p=policy`)).status).toBe(200);
    expect(upstream.requests.all[0]?.target).toBe(`${OPENID}?p=policy`);
    upstream.answers.set(OPENID, { status: 503 });
    expect((await get(`${OPENID}?p=policy`)).status).toBe(503);
    expect((await get(OPENID)).status).toBe(503);
  });
});

describe('a response that is not metadata', () => {
  beforeEach(async () => {
    upstream.answers.set(OPENID, { body: metadata() });
    await start();
  });

  test.each([
    ['a page', { body: `<!doctype html><a href="/x">x</a>`, headers: { 'content-type': 'text/html' } }],
    ['an error', { status: 404, body: { error: 'no such realm' } }],
    ['a refusal', { status: 401, body: { error: 'who are you' }, headers: { 'www-authenticate': 'Basic' } }],
    ['another JSON', { body: ['https://idp.example'] }],
    ['a large page', { body: 'x'.repeat(1_000_000), status: 500, headers: { 'content-type': 'text/html' } }],
  ])('%s is sent to the client unchanged', async (_, answer) => {
    upstream.answers.set(OPENID, answer);
    const expected = await send(upstream.url + OPENID);
    // There is no last document yet.
    const got = await get(OPENID);
    expect([got.status, got.text]).toEqual([expected.status, expected.text]);
    expect(got.headers['content-type']).toBe(expected.headers['content-type']);
    expect(got.headers['www-authenticate']).toBe(expected.headers['www-authenticate']);
  });

  test('a redirect within the upstream stays at the public URL', async () => {
    upstream.answers.set(OPENID, { status: 301, headers: { location: `${upstream.url}/elsewhere` } });
    expect((await get(OPENID)).location?.href).toBe(`${gateway.url}/elsewhere`);
  });

  test.each([
    ['too large', { body: { issuer: 'x', filler: 'x'.repeat(300_000) } }],
    ['in an unknown encoding', { body: 'xx', headers: { 'content-encoding': 'compress' } }],
  ])('a document that is %s is a fault: it could bypass the gateway', async (_, answer) => {
    upstream.answers.set(OPENID, answer);
    expect(await get(OPENID)).toMatchObject({ status: 502, json: { error: 'temporarily_unavailable' } });
  });

  test('a redemption in the query of a metadata path is refused', async () => {
    const answer = await get(`${OPENID}?grant_type=authorization_code&code=x`);
    expect([answer.status, upstream.requests.all]).toEqual([400, []]);
  });
});
