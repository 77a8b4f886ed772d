import type { Endpoint } from '../endpoints.ts';
import { buildCorsHeaders, buildPreflightHeaders, parsePreflight, replaceCorsHeaders } from '../http/cors.ts';
import { sendNoContent } from '../http/respond.ts';
import type { ResponseHead } from '../upstream/response-headers.ts';
import type { Exchange } from './exchange.ts';

/**
 * What scripts may call, and how. Never the authorization endpoint: it is for the browser to visit (RFC 9700 2.6).
 * `undefined`: the upstream's own affair.
 */
const METHODS: Readonly<Record<Endpoint, string | undefined>> = {
  authorization: undefined,
  pushed_authorization: 'POST',
  token: 'POST',
  metadata: 'GET, HEAD',
  jwks: 'GET, HEAD',
  userinfo: 'GET, POST',
  revocation: 'POST',
  other: undefined,
};

/**
 * Cross-origin requests from apps in the browser. Where the origin is one of the issuer's clients', its preflight is
 * answered here (`true`), and every other answer of the gateway's own, refusals and faults too, is readable to it.
 */
export function shareWithOrigin(exchange: Exchange): boolean {
  const origin = sharedOrigin(exchange);
  const methods = METHODS[exchange.endpoint];
  if (origin === undefined || methods === undefined) return false;
  const { request, response, requestId } = exchange;
  const preflight = parsePreflight(request.method, request.headers);
  if (preflight !== undefined) {
    sendNoContent(response, { 'X-Request-Id': requestId, ...buildPreflightHeaders(preflight, methods) });
    return true;
  }
  for (const [name, value] of Object.entries(buildCorsHeaders(origin))) response.setHeader(name, value);
  return false;
}

/** The upstream's answer, readable to the origin that asked, whatever the upstream says of origins. */
export function shareHead(exchange: Exchange, head: ResponseHead): ResponseHead {
  const origin = sharedOrigin(exchange);
  if (origin !== undefined) return { ...head, headers: replaceCorsHeaders(head.headers, origin) };
  // Whoever asks next may be of another origin: a cache is to know that the answer depends on it (Fetch 3.3.5).
  const varies = exchange.issuer.corsOrigins.size > 0 && METHODS[exchange.endpoint] !== undefined;
  return varies ? { ...head, headers: [...head.headers, 'Vary', 'Origin'] } : head;
}

function sharedOrigin(exchange: Exchange): string | undefined {
  const { origin } = exchange.request.headers;
  if (origin === undefined || METHODS[exchange.endpoint] === undefined) return undefined;
  return exchange.issuer.corsOrigins.has(origin) ? origin : undefined;
}
