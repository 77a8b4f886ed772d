import { allowOrigin, mergeCorsHeaders } from '../http/cors.ts';
import type { Endpoint } from '../issuer/endpoints.ts';
import type { ResponseHead } from '../upstream/response-headers.ts';
import type { Exchange } from './exchange.ts';

/**
 * The endpoints that scripts of an app may call. Never the authorization endpoint, which browsers navigate to (RFC 9700
 * 2.6). For everything else, the upstream decides.
 */
export const SHARED_ENDPOINTS: ReadonlySet<Endpoint> = new Set([
  'pushed_authorization',
  'token',
  'metadata',
  'jwks',
  'userinfo',
  'revocation',
]);

/** Makes every response of the gateway itself, including refusals and faults, readable to the client's origin. */
export function shareWithOrigin(exchange: Exchange): void {
  const origin = sharedOrigin(exchange);
  if (origin !== undefined) allowOrigin(exchange.response, origin);
}

/** Makes the upstream's response readable to the client's origin. */
export function shareHead(exchange: Exchange, head: ResponseHead): ResponseHead {
  if (!SHARED_ENDPOINTS.has(exchange.endpoint) || exchange.issuer.corsOrigins.size === 0) return head;
  return { ...head, headers: mergeCorsHeaders(head.headers, sharedOrigin(exchange)) };
}

/** The Origin header, if it belongs to a client and scripts may call this endpoint; else `undefined`. */
export function sharedOrigin({ request, endpoint, issuer }: Exchange): string | undefined {
  const { origin } = request.headers;
  return origin !== undefined && SHARED_ENDPOINTS.has(endpoint) && issuer.corsOrigins.has(origin)
    ? origin
    : undefined;
}
