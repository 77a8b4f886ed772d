/** Bytes that two HTTP parsers may read as different messages. */
export type SmugglingCase = {
  readonly name: string;
  readonly write: (parts: Parts) => string;
  /** The status of every response, in order; none: the connection is closed. */
  readonly statuses: readonly number[];
  /** The requests that the server sees: method and target. */
  readonly upstream: readonly string[];
};

export type Parts = {
  readonly host: string;
  /** A redemption of the stolen code as one complete request, to be smuggled. */
  readonly redemption: string;
  /** The same, as a form. */
  readonly form: string;
};

const TYPE = 'Content-Type: application/x-www-form-urlencoded';
const CLOSE = 'Connection: close';
const WEBSOCKET =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';

/** A request for a page: anything smuggled after it would not be judged. */
const page = (headers: readonly string[], body: string, { host }: Parts) =>
  [`POST /page HTTP/1.1`, `Host: ${host}`, TYPE, ...headers, '', body].join('\r\n');
const get = (target: string, { host }: Parts, headers: readonly string[] = []) =>
  [`GET ${target} HTTP/1.1`, `Host: ${host}`, ...headers, '', ''].join('\r\n');
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

/** Refused as not HTTP: one response, then the end, and the server gets nothing. */
const malformed = (name: string, write: SmugglingCase['write']): SmugglingCase => ({
  name,
  write,
  statuses: [400],
  upstream: [],
});

const framing = (headers: readonly string[], body: (parts: Parts) => string = () => '0\r\n\r\n') =>
  malformed(headers.join(', ') || 'nothing', (parts) => page(headers, body(parts) + parts.redemption, parts));

const lengths = [
  ['Content-Length: 5', 'Content-Length: 5'],
  ['Content-Length: 5', 'Content-Length: 6'],
  ['Content-Length: 5, 5'],
  ['Content-Length: +5'],
  ['Content-Length: 5 5'],
  ['Content-Length: 0x5'],
  ['Content-Length: 5\x0b'],
  ['Content-Length: 99999999999999999999'],
  ['Content-Length : 5'],
  ['Content-Length\x00: 5'],
].map((headers) => framing(headers, () => 'abcde'));

const both = [
  ['Content-Length: 5', 'Transfer-Encoding: chunked'],
  ['Transfer-Encoding: chunked', 'Content-Length: 5'],
  ['Content-Length: 5', 'Transfer-Encoding: identity'],
  ['Content-Length: 5', 'transfer-encoding:\tchunked'],
].map((headers) => framing(headers));

const codings = [
  ['Transfer-Encoding: chunked, identity'],
  ['Transfer-Encoding: identity'],
  ['Transfer-Encoding: xchunked'],
  ['Transfer-Encoding: chunked;q=1'],
  ['Transfer-Encoding: "chunked"'],
  ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
  ['Transfer-Encoding : chunked'],
  ['Transfer-Encoding\x0b: chunked'],
  [' Transfer-Encoding: chunked'],
  ['X: y\nTransfer-Encoding: chunked'],
  ['X: y\rTransfer-Encoding: chunked'],
  ['Transfer-Encoding:\r\n chunked'],
  ['Transfer-Encoding: chunked\x00'],
].map((headers) => framing(headers));

