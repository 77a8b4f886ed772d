import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { startCannedServer } from '../support/upstreams/canned-server.ts';
import { type RawServer, startRawServer } from '../support/upstreams/raw-server.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { startProxyTo, startUpstream } from './proxy-stage.ts';

/** A server that answers everything except discovery with these bytes. */
function startByteServer(answer: string): Promise<RawServer> {
  return startRawServer((socket, head) => {
    const missing = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n';
    socket.write(head.includes(' /.well-known/') ? missing : answer, 'latin1');
  });
}

/** The client's response if the upstream answers with these bytes. */
async function passed(lines: readonly string[], body: string, requestLine = 'GET /any HTTP/1.1') {
  await using upstream = await startByteServer([...lines, '', body].join('\r\n'));
  await using gateway = await startProxyTo(upstream);
  return await sendRaw(gateway.url, rawRequest(requestLine, []));
}

const named = (headers: readonly (readonly [string, string])[], name: string) =>
  headers.filter(([candidate]) => candidate.toLowerCase() === name).map(([, value]) => value);

test('hop-by-hop headers and trailers are not sent back', async () => {
  const { headers, body, raw } = await passed(
    [
      'HTTP/1.1 200 OK',
      'Connection: keep-alive, X-Hop',
      'Keep-Alive: timeout=99',
      'Proxy-Connection: keep-alive',
      'Proxy-Authenticate: Basic realm="upstream"',
      'TE: trailers',
      'Trailer: X-Sum',
      'Upgrade: h2c',
      'X-Hop: one',
      'X-End: to the end',
      'Transfer-Encoding: chunked',
    ],
    '4\r\nbody\r\n0\r\nX-Sum: 1\r\n\r\n',
  );
  expect(body).toBe('body');
  expect(named(headers, 'connection')).toEqual(['close']);
  expect(named(headers, 'x-end')).toEqual(['to the end']);
  expect(raw).not.toMatch(/x-hop|x-sum|timeout=99|proxy-|^te:|trailer|upgrade|h2c/im);
});

test('all other headers arrive unchanged: case, order, repetition, bytes', async () => {
  const lines = [
    'Set-Cookie: one=1; Path=/; HttpOnly',
    'X-b: 1',
    'set-cookie: two="a,b"; Expires=Wed, 09 Jun 2100 10:18:14 GMT',
    'X-B: caf\xe9 \xff',
    'Date: Tue, 15 Nov 1994 08:12:31 GMT',
    'WWW-Authenticate: Basic',
    'WWW-Authenticate: Bearer',
    'Content-Type: text/plain; charset=x',
    'X-Empty: ',
    'Content-Length: 4',
  ];
  const { statusLine, headers, body } = await passed(['HTTP/1.1 299 As You Wish', ...lines], 'body');
  expect(statusLine).toBe('HTTP/1.1 299 As You Wish');
  const seen = headers.map(([name, value]) => `${name}: ${value}`);
  expect(seen.filter((line) => !/^(Connection|X-Request-Id):/.test(line))).toEqual(lines);
  expect(body).toBe('body');
});

test.each([
  ['a reason in Latin 1', ['HTTP/1.1 200 Sch\xf6n', 'Content-Length: 4']],
  ['a reason in UTF-8', ['HTTP/1.1 200 \xe2\x82\xac \xe2\x80\x93', 'Content-Length: 4']],
  ['no reason at all', ['HTTP/1.1 200 ', 'Content-Length: 4']],
  ['neither length nor coding', ['HTTP/1.1 200 OK', 'Connection: close']],
  ['interim answers', ['HTTP/1.1 103 Early Hints', 'Link: </a>', '', 'HTTP/1.1 200 OK', 'Content-Length: 4']],
] as const)('a response with %s passes', async (_, lines) => {
  await using upstream = await startRawServer((socket, head) => {
    if (head.includes(' /.well-known/')) socket.write('HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n');
    else socket.end([...lines, '', 'body'].join('\r\n'), 'latin1');
  });
  await using gateway = await startProxyTo(upstream);
  const answer = await sendRaw(gateway.url, rawRequest('GET /any HTTP/1.1', []));
  expect(answer.status).toBe(200);
  expect(answer.body).toBe('body');
});

test('several cookies stay separate', async () => {
  await using upstream = await startScriptedLegacyServer();
  await using gateway = await startProxyTo(upstream);
  const direct = await sendRaw(upstream.url, rawRequest('GET /cookies HTTP/1.1', []));
  const { headers } = await sendRaw(gateway.url, rawRequest('GET /cookies HTTP/1.1', []));
  expect(named(headers, 'set-cookie')).toHaveLength(3);
  expect(named(headers, 'set-cookie')).toEqual(named(direct.headers, 'set-cookie'));
});

