import type { ServerResponse } from 'node:http';

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

export function sendHtml(response: ServerResponse, status: number, html: string, extra: Extra): void {
  send(response, status, html, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy':
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    ...extra,
  });
}

export function sendRedirect(
  response: ServerResponse,
  status: 302 | 303,
  location: string,
  extra: Extra,
): void {
  send(response, status, '', { Location: location, ...extra });
}

function send(response: ServerResponse, status: number, body: string, headers: Extra): void {
  // Answered before the request's body was read to its end: the rest of it must not be taken for the next request.
  const close = response.req.complete ? undefined : { Connection: 'close' };
  response.writeHead(status, {
    ...OWN_HEADERS,
    ...close,
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  });
  response.end(body);
}
