import { allowOrigin, mergeCorsHeaders, mergePreflightHeaders, parsePreflight } from '../http/cors.ts';
import { hasBody } from '../http/read-body.ts';
import type { Endpoint } from '../issuer/endpoints.ts';
import type { ResponseHead } from '../upstream/response-headers.ts';
import type { Exchange } from './exchange.ts';
import { sendUpstream } from './send-upstream.ts';

/**
 * What scripts of an app may call. Never the authorization endpoint: it is for the browser to visit (RFC 9700 2.6). All else
 * is the upstream's own affair.
 */
const SHARED: ReadonlySet<Endpoint> = new Set([
  'pushed_authorization',
  'token',
  'metadata',
  'jwks',
  'userinfo',
  'revocation',
]);

/** What a preflight says that asks for one of the endpoints above: it carries no parameters, and redeems nothing. */
export function isPreflight({ request, endpoint, target }: Exchange): boolean {
  if (!SHARED.has(endpoint) || request.method !== 'OPTIONS') return false;
  return target.query === undefined && !hasBody(request);
}

/** A preflight goes upstream. For an origin of a client, what the upstream does not allow is added. */
export async function handlePreflight(exchange: Exchange): Promise<void> {
  const { request } = exchange;
  const preflight = parsePreflight(request.method, request.headers);
  const isShared = preflight !== undefined && sharedOrigin(exchange) !== undefined;
  await sendUpstream(
    exchange,
    { body: null },
    {
      settle: (head) => {
        if (!isShared) return { pass: head };
        const succeeded = head.status >= 200 && head.status < 300;
        const headers = mergePreflightHeaders(succeeded ? head.headers : [], preflight);
        if (succeeded) return { pass: { ...head, headers } };
        // Servers without CORS know no OPTIONS. To a browser, any status but a 2xx is a refusal (Fetch 4.8).
        return { replace: { status: 204, statusText: 'No Content', headers }, body: Buffer.alloc(0) };
      },
    },
  );
}

/** Makes every answer of the gateway's own, refusals and faults too, readable to the client's origin. */
export function shareWithOrigin(exchange: Exchange): void {
  const origin = sharedOrigin(exchange);
  if (origin !== undefined) allowOrigin(exchange.response, origin);
}

/** The upstream's answer, readable to an origin of a client as well. */
export function shareHead(exchange: Exchange, head: ResponseHead): ResponseHead {
  if (!SHARED.has(exchange.endpoint) || exchange.issuer.corsOrigins.size === 0) return head;
  return { ...head, headers: mergeCorsHeaders(head.headers, sharedOrigin(exchange)) };
}

function sharedOrigin({ request, endpoint, issuer }: Exchange): string | undefined {
  const { origin } = request.headers;
  return origin !== undefined && SHARED.has(endpoint) && issuer.corsOrigins.has(origin) ? origin : undefined;
}
