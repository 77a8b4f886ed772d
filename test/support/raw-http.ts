import { connect } from 'node:net';

export type RawResponse = {
  /** `HTTP/1.1 400 Bad Request` */
  readonly statusLine: string;
  readonly status: number;
  /** As sent: order, case and repetition. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** With the chunked coding undone. */
  readonly body: string;
  /** Every byte up to the end of the connection, including those after the first response. */
  readonly raw: string;
};

export type SendRawOptions = {
  /** `response` (default): stop at the end of the first response. `close`: read on until the server closes. */
  readonly until?: 'response' | 'close';
  readonly signal?: AbortSignal;
};

/**
 * Sends bytes over a socket, exactly as given, and returns the first response.
 * Bytes are written as latin1, so that `\x80` is one byte. An array is written part by part.
 */
export async function sendRaw(
  url: string,
  bytes: string | readonly string[],
  { until = 'response', signal = AbortSignal.timeout(10_000) }: SendRawOptions = {},
): Promise<RawResponse> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  const stop = () => socket.destroy(new Error(`no response within the time: ${url}`));
  signal.addEventListener('abort', stop, { once: true });
  let raw = '';
  try {
    const [first = '', ...rest] = typeof bytes === 'string' ? [bytes] : bytes;
    // Each further part is sent after the previous one left, for requests that arrive in pieces.
    socket.write(first, 'latin1', function next() {
      const part = rest.shift();
      if (part !== undefined) socket.write(part, 'latin1', next);
    });
    for await (const chunk of socket) {
      raw += (chunk as Buffer).toString('latin1');
      const response = parseRawResponse(raw);
      if (response.complete && until === 'response') return response;
    }
    return parseRawResponse(raw);
  } catch (cause) {
    // A reset after the response is normal for a server that does not read the rest of a bad request.
    if (raw.includes('\r\n\r\n')) return parseRawResponse(raw);
    throw cause;
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}

/** Joins header lines by CRLF, adds Host, Connection: close and the length of the body. */
export function rawRequest(
  requestLine: string,
  headers: readonly string[],
  body = '',
  host = 'gateway.test',
): string {
  const names = new Set(headers.map((line) => line.split(':')[0]?.toLowerCase()));
  const added = [
    ...(names.has('host') ? [] : [`Host: ${host}`]),
    ...(names.has('connection') ? [] : ['Connection: close']),
    ...(body === '' || names.has('content-length') || names.has('transfer-encoding')
      ? []
      : [`Content-Length: ${body.length}`]),
  ];
  return [requestLine, ...added, ...headers, '', body].join('\r\n');
}

/** The first response in a text; interim ones (1xx) are skipped. */
function parseRawResponse(raw: string): RawResponse & { readonly complete: boolean } {
  const headEnd = raw.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = raw.slice(0, headEnd < 0 ? raw.length : headEnd).split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  if (headEnd >= 0 && status >= 100 && status < 200 && status !== 101) {
    return { ...parseRawResponse(raw.slice(headEnd + 4)), raw };
  }
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const value = (name: string) => headers.find(([n]) => n.toLowerCase() === name)?.[1];
  const rest = headEnd < 0 ? '' : raw.slice(headEnd + 4);
  const length = value('content-length');
  if (value('transfer-encoding')?.toLowerCase() === 'chunked') {
    const { body, complete } = dechunk(rest);
    return { statusLine, status, headers, body, raw, complete };
  }
  const bodiless = status === 204 || status === 304 || status === 101;
  const size = bodiless ? 0 : length === undefined ? Number.POSITIVE_INFINITY : Number(length);
  const complete = headEnd >= 0 && rest.length >= size;
  return { statusLine, status, headers, body: rest.slice(0, size), raw, complete };
}

function dechunk(text: string): { body: string; complete: boolean } {
  let body = '';
  let at = 0;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(text.slice(at, lineEnd), 16);
    if (Number.isNaN(size)) return { body, complete: false };
    if (size === 0) return { body, complete: text.endsWith('\r\n\r\n') };
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
  }
}
