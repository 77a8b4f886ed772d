import { describe, expect, test } from 'vitest';
import { Browser } from '../support/browser.ts';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { type ProxyOptions, startProxyTo, startUpstream } from './proxy-stage.ts';

const HOSTS = ['preserve_host: true', 'preserve_host: false'] as const;

/** The Location that a browser gets for a redirect of the upstream. `origin`: the upstream's own. */
async function mapped(
  location: (origin: string) => string,
  options: ProxyOptions & { status?: number } = {},
) {
  const { status = 302 } = options;
  await using upstream = await startUpstream((_req, res) => {
    res.writeHead(status, { location: location(upstream.url) }).end();
  });
  await using gateway = await startProxyTo(upstream, options);
  const sent = rawRequest('GET /here HTTP/1.1', [], '', 'login.example.com');
  const answer = await sendRaw(gateway.url, sent);
  expect(answer.status).toBe(status);
  return {
    upstream: upstream.url,
    location: answer.headers.find(([name]) => name.toLowerCase() === 'location')?.[1],
  };
}

describe.each(HOSTS)('%s', (upstream) => {
  const PUBLIC = 'http://login.example.com';
  const MAPPED: readonly (readonly [what: string, given: (origin: string) => string, path: string])[] = [
    ['a page', (origin) => `${origin}/login`, '/login'],
    ['a query and a fragment', (origin) => `${origin}/a?b=%20c&d#e`, '/a?b=%20c&d#e'],
    ['the bare origin', (origin) => origin, ''],
    ['a query at the origin', (origin) => `${origin}?x`, '?x'],
    ['a shouted origin', (origin) => `${origin.toUpperCase()}/Login`, '/Login'],
    ['its host behind the other scheme', (origin) => `${origin.replace('http:', 'https:')}/login`, '/login'],
    ['an origin without a scheme', (origin) => `${origin.slice('http:'.length)}/login`, '/login'],
  ];
  test.each(MAPPED)("the upstream's own address becomes the public one: %s", async (_, given, path) => {
    expect((await mapped(given, { upstream })).location).toBe(PUBLIC + path);
  });

  test.each([201, 301, 302, 303, 307, 308, 400])('for any status: %i', async (status) => {
    const { location } = await mapped((origin) => `${origin}/there`, { upstream, status });
    expect(location).toBe(`${PUBLIC}/there`);
  });

  const UNTOUCHED: readonly (readonly [what: string, given: (origin: string) => string])[] = [
    ['a path', () => '/login?a=%7e'],
    ['a relative path', () => '../login'],
    ['another origin', () => 'https://elsewhere.example/a?b'],
    ['another port of the same host', () => 'http://127.0.0.1:9/login'],
    ['an app', () => 'com.example.app:/callback?x=1'],
    ["the upstream's origin as a user of another host", (origin) => `${origin}@evil.example/`],
    [
      "the upstream's origin as the beginning of another host",
      (origin) => `${origin.replace(/:\d+$/, '')}.evil.example/`,
    ],
    ["the upstream's origin in a parameter", (origin) => `https://elsewhere.example/?to=${origin}/`],
    ['no URL at all', () => 'http://['],
  ];
  test.each(UNTOUCHED)('%s stays unchanged', async (_, given) => {
    const { location, upstream: origin } = await mapped(given, { upstream });
    expect(location).toBe(given(origin));
  });

  test('the public address is the configured public_url', async () => {
    const issuer = 'public_url: https://login.public.example';
    const { location } = await mapped((origin) => `${origin}/login`, { upstream, issuer });
    expect(location).toBe('https://login.public.example/login');
  });

  test('the public address comes from a trusted proxy', async () => {
    await using server = await startUpstream((_req, res) => {
      res.writeHead(302, { location: `${server.url}/login` }).end();
    });
    await using gateway = await startProxyTo(server, { upstream, listen: 'trusted_proxies: [127.0.0.1]' });
    const headers = ['X-Forwarded-Proto: https', 'X-Forwarded-Host: sso.example:8443'];
    const answer = await sendRaw(gateway.url, rawRequest('GET /here HTTP/1.1', headers));
    expect(answer.headers).toContainEqual(['location', 'https://sso.example:8443/login']);
  });

  test.each(['relative', 'host', 'internal'] as const)(
    'a login whose server sends the browser to its own pages (%s) stays at the gateway',
    async (ownLocations) => {
      await using server = await startScriptedLegacyServer({ login: 'return_to', ownLocations });
      await using gateway = await startProxyTo(server, {
        upstream,
        issuer: 'unlisted_clients: {mode: report}',
      });
      await using browser = new Browser();
      const query = new URLSearchParams({
        client_id: 'a',
        redirect_uri: 'https://app.example/cb',
        state: 's',
      });
      const asked = server.requests.all.length;
      const answer = await browser.login(`${gateway.url}/oauth2/authorize?${query}`, { username: 'bob' });
      // `host` is the Host header that the upstream got: without preserve_host, its own.
      expect(answer.page.url.origin).toBe(gateway.url);
      expect(answer.parameters.get('state')).toBe('s');
      const forwarded = server.requests.all.slice(asked).map(({ headers }) => headers['x-forwarded-for']);
      expect(new Set(forwarded)).toEqual(new Set(['127.0.0.1']));
    },
  );

  test('so do its cookies beside a code', async () => {
    await using server = await startUpstream((request, res) => {
      const query = new URLSearchParams(request.url?.split('?')[1]);
      const location = `https://app.example/cb?code=a-code-of-the-server&state=${query.get('state')}`;
      res.writeHead(302, { location, 'set-cookie': 'session=1; Domain=sso.internal; Path=/' }).end('moved');
    });
    await using gateway = await startProxyTo(server, {
      upstream: `${upstream}, origins: ["https://sso.internal"]`,
      issuer: 'unlisted_clients: {mode: report}\npublic_url: https://login.public.example',
    });
    const target =
      '/oauth2/authorize?client_id=a&response_type=code&redirect_uri=https://app.example/cb&state=s';
    const answer = await sendRaw(gateway.url, rawRequest(`GET ${target} HTTP/1.1`, []));
    const headers = Object.fromEntries(answer.headers.map(([name, value]) => [name.toLowerCase(), value]));
    expect(headers).toMatchObject({
      location: 'https://app.example/cb?code=a-code-of-the-server&state=s',
      'set-cookie': 'session=1; Domain=login.public.example; Path=/',
      'content-length': '0',
    });
  });
});
