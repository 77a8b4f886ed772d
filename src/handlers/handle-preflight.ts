import { mergePreflightHeaders, parsePreflight } from '../http/cors.ts';
import { hasBody } from '../http/read-body.ts';
import type { Exchange } from './exchange.ts';
import { sendUpstream } from './send-upstream.ts';
import { SHARED_ENDPOINTS, sharedOrigin } from './share-with-origin.ts';

/** A preflight for one of the endpoints above: it has no parameters, and redeems nothing. */
export function isPreflight({ request, endpoint, target }: Exchange): boolean {
  if (!SHARED_ENDPOINTS.has(endpoint) || request.method !== 'OPTIONS') return false;
  return target.query === undefined && !hasBody(request);
}

/** Forwards a preflight. For the origin of a client, the gateway adds what the upstream does not allow. */
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
        // Servers without CORS do not support OPTIONS. For a browser, any status other than 2xx is a refusal (Fetch 4.8).
        return { replace: { status: 204, statusText: 'No Content', headers } };
      },
    },
  );
}