const CHUNKED = ['Transfer-Encoding: chunked'];
const chunks: readonly SmugglingCase[] = (
  [
    ['a chunk size of 17 digits', 'f0000000000000003\r\nabc\r\n0\r\n\r\n'],
    ['a chunk size in other digits', '0x3\r\nabc\r\n0\r\n\r\n'],
    ['a negative chunk size', '-3\r\nabc\r\n0\r\n\r\n'],
    ['a chunk size behind a space', ' 3\r\nabc\r\n0\r\n\r\n'],
    ['a chunk size without digits', ';x\r\nabc\r\n0\r\n\r\n'],
    ['chunks by lines of LF', '3\nabc\n0\n\n'],
    ['a chunk without its line end', '3\r\nabc0\r\n\r\n'],
    ['a chunk that is longer than it says', '3\r\nabcd\r\n0\r\n\r\n'],
    ['a chunk extension with a bare CR', '3;a\rb\r\nabc\r\n0\r\n\r\n'],
    ['a chunk extension with a bare LF', '3;a\nb\r\nabc\r\n0\r\n\r\n'],
    ['a trailer that is folded', '0\r\nX: y\r\n z\r\n\r\n'],
  ] as const
).map(([name, body]) => malformed(name, (parts) => page(CHUNKED, `${body}${parts.redemption}`, parts)));

const longExtension = malformed('chunk extensions without an end', (parts) =>
  page(CHUNKED, `3;${'x'.repeat(20_000)}\r\na=b\r\n0\r\n\r\n`, parts),
);

