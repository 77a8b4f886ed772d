import type { Readable } from 'node:stream';
import { type Forwarded, type ForwardOptions, forward } from '../upstream/forward.ts';
import { buildRequestHeaders } from '../upstream/request-headers.ts';
import type { ResponseHead } from '../upstream/response-headers.ts';
import type { Exchange } from './exchange.ts';
import { followResponse } from './follow-response.ts';

/** What goes upstream in place of what came; all else is as it came. */
export type UpstreamRequest = {
  readonly method?: string;
  readonly query?: string | undefined;
  /** `undefined`: the request's own body, streamed. A text: a form that the gateway serialised; `null`: none. */
  readonly body?: string | null | undefined;
  /** The client's body, of which the beginning has already been read. */
  readonly bodyAsSent?: Readable | Buffer | null;
};

const FORM = 'application/x-www-form-urlencoded';

/** Sends a request upstream and its response to the client; every response is looked at for a code on its way out. */
export async function sendUpstream(
  exchange: Exchange,
  outgoing: UpstreamRequest,
  options: ForwardOptions = {},
): Promise<Forwarded> {
  const { request, response, issuer, peer, target } = exchange;
  const query = 'query' in outgoing ? outgoing.query : target.query;
  const replaced = outgoing.body !== undefined;
  const headers = buildRequestHeaders(request.rawHeaders, {
    peer,
    host: issuer.config.upstream.preserveHost ? (request.headers.host ?? '') : issuer.upstream.authority,
    body: replaced ? 'replaced' : 'as_sent',
  });
  if (typeof outgoing.body === 'string') headers.push('Content-Type', FORM);
  const forwarded = await forward(
    issuer.upstream,
    {
      method: outgoing.method ?? exchange.method,
      path: query === undefined || query === '' ? target.path : `${target.path}?${query}`,
      headers,
      body: replaced ? (outgoing.body ?? null) : bodyAsSent(exchange, outgoing),
    },
    response,
    { ...options, onHead: (head) => inspectHead(exchange, head, options.onHead) },
  );
  exchange.upstreamTime = forwarded.upstreamTime;
  exchange.overhead = forwarded.headSentAt - exchange.startedAt - forwarded.upstreamTime;
  return forwarded;
}

function bodyAsSent(exchange: Exchange, outgoing: UpstreamRequest): Readable | Buffer | null {
  if (outgoing.bodyAsSent !== undefined) return outgoing.bodyAsSent;
  const { headers } = exchange.request;
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return hasBody ? exchange.request : null;
}

type OnHead = NonNullable<ForwardOptions['onHead']>;

function inspectHead(exchange: Exchange, head: ResponseHead, then: OnHead | undefined): ReturnType<OnHead> {
  const followed = followResponse(exchange, head);
  if (then === undefined) return followed;
  if (followed instanceof Promise) {
    return followed.then((changed) => (changed === 'answered' ? changed : then(changed)));
  }
  return followed === 'answered' ? followed : then(followed);
}
