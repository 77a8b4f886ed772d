import { allowOrigin, mergeCorsHeaders } from '../http/cors.ts';
import type { Endpoint } from '../issuer/endpoints.ts';
import type { ResponseHead } from '../upstream/response-headers.ts';
import type { Exchange } from './exchange.ts';

/**
 * What scripts of an app may call. Never the authorization endpoint: it is for the browser to visit (RFC 9700 2.6). All else
 * is the upstream's own affair.
 */
export const SHARED_ENDPOINTS: ReadonlySet<Endpoint> = new Set([
  'pushed_authorization',
  'token',
  'metadata',
  'jwks',
  'userinfo',
  'revocation',
]);

/** Makes every answer of the gateway's own, refusals and faults too, readable to the client's origin. */
export function shareWithOrigin(exchange: Exchange): void {
  const origin = sharedOrigin(exchange);
  if (origin !== undefined) allowOrigin(exchange.response, origin);
}

/** The upstream's answer, readable to an origin of a client as well. */
export function shareHead(exchange: Exchange, head: ResponseHead): ResponseHead {
  if (!SHARED_ENDPOINTS.has(exchange.endpoint) || exchange.issuer.corsOrigins.size === 0) return head;
  return { ...head, headers: mergeCorsHeaders(head.headers, sharedOrigin(exchange)) };
}

/** The origin of a client's whose script asks for an endpoint that scripts may call; else `undefined`. */
export function sharedOrigin({ request, endpoint, issuer }: Exchange): string | undefined {
  const { origin } = request.headers;
  return origin !== undefined && SHARED_ENDPOINTS.has(endpoint) && issuer.corsOrigins.has(origin)
    ? origin
    : undefined;
}
