import { describe, expect, test } from 'vitest';
import { startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { startProxyTo } from './proxy-stage.ts';

/** The result of a request line: the client's status, and the targets that the upstream saw. */
async function sent(requestLine: string, headers: readonly string[] = [], host = 'login.example') {
  await using upstream = await startScriptedLegacyServer();
  await using gateway = await startProxyTo(upstream);
  const before = upstream.requests.all.length;
  const answer = await sendRaw(gateway.url, rawRequest(requestLine, headers, '', host));
  const seen = upstream.requests.all.slice(before);
  return {
    answer,
    targets: seen.map(({ target }) => target),
    hosts: seen.map(({ headers }) => headers.host),
  };
}

describe('an unambiguous request target is forwarded unchanged', () => {
  test.each([
    '/inspect',
    '/inspect?a=1&&b=%zz;c',
    '/inspect?a=?b',
    '/inspect?',
    '/oauth2/authorize?',
    '//inspect',
    '/a/../inspect',
    '/%2e%2e/inspect/%2F%5c',
    '/%',
    '/{a}|b^`"<>',
    `/${'x'.repeat(8_000)}`,
  ])('%s', async (target) => {
    expect((await sent(`GET ${target} HTTP/1.1`)).targets).toEqual([target]);
  });

  test.each([
    ['http://login.example/inspect?a=b', '/inspect?a=b'],
    ['HTTP://LOGIN.example/inspect', '/inspect'],
    ['https://login.example/inspect', '/inspect'],
    ['http://login.example', '/'],
    ['http://login.example?a=b', '/?a=b'],
  ])('absolute form, with the host of the Host header: %s', async (target, expected) => {
    const { targets, hosts } = await sent(`GET ${target} HTTP/1.1`);
    expect(targets).toEqual([expected]);
    expect(hosts).toEqual(['login.example']);
  });
});

describe('any other is a 400, and the upstream does not see it', () => {
  test.each([
    'http://elsewhere.example/inspect',
    'http://login.example:81/inspect',
    'http://user@login.example/inspect',
    'http://login.example@elsewhere.example/inspect',
    'http:///inspect',
    'ftp://login.example/inspect',
    '*',
    '/inspect#fragment',
    '/inspect\\admin',
    '\\inspect',
    'http://login.example\\@elsewhere.example/',
    '/inspect\x01',
    '/inspect\x7f',
    '/caf\xe9',
    'inspect',
  ])('%j', async (target) => {
    const { answer, targets } = await sent(`OPTIONS ${target} HTTP/1.1`);
    expect(answer.status).toBe(400);
    expect(targets).toEqual([]);
  });
});

describe('an ambiguous Host header is a 400', () => {
  const HOSTS: readonly (readonly [what: string, ...hosts: string[]])[] = [
    ['two of them', 'login.example', 'elsewhere.example'],
    ['two alike', 'login.example', 'login.example'],
    ['with a path', 'login.example/inspect'],
    ['with a user', 'a@login.example'],
    ['with a space', 'login.example elsewhere.example'],
    ['a list', 'login.example, elsewhere.example'],
    ['with a fragment', 'login.example#'],
    ['with a backslash', 'login.example\\'],
    ['with an invalid port', 'login.example:http'],
    ['with a port that is too high', 'login.example:65536'],
    ['that ends like an IPv4 address, but is none', '.1:8080'],
    ['an IPv4 address with a fifth part', '127.0.0.1.1'],
    ['an invalid IPv6 address', '[:::]'],
  ];
  test.each(HOSTS)('%s', async (_, ...hosts) => {
    const { answer, targets } = await sent(
      'GET /inspect HTTP/1.1',
      hosts.map((host) => `Host: ${host}`),
    );
    expect(answer.status).toBe(400);
    expect(targets).toEqual([]);
  });

  test.each(['login.example:8443', '[::1]:8080', '127.0.0.1', 'xn--bcher-kva.example', 'a_b.example'])(
    '%s is accepted',
    async (host) => {
      expect((await sent('GET /inspect HTTP/1.1', [], host)).hosts).toEqual([host]);
    },
  );

  test('HTTP/1.0 needs none: old health checks send none', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startProxyTo(upstream);
    const answer = await sendRaw(gateway.url, 'GET /inspect HTTP/1.0\r\n\r\n', { until: 'close' });
    expect(answer.status).toBe(200);
    const own = new URL(upstream.url).host;
    expect(upstream.requests.to('/inspect').map(({ headers }) => headers['x-forwarded-host'])).toEqual([own]);
  });
});

