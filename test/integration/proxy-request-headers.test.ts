import { describe, expect, test } from 'vitest';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { type ProxyOptions, startProxyTo } from './proxy-stage.ts';

/** The headers that the upstream gets for these headers: names in lower case, in order. */
async function received(headers: readonly string[], options: ProxyOptions = {}) {
  await using upstream = await startScriptedLegacyServer();
  await using gateway = await startProxyTo(upstream, options);
  const answer = await sendRaw(
    gateway.url,
    rawRequest('GET /inspect HTTP/1.1', headers, '', 'public.example'),
  );
  expect(answer.status).toBe(200);
  const [request] = upstream.requests.to('/inspect');
  const list = (request?.rawHeaders ?? []).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    list,
    authority: new URL(upstream.url).host,
    all: (name: string) => list.filter(([candidate]) => candidate === name).map(([, value]) => value),
  };
}

describe('hop-by-hop headers are not forwarded', () => {
  test.each([
    'Keep-Alive: timeout=99',
    'Proxy-Authorization: Basic c2VjcmV0',
    'Proxy-Authenticate: Basic',
    'Proxy-Connection: keep-alive',
    'TE: trailers, deflate',
    'Trailer: X-Sum',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABk',
    'Expect: 100-continue',
    'KEEP-ALIVE: timeout=98',
    'Keep_Alive: timeout=97',
  ])('%s', async (line) => {
    const { list } = await received([line]);
    const canonical = (line.split(':')[0] ?? '').toLowerCase().replaceAll('_', '-');
    expect(list.filter(([name]) => name.replaceAll('_', '-') === canonical)).toEqual([]);
  });

  test('nor are those named in Connection, in any spelling', async () => {
    const { list } = await received([
      'Connection: close, X-One',
      'connection: x-two , , X_Three',
      'X-One: 1',
      'X-TWO: 2',
      'X_Three: 3',
      'X-Four: 4',
    ]);
    expect(list.filter(([name]) => /^x[-_](one|two|three|four)$/.test(name))).toEqual([['x-four', '4']]);
  });

  test('but Connection cannot remove headers that the gateway judged', async () => {
    const { all } = await received([
      'Connection: close, Authorization, Cookie, Content-Type, Host, X-Forwarded-For',
      'Authorization: Bearer t',
      'Cookie: a=b',
    ]);
    expect(all('authorization')).toEqual(['Bearer t']);
    expect(all('cookie')).toEqual(['a=b']);
    expect(all('host')).toEqual(['public.example']);
    expect(all('x-forwarded-for')).toEqual(['127.0.0.1']);
  });

  test('a request body has no trailers', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startProxyTo(upstream);
    const head = ['Transfer-Encoding: chunked', 'Trailer: X-Original-URL'];
    const body = '4\r\nbody\r\n0\r\nX-Original-URL: /admin\r\n\r\n';
    const answer = await sendRaw(gateway.url, rawRequest('POST /inspect HTTP/1.1', head, body));
    expect(answer.status).toBe(200);
    const [request] = upstream.requests.to('/inspect');
    expect(request?.body).toBe('body');
    expect(JSON.stringify(request?.rawHeaders)).not.toMatch(/original/i);
  });
});

describe('no header shows the upstream another path, host or origin', () => {
  const NAMES = [
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-Original-URI',
    'X-Override-URL',
    'X-Host',
    'X-Original-Host',
    'X-HTTP-Host-Override',
    'Forwarded',
    'X-Real-IP',
    'X-Forwarded',
    'X-Forwarded-Port',
    'X-Forwarded-Prefix',
    'X-Forwarded-Server',
    'X-Forwarded-Uri',
    'X-Forwarded-Ssl',
    'X-Forwarded-Method',
  ];
  const SPELLINGS: readonly (readonly [how: string, spell: (name: string) => string])[] = [
    ['as it is', (name) => name],
    ['in lower case', (name) => name.toLowerCase()],
    ['with _', (name) => name.replaceAll('-', '_')],
    ['with .', (name) => name.replaceAll('-', '.').toUpperCase()],
    ['with one _', (name) => name.replace('-', '_')],
  ];
  test.each(SPELLINGS)('%s', async (_, spell) => {
    const { list } = await received(NAMES.map((name) => `${spell(name)}: SMUGGLED`));
    expect(list.filter(([, value]) => value.includes('SMUGGLED'))).toEqual([]);
  });

  test('not even from a trusted proxy', async () => {
    const { list } = await received(
      NAMES.map((name) => `${name}: SMUGGLED`),
      { listen: 'trusted_proxies: [127.0.0.1]' },
    );
    expect(list.filter(([, value]) => value.includes('SMUGGLED'))).toEqual([]);
  });
});