describe('a response without a body', () => {
  const CASES: readonly (readonly [line: string, status: number, kept: string])[] = [
    ['HEAD /page HTTP/1.1', 200, 'content-length'],
    ['HEAD /chunked HTTP/1.1', 200, 'x-kind'],
    ['GET /204 HTTP/1.1', 204, 'x-kind'],
    ['GET /304 HTTP/1.1', 304, 'etag'],
    ['DELETE /204 HTTP/1.1', 204, 'x-kind'],
  ];
  test.each(CASES)(
    '%s is a %i with its headers, and the connection stays open',
    async (line, status, kept) => {
      await using upstream = await startUpstream((req, res) => {
        res.setHeader('X-Kind', 'kept').setHeader('ETag', '"e"');
        const number = Number(/\d{3}/.exec(req.url ?? '')?.[0] ?? 200);
        if (number !== 200) res.writeHead(number).end();
        else if (req.url === '/page') res.writeHead(200, { 'content-length': 1000 }).end();
        else res.writeHead(200, { 'content-type': 'text/html' }).end('<p>page');
      });
      await using gateway = await startProxyTo(upstream);
      const both = [rawRequest(line, ['Connection: keep-alive']), rawRequest('GET /204 HTTP/1.1', [])].join(
        '',
      );
      const answer = await sendRaw(gateway.url, both, { until: 'close' });
      expect(answer.status).toBe(status);
      expect(named(answer.headers, kept)).toHaveLength(1);
      const [first = '', second = '', ...more] = answer.raw.split(/(?=HTTP\/1\.1 \d)/);
      expect(first.split('\r\n\r\n')[1]).toBe('');
      expect(second).toMatch(/^HTTP\/1\.1 204 /);
      expect(more).toEqual([]);
    },
  );
});

describe('a page', () => {
  const REDIRECT = 'https://app.example.com/cb';
  const PAGES: Readonly<Record<string, string>> = {
    'with a login form':
      '<!doctype html><html><body><form method="post" action="/login?a=1&amp;b=2"><input name="user">\n<input type=password name=pw></form>',
    'with a field for a code from an authenticator':
      '<form method="post" action="/mfa"><input name="code" autocomplete="one-time-code"><button>go</button></form>',
    'with such a field that is filled in':
      '<form method=post action="/mfa"><input type=hidden name="code" value="123456"><input name=state value=s></form>',
    'with a form of errors': '<form method="POST"><input name="error" value="wrong password"></form>',
    'that shows a response to a client, in text':
      '<pre>&lt;form action="https://app.example.com/cb"&gt; name="code" value="x"</pre>',
    'with a form to a client that asks by GET': `<form action="${REDIRECT}"><input name="q"></form>`,
    'that is not valid': '<form method=post><input name=code value="</form><<>&\x00 <input name="code"',
    'in Latin 1':
      '<meta charset=iso-8859-1><form method=post action="/mfa"><input name="code">caf\xe9 \xff\xfe</form>',
    'of 300 KiB': `<form method=post action=/mfa><input name="code"></form>${'<p>filler</p>\n'.repeat(22_000)}`,
    'that is empty': '',
  };
  const ENCODINGS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
    identity: (body) => body,
    gzip: (body) => gzipSync(body),
    br: (body) => brotliCompressSync(body),
    deflate: (body) => deflateSync(body),
    zstd: (body) => zstdCompressSync(body),
    'gzip, but broken off': (body) => gzipSync(body).subarray(0, -6),
    unheard_of: (body) => Buffer.from(body.map((byte) => byte ^ 0x5a)),
  };
  const issuer = `clients: {spa: {redirect_uris: [${REDIRECT}]}}`;

  test.each(Object.entries(PAGES))('%s passes byte for byte in every encoding', async (_, page) => {
    await using upstream = await startCannedServer();
    await using gateway = await startProxyTo(upstream, { issuer });
    for (const [name, encode] of Object.entries(ENCODINGS)) {
      const body = encode(Buffer.from(page, 'latin1'));
      const encoding = name.split(',')[0] as string;
      const headers = {
        'content-type': 'text/html',
        etag: '"tag"',
        ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
      };
      for (const sized of [true, false]) {
        const length: Record<string, string> = sized ? { 'content-length': String(body.length) } : {};
        upstream.answers.set('/page', { headers: { ...headers, ...length }, body });
        const [answer] = (await once(request(`${gateway.url}/page`).end(), 'response')) as [IncomingMessage];
        const received = await buffer(answer);
        expect(received.equals(body), `${name}, ${sized ? 'sized' : 'chunked'}`).toBe(true);
        // A page that is not buffered as a whole may change its length while it streams.
        const kept = encoding !== 'identity' || body.length <= 64 * 1024 ? length : {};
        expect(answer.headers).toMatchObject({ ...headers, ...kept });
      }
    }
  });
});
