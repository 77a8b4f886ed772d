import { clientOf } from '../http/client-address.ts';
import { hasBody } from '../http/read-body.ts';
import { RequestBody } from '../http/request-body.ts';
import type { RequestTarget } from '../http/request-target.ts';
import type { Endpoint } from '../issuer/endpoints.ts';
import { StoreFault, storeFault } from '../store/flow-store.ts';
import { traceUpstream } from '../telemetry/tracing.ts';
import { type Forwarded, forward } from '../upstream/forward.ts';
import type { Hold, Inspect, Outcome } from '../upstream/outcome.ts';
import { buildRequestHeaders } from '../upstream/request-headers.ts';
import type { ResponseHead } from '../upstream/response-headers.ts';
import type { Exchange } from './exchange.ts';
import type { IdentifiedClient } from './identify-client.ts';
import { followResponse, mayBringPage } from './response/follow-response.ts';
import { shareHead } from './share-with-origin.ts';
import { withoutStore } from './without-store.ts';

/** What is sent upstream instead of the client's parts; all other parts are unchanged. */
export type UpstreamRequest = {
  readonly method?: string;
  readonly query?: string | undefined;
  /** `undefined`: the request's own body, streamed. A text: a body that the gateway serialised; `null`: no body. */
  readonly body?: string | null | undefined;
  /** The content type of `body`; default: a form. */
  readonly contentType?: string;
  /** The client's body, partly read, or changed in place. */
  readonly bodyAsSent?: RequestBody | Buffer | null;
  /** Credentials of the gateway, for a client that sent none; `null`: they are in the body. */
  readonly authorization?: string | null | undefined;
  /** Replaces the client's headers. */
  readonly rawHeaders?: readonly string[];
};

export type SendOptions = {
  /** Inspects API responses. Every other response may carry a code, and is followed. */
  readonly settle?: Inspect | undefined;
  /** Whether the upstream should finish even if the client is gone, because its answer matters. */
  readonly outlivesClient?: boolean;
  /** What must be saved before any part of the response is sent, and whose flow it is. */
  readonly saved?: Promise<void> | undefined;
  readonly savedFor?: IdentifiedClient | undefined;
};

const FORM = 'application/x-www-form-urlencoded';

/** Part of the upstream connections is reserved for these. */
const LOGIN_ENDPOINTS: ReadonlySet<Endpoint> = new Set(['authorization', 'pushed_authorization', 'token']);

/** Sends a request upstream and its response to the client; every response is searched for a code. */
export async function sendUpstream(
  exchange: Exchange,
  outgoing: UpstreamRequest,
  options: SendOptions = {},
): Promise<Forwarded> {
  const { response, issuer, services, target } = exchange;
  const query = 'query' in outgoing ? outgoing.query : target.query;
  const method = outgoing.method ?? exchange.method;
  const requestId = [services.requestIdHeader, exchange.requestId] as const;
  const headers = headersFor(exchange, outgoing, requestId);
  const forwarded = await traceUpstream({ method, origin: issuer.config.upstream.origin, headers }, () =>
    forward(
      issuer.upstream,
      {
        method,
        path: pathWith(target, query),
        headers,
        body: outgoing.body === undefined ? bodyAsSent(exchange, outgoing) : outgoing.body,
      },
      response,
      {
        inspect: (head) => inspect(exchange, shareHead(exchange, head), options),
        client: clientOf(exchange.peer.address),
        purpose: LOGIN_ENDPOINTS.has(exchange.endpoint) ? 'login' : 'other',
        outlivesClient: options.outlivesClient === true,
        scope: exchange.inScope,
        requestId,
      },
    ),
  );
  exchange.upstreamTime = forwarded.upstreamTime;
  exchange.overhead = forwarded.headSentAt - exchange.startedAt - forwarded.upstreamTime;
  return forwarded;
}

/** A bare `?` of the client stays: the request is forwarded byte for byte. */
function pathWith(target: RequestTarget, query: string | undefined): string {
  const isBare = query === '' && target.query !== '';
  return query === undefined || isBare ? target.path : `${target.path}?${query}`;
}

function headersFor(
  exchange: Exchange,
  outgoing: UpstreamRequest,
  requestId: readonly [name: string, id: string],
): string[] {
  const { request, issuer, group, peer, endpoint } = exchange;
  const headers = buildRequestHeaders(outgoing.rawHeaders ?? request.rawHeaders, {
    peer,
    publicOrigin: exchange.publicOrigin,
    requestId,
    keepsMethodOverrides: endpoint === 'other' && exchange.resembles === undefined,
    dropsParameterCookies:
      (endpoint === 'token' || endpoint === 'pushed_authorization') &&
      group.strictestMode(Date.now()) === 'enforce',
    host: issuer.hostFor(request.headers.host),
    authorization: outgoing.authorization,
    body:
      outgoing.body !== undefined ? 'replaced' : Buffer.isBuffer(outgoing.bodyAsSent) ? 'resized' : 'as_sent',
    // A page that may deliver a code is inspected while it streams.
    ...(mayBringPage(exchange) ? { acceptEncoding: 'identity' } : {}),
  });
  if (typeof outgoing.body === 'string') headers.push('Content-Type', outgoing.contentType ?? FORM);
  return headers;
}

function bodyAsSent(exchange: Exchange, outgoing: UpstreamRequest): RequestBody | Buffer | null {
  if (outgoing.bodyAsSent !== undefined) return outgoing.bodyAsSent;
  if (!hasBody(exchange.request)) return null;
  return new RequestBody(exchange.request, { patience: exchange.services.bodyLimits.time });
}

function inspect(exchange: Exchange, head: ResponseHead, options: SendOptions): ReturnType<Inspect> {
  exchange.upstreamHead = head;
  if (options.saved !== undefined) return inspectAfter(options.saved, exchange, head, options);
  return options.settle === undefined ? followResponse(exchange, head) : options.settle(head);
}

/** A store fault is answered even though the upstream was asked: its response is dropped, including cookies. */
async function inspectAfter(
  saved: Promise<void>,
  exchange: Exchange,
  head: ResponseHead,
  { savedFor, settle }: SendOptions,
): Promise<Outcome | Hold> {
  const fault = await saved.catch(storeFault);
  const waits = fault instanceof StoreFault && savedFor !== undefined;
  return waits && withoutStore(exchange, savedFor) === 'done'
    ? 'answered'
    : inspect(exchange, head, { settle });
}