describe('headers that name another method', () => {
  const OVERRIDES = ['X-HTTP-Method-Override: DELETE', 'X_HTTP_Method: PUT', 'x-method-override: PATCH'];

  test('are forwarded at other paths: some APIs need them', async () => {
    const { list } = await received(OVERRIDES);
    expect(list.filter(([name]) => /method/.test(name)).map(([, value]) => value)).toEqual([
      'DELETE',
      'PUT',
      'PATCH',
    ]);
  });

  test.each(['/oauth2/token', '/oauth2/authorize', '/oauth2//token'])('never reach %s', async (path) => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startProxyTo(upstream, { issuer: 'unlisted_clients: {mode: report}' });
    const headers = [...OVERRIDES, 'Content-Type: application/x-www-form-urlencoded'];
    await sendRaw(gateway.url, rawRequest(`POST ${path} HTTP/1.1`, headers, 'client_id=a'));
    const [request] = upstream.requests.all.filter((one) => one.path.startsWith('/oauth2'));
    expect(request).toBeDefined();
    expect(JSON.stringify(request?.rawHeaders)).not.toMatch(/override|http.method/i);
  });
});

describe('X-Forwarded-For, -Proto, -Host and -Port', () => {
  const SENT = [
    'X-Forwarded-For: 203.0.113.7',
    'X-Forwarded-For: 198.51.100.1, 10.1.2.3',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: login.example.com',
    'X_Forwarded_For: 192.0.2.1',
    'X_Forwarded_Host: evil.example',
  ];
  const FORWARDED = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port'];
  const CASES: readonly (readonly [
    who: string,
    trusted: string,
    sent: readonly string[],
    expected: string[],
  ])[] = [
    ['describe a client that sends none', '', [], ['127.0.0.1', 'http', 'public.example', '80']],
    ['of a client that makes them up are dropped', '', SENT, ['127.0.0.1', 'http', 'public.example', '80']],
    [
      'of a proxy that is not trusted are dropped',
      '10.0.0.0/8',
      SENT,
      ['127.0.0.1', 'http', 'public.example', '80'],
    ],
    [
      'of a trusted proxy are believed, and its address added',
      '127.0.0.0/8, 10.0.0.0/8',
      SENT,
      ['198.51.100.1, 10.1.2.3, 127.0.0.1', 'https', 'login.example.com', '443'],
    ],
    ['of a trusted proxy that sends none', '127.0.0.1', [], ['127.0.0.1', 'http', 'public.example', '80']],
    [
      'of a trusted proxy with another scheme than http and https',
      '127.0.0.1',
      ['X-Forwarded-Proto: javascript', 'X-Forwarded-Host: a.example, b.example'],
      ['127.0.0.1', 'http', 'b.example', '80'],
    ],
  ];
  test.each(CASES)('%s', async (_, trusted, sent, expected) => {
    const { list } = await received(sent, { listen: `trusted_proxies: [${trusted}]` });
    const forwarded = list.filter(([name]) => name.replaceAll('_', '-').startsWith('x-forwarded'));
    expect(forwarded).toEqual(FORWARDED.map((name, i) => [name, expected[i]]));
  });
});

describe('Host', () => {
  test.each([
    ['preserve_host: true', () => 'public.example'],
    ['preserve_host: false', (authority: string) => authority],
  ] as const)('%s', async (upstream, expected) => {
    const { all, authority } = await received([], { upstream });
    expect(all('host')).toEqual([expected(authority)]);
    expect(all('x-forwarded-host')).toEqual(['public.example']);
  });
});

test('all other headers arrive unchanged: case, order, repetition, bytes', async () => {
  await using upstream = await startScriptedLegacyServer();
  await using gateway = await startProxyTo(upstream);
  const lines = [
    'X-b: 1',
    'x-A: 2',
    'X-B: caf\xe9 \xff',
    'Cookie: a=1',
    'Cookie: b=2',
    'Accept: */*',
    'X-Empty: ',
  ];
  await sendRaw(gateway.url, rawRequest('GET /inspect HTTP/1.1', lines));
  const seen = upstream.requests.to('/inspect')[0]?.rawHeaders.map(([name, value]) => `${name}: ${value}`);
  expect(seen?.filter((line) => lines.includes(line))).toEqual(lines);
});

test('a header that is judged by its first value is forwarded only once', async () => {
  const { all } = await received([
    'Authorization: Basic Zmlyc3Q6',
    'Authorization: Basic c2Vjb25kOg==',
    'Content_Type: text/plain',
    'content.length: 7',
  ]);
  expect(all('authorization')).toEqual(['Basic Zmlyc3Q6']);
  expect([...all('content_type'), ...all('content.length')]).toEqual([]);
});
