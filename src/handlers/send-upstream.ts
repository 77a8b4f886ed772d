import type { Endpoint } from '../endpoints.ts';
import { clientOf } from '../http/client-address.ts';
import { hasBody } from '../http/read-body.ts';
import { RequestBody } from '../http/request-body.ts';
import { keepScope } from '../telemetry/request-scope.ts';
import { traceUpstream } from '../telemetry/tracing.ts';
import { type Forwarded, forward } from '../upstream/forward.ts';
import type { Hold, Outcome } from '../upstream/outcome.ts';
import { buildRequestHeaders } from '../upstream/request-headers.ts';
import type { ResponseHead } from '../upstream/response-headers.ts';
import type { Exchange } from './exchange.ts';
import { followResponse } from './follow-response.ts';
import { shareHead } from './share-with-origin.ts';

/** What goes upstream in place of what came; all else is as it came. */
export type UpstreamRequest = {
  readonly method?: string;
  readonly query?: string | undefined;
  /** `undefined`: the request's own body, streamed. A text: a form that the gateway serialised; `null`: none. */
  readonly body?: string | null | undefined;
  /** The client's body, of which the beginning has already been read. */
  readonly bodyAsSent?: RequestBody | Buffer | null;
  /** Credentials of the gateway's, for a client that has sent none. */
  readonly authorization?: string | undefined;
  /** In place of the client's headers. */
  readonly rawHeaders?: readonly string[];
};

const FORM = 'application/x-www-form-urlencoded';

export type SendOptions = {
  /** Sees the response that the client will get, before it leaves. */
  readonly settle?: (head: ResponseHead) => Outcome | Hold | Promise<Outcome>;
  /** Whether the upstream should finish although the client has gone: its answer settles something. */
  readonly outlivesClient?: boolean;
};

/** A part of the connections to the upstream is kept for these. */
const LOGIN_ENDPOINTS: ReadonlySet<Endpoint> = new Set(['authorization', 'pushed_authorization', 'token']);

/** Sends a request upstream and its response to the client; every response is looked at for a code on its way out. */
export async function sendUpstream(
  exchange: Exchange,
  outgoing: UpstreamRequest,
  options: SendOptions = {},
): Promise<Forwarded> {
  const { request, response, issuer, peer, target } = exchange;
  const query = 'query' in outgoing ? outgoing.query : target.query;
  const replaced = outgoing.body !== undefined;
  const requestId = [exchange.services.requestIdHeader, exchange.requestId] as const;
  const headers = buildRequestHeaders(outgoing.rawHeaders ?? request.rawHeaders, {
    peer,
    publicOrigin: exchange.publicOrigin,
    requestId,
    keepsMethodOverrides: exchange.endpoint === 'other' && exchange.resembles === undefined,
    host: issuer.config.upstream.preserveHost ? (request.headers.host ?? '') : issuer.upstream.authority,
    body: replaced ? 'replaced' : 'as_sent',
  });
  if (typeof outgoing.body === 'string') headers.push('Content-Type', FORM);
  if (outgoing.authorization !== undefined) headers.push('Authorization', outgoing.authorization);
  const method = outgoing.method ?? exchange.method;
  const { origin } = issuer.config.upstream;
  const forwarded = await traceUpstream({ method, origin, headers }, () =>
    forward(
      issuer.upstream,
      {
        method,
        path: query === undefined || query === '' ? target.path : `${target.path}?${query}`,
        headers,
        body: replaced ? (outgoing.body ?? null) : bodyAsSent(exchange, outgoing),
      },
      response,
      {
        inspect: (head) => inspect(exchange, shareHead(exchange, head), options),
        client: clientOf(peer.address),
        purpose: LOGIN_ENDPOINTS.has(exchange.endpoint) ? 'login' : 'other',
        outlivesClient: options.outlivesClient === true,
        scope: keepScope(),
        requestId,
      },
    ),
  );
  exchange.upstreamTime = forwarded.upstreamTime;
  exchange.overhead = forwarded.headSentAt - exchange.startedAt - forwarded.upstreamTime;
  return forwarded;
}

function bodyAsSent(exchange: Exchange, outgoing: UpstreamRequest): RequestBody | Buffer | null {
  if (outgoing.bodyAsSent !== undefined) return outgoing.bodyAsSent;
  if (!hasBody(exchange.request)) return null;
  return new RequestBody(exchange.request, { patience: exchange.services.bodyLimits.time });
}

/** A settled response is an API's answer; every other one may carry a code. */
function inspect(
  exchange: Exchange,
  head: ResponseHead,
  { settle }: SendOptions,
): Outcome | Hold | Promise<Outcome> {
  return settle === undefined ? followResponse(exchange, head) : settle(head);
}
