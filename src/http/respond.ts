import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Framing } from './framing.ts';

/** Headers of every response that the gateway makes itself. */
const OWN_HEADERS = {
  'Cache-Control': 'no-store',
  Pragma: 'no-cache',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

type Extra = Readonly<Record<string, string>>;

export function sendJson(
  response: ServerResponse,
  status: number,
  body: Readonly<Record<string, unknown>>,
  extra: Extra,
): void {
  send(response, status, `${JSON.stringify(body)}\n`, { 'Content-Type': 'application/json', ...extra });
}

export function sendHtml(
  response: ServerResponse,
  status: number,
  html: string,
  { policies, options }: Framing,
  extra: Extra,
): void {
  send(response, status, html, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': [PAGE_POLICY, ...policies].join(', '),
    ...(options.length === 0 ? {} : { 'X-Frame-Options': options.join(', ') }),
    ...extra,
  });
}

const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'";

export function sendRedirect(
  response: ServerResponse,
  status: 302 | 303,
  location: string,
  extra: Extra,
): void {
  send(response, status, '', { Location: location, ...extra });
}

function send(response: ServerResponse, status: number, body: string, headers: Extra): void {
  response.writeHead(status, {
    ...OWN_HEADERS,
    ...closing(response),
    ...retryHeaders(status),
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  });
  response.end(body);
}

/** A 503 says in how many seconds the client may try again. */
export function retryHeaders(status: number): Extra {
  return status === 503 ? { 'Retry-After': '5' } : {};
}

/** Sends the last response to a client and closes the connection, even if the client does not close its side. */
export function endWith(socket: Duplex, answer: string): void {
  socket.end(answer, () => socket.destroy());
}

/** Closes the connection if this response cannot be completed: half of it must not look complete. */
export function breakOff(response: ServerResponse): void {
  response.destroy();
}

/** Answers before the request's body was read completely: the rest of it must not be parsed as the next request. */
function closing(response: ServerResponse): { Connection: 'close' } | undefined {
  return response.req.complete ? undefined : { Connection: 'close' };
}