describe('several issuers', () => {
  const ENDPOINTS = 'endpoints: {authorization: [/oauth2/authorize], token: [/oauth2/token]}';

  async function start(last: string) {
    const stack = new AsyncDisposableStack();
    const one = stack.use(await startScriptedLegacyServer());
    const two = stack.use(await startScriptedLegacyServer());
    const rest = stack.use(await startScriptedLegacyServer());
    const issuers = [
      `  - {name: one, hosts: [one.example, "shared.example:8443"], upstream: {url: "${one.url}"}, ${ENDPOINTS}}`,
      `  - {name: two, hosts: [two.example, shared.example], upstream: {url: "${two.url}"}, ${ENDPOINTS}}`,
      last.replace('URL', rest.url),
    ].join('\n');
    const gateway = stack.use(await startGatewayUnderTest({ upstream: '', issuers, host: '127.0.0.1' }));
    const servers = { one, two, rest };
    return {
      gateway,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
      async visit(host: string, line = 'GET /inspect HTTP/1.1') {
        for (const server of Object.values(servers)) server.requests.clear();
        const answer = await sendRaw(gateway.url, rawRequest(line, [], '', host));
        const served = Object.entries(servers).filter(([, server]) => server.requests.all.length > 0);
        return { status: answer.status, by: served.map(([name]) => name), answer };
      },
    };
  }

  const FALLBACK = `  - {name: rest, upstream: {url: "URL"}, ${ENDPOINTS}}`;
  const CASES: readonly (readonly [host: string, by: string])[] = [
    ['one.example', 'one'],
    ['ONE.Example', 'one'],
    ['one.example:8080', 'one'],
    ['two.example', 'two'],
    ['shared.example:8443', 'one'],
    ['shared.example:9443', 'two'],
    ['shared.example', 'two'],
    ['three.example', 'rest'],
    ['sub.one.example', 'rest'],
  ];
  test('are selected by the Host header', async () => {
    await using stage = await start(FALLBACK);
    for (const [host, by] of CASES) {
      expect(await stage.visit(host), host).toMatchObject({ status: 200, by: [by] });
    }
    const absolute = await stage.visit('one.example', 'GET http://one.example/inspect HTTP/1.1');
    expect(absolute).toMatchObject({ status: 200, by: ['one'] });
  });

  test('with hosts for all leave other hosts to no issuer: 421', async () => {
    await using stage = await start('');
    for (const host of ['three.example', 'sub.one.example', '127.0.0.1', 'one.example..']) {
      expect(await stage.visit(host), host).toMatchObject({ status: 421, by: [] });
    }
    // A name is the same with and without the final dot.
    expect(await stage.visit('one.example.')).toMatchObject({ status: 200, by: ['one'] });
    const { answer } = await stage.visit('three.example');
    expect(JSON.parse(answer.body)).toMatchObject({ error: 'invalid_request' });
    expect(await stage.visit('two.example')).toMatchObject({ status: 200, by: ['two'] });
  });

  test("do not know each other's codes", async () => {
    await using stage = await start(FALLBACK);
    const query = 'response_type=code&client_id=a&redirect_uri=https://app.example/cb';
    const challenge = `code_challenge=${'c'.repeat(43)}&code_challenge_method=S256`;
    const line = `GET /oauth2/authorize?${query}&${challenge} HTTP/1.1`;
    const { answer } = await stage.visit('one.example', line);
    const location = answer.headers.find(([name]) => name.toLowerCase() === 'location')?.[1] ?? '';
    const code = new URL(location).searchParams.get('code');
    const form = `grant_type=authorization_code&client_id=a&code_verifier=${'v'.repeat(43)}&code=${code}`;
    const headers = ['Content-Type: application/x-www-form-urlencoded'];
    const reason = async (host: string) => {
      await sendRaw(stage.gateway.url, rawRequest('POST /oauth2/token HTTP/1.1', headers, form, host));
      return stage.gateway.logLines.filter(({ event }) => event === 'refusal').at(-1);
    };
    expect(await reason('two.example')).toMatchObject({ issuer: 'two', reason: 'code_unknown' });
    expect(await reason('one.example')).toMatchObject({ issuer: 'one', reason: 'verifier_mismatch' });
  });
});