const heads: readonly SmugglingCase[] = [
  malformed('lines of LF', ({ redemption }) => redemption.replaceAll('\r\n', '\n')),
  malformed('lines of CR', ({ redemption }) => redemption.replaceAll('\r\n', '\r')),
  malformed('a header that is folded', (parts) => get('/page', parts, ['X: y\r\n z', CLOSE])),
  malformed('a first header that is folded', (parts) => get('/page', parts).replace('Host', ' Host')),
  malformed('a NUL in a header', (parts) => get('/page', parts, ['X: \0', CLOSE])),
  malformed('a NUL in a header name', (parts) => get('/page', parts, ['X\0: y', CLOSE])),
  malformed('a NUL in the target', (parts) => get('/page\0', parts, [CLOSE])),
  malformed('HTTP/2 by prior knowledge', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'),
  malformed('Host twice', (parts) => get('/page', parts, ['Host: evil.example', CLOSE])),
  malformed('Host twice, the same', (parts) => get('/page', parts, [`Host: ${parts.host}`, CLOSE])),
  malformed('an absolute target of another host', (parts) => get('http://evil.example/page', parts, [CLOSE])),
  malformed('an absolute target with a user', (parts) => get(`http://x@${parts.host}/page`, parts, [CLOSE])),
  malformed('an authority with a space', (parts) => get('/page', { ...parts, host: 'a b' }, [CLOSE])),
];

const UNKNOWN_TO_THE_SERVER = 404;

/** Well-formed: each is unambiguous, and data after its end is a separate request. */
const wellFormed: readonly SmugglingCase[] = [
  {
    name: 'a redemption behind a page, pipelined',
    write: (parts) => get('/page', parts) + parts.redemption,
    statuses: [UNKNOWN_TO_THE_SERVER, 400],
    upstream: ['GET /page'],
  },
  {
    name: 'a redemption between two pages, pipelined',
    write: (parts) =>
      get('/page', parts) + parts.redemption.replace(CLOSE, 'X: y') + get('/last', parts, [CLOSE]),
    statuses: [UNKNOWN_TO_THE_SERVER, 400, UNKNOWN_TO_THE_SERVER],
    upstream: ['GET /page', 'GET /last'],
  },
  {
    name: 'a redemption behind a refused one, pipelined',
    write: (parts) => parts.redemption.replace(CLOSE, 'X: y') + parts.redemption,
    statuses: [400, 400],
    upstream: [],
  },
  {
    name: 'a redemption as the body of a page',
    write: (parts) =>
      page([`Content-Length: ${parts.redemption.length}`, CLOSE, 'X: y'], parts.redemption, parts),
    statuses: [400],
    upstream: [],
  },
  {
    name: 'a redemption as the body of a GET',
    write: (parts) =>
      get('/page', parts, [`Content-Length: ${parts.redemption.length}`, CLOSE]) + parts.redemption,
    statuses: [400],
    upstream: [],
  },
  {
    name: 'a redemption as the body of an authorization request',
    write: (parts) =>
      get('/oauth2/authorize?client_id=spa', parts, [`Content-Length: ${parts.redemption.length}`]) +
      parts.redemption,
    statuses: [400],
    upstream: [],
  },
  {
    name: 'a redemption in a chunk',
    write: (parts) => page([...CHUNKED, CLOSE], `${chunk(parts.redemption)}0\r\n\r\n`, parts),
    statuses: [400],
    upstream: [],
  },
  {
    name: 'a redemption behind the last chunk',
    write: (parts) => page(CHUNKED, `${chunk('a=b')}0\r\n\r\n${parts.redemption}`, parts),
    statuses: [UNKNOWN_TO_THE_SERVER, 400],
    upstream: ['POST /page'],
  },
  {
    name: 'a redemption behind chunks with extensions',
    write: (parts) => page(CHUNKED, `3;x=1;y="2"\r\na=b\r\n0;z\r\n\r\n${parts.redemption}`, parts),
    statuses: [UNKNOWN_TO_THE_SERVER, 400],
    upstream: ['POST /page'],
  },
  malformed('a length in the trailers', (parts) =>
    page(CHUNKED, `${chunk('a=b')}0\r\nContent-Length: 99\r\n\r\n${parts.redemption}`, parts),
  ),
  {
    name: 'trailers that are a host and an override',
    write: (parts) =>
      page(
        [...CHUNKED, CLOSE, 'Trailer: Host'],
        `${chunk('a=b')}0\r\nHost: evil.example\r\nX-Original-URL: /oauth2/token\r\n\r\n`,
        parts,
      ),
    statuses: [UNKNOWN_TO_THE_SERVER],
    upstream: ['POST /page'],
  },
  {
    name: 'two spaces in the request line',
    write: (parts) => get(' /page', parts, [CLOSE]),
    statuses: [UNKNOWN_TO_THE_SERVER],
    upstream: ['GET /page'],
  },
  {
    name: 'HTTP/2.0',
    write: (parts) => get('/page', parts, [CLOSE]).replace('HTTP/1.1', 'HTTP/2.0'),
    statuses: [505],
    upstream: [],
  },
  {
    name: 'HTTP/0.9, behind which nothing is read',
    write: ({ redemption }) => `GET /page\r\n\r\n${redemption}`,
    statuses: [505],
    upstream: [],
  },
  {
    name: 'HTTP/1.0, which is forwarded as HTTP/1.1',
    write: (parts) => get('/page', parts, [CLOSE]).replace('HTTP/1.1', 'HTTP/1.0') + parts.redemption,
    statuses: [UNKNOWN_TO_THE_SERVER],
    upstream: ['GET /page'],
  },
  {
    name: 'what is no HTTP behind a page, which keeps its own answer',
    write: (parts) => `${get('/page', parts)}no HTTP\r\n\r\n${parts.redemption}`,
    statuses: [UNKNOWN_TO_THE_SERVER],
    upstream: ['GET /page'],
  },
  {
    name: 'what is no HTTP behind two pages, which keep their own answers',
    write: (parts) => `${get('/page', parts)}${get('/second', parts)}no HTTP\r\n\r\n${parts.redemption}`,
    statuses: [UNKNOWN_TO_THE_SERVER, UNKNOWN_TO_THE_SERVER],
    upstream: ['GET /page', 'GET /second'],
  },
  {
    name: 'a length under a name with an underscore',
    write: (parts) => page(['Content-Length: 3', 'Content_Length: 99'], `a=b${parts.redemption}`, parts),
    statuses: [UNKNOWN_TO_THE_SERVER, 400],
    upstream: ['POST /page'],
  },
  {
    name: 'chunks under a name with an underscore',
    write: (parts) =>
      page(['Content-Length: 3', 'Transfer_Encoding: chunked'], `a=b${parts.redemption}`, parts),
    statuses: [UNKNOWN_TO_THE_SERVER, 400],
    upstream: ['POST /page'],
  },
  {
    name: 'a length that Connection removes',
    write: (parts) =>
      page(
        ['Content-Length: 3', 'Connection: content-length, transfer-encoding'],
        `a=b${parts.redemption}`,
        parts,
      ),
    statuses: [UNKNOWN_TO_THE_SERVER, 400],
    upstream: ['POST /page'],
  },
  {
    name: 'Expect: 100-continue at the token endpoint',
    write: ({ redemption }) => redemption.replace(CLOSE, `${CLOSE}\r\nExpect: 100-continue`),
    statuses: [100, 400],
    upstream: [],
  },
  {
    name: 'Expect: 100-continue, and no body but another request',
    write: (parts) => page(['Expect: 100-continue', 'Content-Length: 0'], parts.redemption, parts),
    statuses: [100, UNKNOWN_TO_THE_SERVER, 400],
    upstream: ['POST /page'],
  },
  {
    name: 'an unknown Expect',
    write: ({ redemption }) => redemption.replace(CLOSE, `${CLOSE}\r\nExpect: 200-maybe`),
    statuses: [400],
    upstream: [],
  },
  {
    name: 'an upgrade of the token endpoint, followed by a redemption',
    write: (parts) => get('/oauth2/token', parts, [WEBSOCKET]) + parts.redemption,
    statuses: [400],
    upstream: [],
  },
  {
    name: 'an upgrade of the authorization endpoint, followed by a redemption',
    write: (parts) => get('/oauth2/authorize', parts, [WEBSOCKET]) + parts.redemption,
    statuses: [400],
    upstream: [],
  },
  {
    name: 'a refused upgrade of a page, followed by a redemption',
    write: (parts) => get('/page', parts, [WEBSOCKET]) + parts.redemption,
    statuses: [UNKNOWN_TO_THE_SERVER],
    upstream: ['GET /page'],
  },
  {
    name: 'an upgrade by POST',
    write: ({ redemption }) => redemption.replace(CLOSE, WEBSOCKET.replace(': Upgrade', ': close, Upgrade')),
    statuses: [400],
    upstream: [],
  },
  {
    name: 'an h2c upgrade of a redemption',
    write: ({ redemption }) =>
      redemption.replace(
        CLOSE,
        'Connection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
      ),
    statuses: [400],
    upstream: [],
  },
  {
    // Node does not read data that arrived with a refused upgrade.
    name: 'an h2c upgrade of a page, followed by a redemption',
    write: (parts) =>
      get('/page', parts, [
        'Connection: close, Upgrade, HTTP2-Settings',
        'Upgrade: h2c',
        'HTTP2-Settings: AAMAAABk',
      ]) + parts.redemption,
    statuses: [UNKNOWN_TO_THE_SERVER],
    upstream: ['GET /page'],
  },
  {
    name: 'a redemption after a body that is too large to be judged',
    write: (parts) => {
      const filling = `x=${'y'.repeat(70_000)}`;
      const length = filling.length + parts.redemption.length;
      return page([`Content-Length: ${length}`], filling + parts.redemption, parts).replace(
        '/page',
        '/oauth2/token',
      );
    },
    statuses: [413],
    upstream: [],
  },
  {
    name: 'a redemption behind a method that is refused before its body is read',
    write: (parts) =>
      page([`Content-Length: ${parts.redemption.length}`], parts.redemption, parts).replace(
        'POST /page',
        'PUT /oauth2/token',
      ),
    statuses: [405],
    upstream: [],
  },
  {
    name: 'CONNECT, followed by a redemption',
    write: ({ host, redemption }) => `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n${redemption}`,
    statuses: [],
    upstream: [],
  },
];

export const SMUGGLING_CASES: readonly SmugglingCase[] = [
  ...lengths,
  ...both,
  ...codings,
  ...chunks,
  longExtension,
  ...heads,
  ...wellFormed,
];
