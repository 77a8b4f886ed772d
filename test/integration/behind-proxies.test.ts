import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { type ProxyOptions, startProxyTo, startUpstream } from './proxy-stage.ts';

const TRUSTED = 'trusted_proxies: [127.0.0.0/8]';

type Scene = ProxyOptions & {
  readonly sent?: readonly string[];
  readonly host?: string;
  /** Header lines of the upstream's response, given its own origin. */
  readonly answer?: (origin: string) => Record<string, string | string[]>;
  readonly path?: string;
};

/** One request through a gateway: the upstream's request, and the response. */
async function exchange({ sent = [], host = 'login.example.com', answer, path = '/any', ...options }: Scene) {
  let received: IncomingMessage['headers'] = {};
  let url = '';
  await using upstream = await startUpstream((req, res) => {
    received = req.headers;
    res.writeHead(200, answer?.(url) ?? {}).end('fine');
  });
  url = upstream.url;
  await using gateway = await startProxyTo(upstream, options);
  const response = await sendRaw(gateway.url, rawRequest(`GET ${path} HTTP/1.1`, sent, '', host));
  const valuesOf = (name: string) =>
    response.headers.filter(([candidate]) => candidate.toLowerCase() === name).map(([, value]) => value);
  return { received, response, valuesOf, gateway };
}

const told = ({ received }: Awaited<ReturnType<typeof exchange>>) =>
  ['proto', 'host', 'port', 'prefix', 'for'].map((part) => received[`x-forwarded-${part}`]);

test('headers of a proxy that is not trusted are ignored, and the log says so once', async () => {
  await using upstream = await startUpstream((_request, response) => response.end());
  await using gateway = await startProxyTo(upstream);
  const bytes = rawRequest('GET /any HTTP/1.1', ['X-Forwarded-Host: sso.example']);
  await sendRaw(gateway.url, bytes);
  await sendRaw(gateway.url, bytes);
  const ignored = () => gateway.logLines.filter(({ event }) => event === 'forwarded_headers_ignored');
  expect(ignored()).toEqual([
    expect.objectContaining({
      level: 'warn',
      client_address: '127.0.0.1',
      msg: expect.stringContaining('add it to `listen.trusted_proxies`'),
    }),
  ]);
});

test.each([
  ['of a trusted proxy', { listen: TRUSTED, sent: ['X-Forwarded-Host: sso.example'] }],
  ['without such headers', {}],
])('no line about ignored headers %s', async (_, scene) => {
  const { gateway } = await exchange(scene);
  expect(gateway.logLines.filter(({ event }) => event === 'forwarded_headers_ignored')).toEqual([]);
});

describe('the headers for the upstream', () => {
  test.each<[string, Scene, (string | undefined)[]]>([
    [
      'one proxy that ends TLS',
      { listen: TRUSTED, sent: ['X-Forwarded-For: 203.0.113.9', 'X-Forwarded-Proto: https'] },
      ['https', 'login.example.com', '443', undefined, '203.0.113.9, 127.0.0.1'],
    ],
    [
      'two of them, each of which adds',
      {
        listen: TRUSTED,
        sent: ['X-Forwarded-For: 203.0.113.9, 127.0.0.2', 'X-Forwarded-Proto: https, http'],
      },
      ['https', 'login.example.com', '443', undefined, '203.0.113.9, 127.0.0.2, 127.0.0.1'],
    ],
    [
      'their own port and prefix',
      {
        listen: TRUSTED,
        host: 'inner:8080',
        sent: ['X-Forwarded-Host: sso.example', 'X-Forwarded-Port: 8443', 'X-Forwarded-Prefix: /auth'],
      },
      ['http', 'sso.example:8443', '8443', '/auth', '127.0.0.1'],
    ],
    [
      'Forwarded (RFC 7239)',
      { listen: TRUSTED, sent: ['Forwarded: for=203.0.113.9;proto=https;host=sso.example'] },
      ['https', 'sso.example', '443', undefined, '203.0.113.9, 127.0.0.1'],
    ],
    [
      'public_url, for any headers',
      {
        listen: TRUSTED,
        issuer: 'public_url: https://login.example.com:8443',
        host: 'inner:8080',
        sent: ['X-Forwarded-Proto: http', 'X-Forwarded-Host: evil.example'],
      },
      ['https', 'login.example.com:8443', '8443', undefined, '127.0.0.1'],
    ],
    [
      'a stranger that says all of it',
      {
        sent: [
          'X-Forwarded-For: 1.1.1.1',
          'X-Forwarded-Proto: https',
          'X-Forwarded-Host: evil.example',
          'X-Forwarded-Port: 1',
          'X-Forwarded-Prefix: /evil',
          'Forwarded: for=1.1.1.1;host=evil.example',
        ],
      },
      ['http', 'login.example.com', '80', undefined, '127.0.0.1'],
    ],
  ])('%s', async (_, scene, expected) => expect(told(await exchange(scene))).toEqual(expected));

  test('a Host with a final dot is the same host', async () => {
    const seen = await exchange({ host: 'login.example.com.', issuer: 'hosts: [login.example.com]' });
    expect([seen.response.status, seen.received.host]).toEqual([200, 'login.example.com']);
  });

  test('trace context is forwarded', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { received } = await exchange({ sent: [`traceparent: ${traceparent}`, 'tracestate: a=b'] });
    expect([received['traceparent']?.slice(0, 35), received['tracestate']]).toEqual([
      traceparent.slice(0, 35),
      'a=b',
    ]);
  });
});

describe('the id of a request', () => {
  test('of a trusted proxy is sent upstream and back', async () => {
    const { received, valuesOf } = await exchange({ listen: TRUSTED, sent: ['X-Request-Id: abc-1'] });
    expect([received['x-request-id'], ...valuesOf('x-request-id')]).toEqual(['abc-1', 'abc-1']);
  });

  test('is generated for other senders, and the same on both sides', async () => {
    const { received, valuesOf } = await exchange({
      sent: ['X-Request-Id: forged'],
      answer: () => ({ 'X-Request-Id': 'of-the-upstream' }),
    });
    expect(received['x-request-id']).toMatch(/^[\da-f-]{36}$/);
    expect(valuesOf('x-request-id')).toEqual([received['x-request-id']]);
  });

  test('has the configured name', async () => {
    const { received, valuesOf } = await exchange({
      listen: `${TRUSTED}, request_id_header: X-Correlation-Id`,
      sent: ['X-Correlation-Id: c-1', 'X-Request-Id: other'],
    });
    expect([received['x-correlation-id'], ...valuesOf('x-correlation-id')]).toEqual(['c-1', 'c-1']);
    expect(received['x-request-id']).toBe('other');
  });

  test.each(['X-Correlation-Id', 'x-request-id'])(
    'has the configured name in responses of the gateway too: %s',
    async (name) => {
      const { valuesOf } = await exchange({
        listen: `${TRUSTED}, request_id_header: ${name}`,
        sent: [`${name}: c-1`],
        path: '/oauth2/authorize?client_id=a&response_type=code',
      });
      expect([valuesOf(name.toLowerCase()), valuesOf('x-request-id')]).toEqual([['c-1'], ['c-1']]);
    },
  );
});

describe('a server that uses its own names', () => {
  const answer = (origin: string) => ({
    Refresh: `0; url=${origin}/next`,
    'Set-Cookie': ['a=b; Domain=127.0.0.1; Path=/', 'c=d; Domain=sso.corp.example', 'e=f'],
    'Content-Location': 'https://sso.corp.example/a',
  });

  test('gets the public name in its requests', async () => {
    const { valuesOf } = await exchange({
      upstream: 'preserve_host: false, origins: ["https://sso.corp.example"]',
      issuer: 'public_url: https://login.example.com',
      answer,
    });
    expect(valuesOf('refresh')).toEqual(['0; url=https://login.example.com/next']);
    expect(valuesOf('set-cookie')).toEqual([
      'a=b; Domain=login.example.com; Path=/',
      'c=d; Domain=login.example.com',
      'e=f',
    ]);
    expect(valuesOf('content-location')).toEqual(['https://login.example.com/a']);
  });

  test('appears under the public name in a Location, also for its other origins', async () => {
    const { valuesOf } = await exchange({
      upstream: 'origins: ["https://sso.corp.example"]',
      issuer: 'public_url: https://login.example.com',
      answer: () => ({ Location: 'https://sso.corp.example/login?a=b' }),
    });
    expect(valuesOf('location')).toEqual(['https://login.example.com/login?a=b']);
  });

  test('foreign names stay', async () => {
    const { valuesOf } = await exchange({
      issuer: 'public_url: https://login.example.com',
      answer: () => ({ Refresh: '3; url=https://app.example/', 'Set-Cookie': 'a=b; Domain=example.com' }),
    });
    expect(valuesOf('refresh')).toEqual(['3; url=https://app.example/']);
    expect(valuesOf('set-cookie')).toEqual(['a=b; Domain=example.com']);
  });
});
