import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { allowOrigin } from '../http/cors.ts';
import { sendJson } from '../http/respond.ts';
import type { Issuer } from '../issuer/issuer.ts';
import type { Events, UnroutableCause } from '../telemetry/events.ts';

/** A request without an issuer, client and endpoint to count it under. */
export type Unroutable = {
  readonly cause: UnroutableCause;
  readonly clientAddress: string;
  readonly issuer?: Issuer;
};

const REFUSALS: Readonly<Record<UnroutableCause, { readonly status: number; readonly description: string }>> =
  {
    version: { status: 505, description: 'the gateway speaks HTTP/1.1 and HTTP/1.0 only' },
    host: { status: 400, description: 'the Host header is missing, repeated or malformed' },
    target: {
      status: 400,
      description: 'the request target is malformed, or names another host than the Host header',
    },
    issuer_unknown: { status: 421, description: 'no issuer is configured for this host' },
    path_unknown: { status: 404, description: 'no issuer is configured for this path' },
    endpoints_unknown: {
      status: 503,
      description: 'the endpoints of the authorization server are not known yet; try again',
    },
  };

export function answerUnroutable(
  events: Events,
  request: IncomingMessage,
  response: ServerResponse,
  unroutable: Unroutable,
): void {
  const { status, description } = REFUSALS[unroutable.cause];
  const { origin } = request.headers;
  // The endpoint is unknown, so apps of all clients may read this response.
  if (origin !== undefined && unroutable.issuer?.corsOrigins.has(origin) === true)
    allowOrigin(response, origin);
  answerPlainly(response, status, description, countUnroutable(events, unroutable));
}

export function statusOf(cause: UnroutableCause): number {
  return REFUSALS[cause].status;
}

/** Resolves to its request id. */
export function countUnroutable(
  events: Events,
  { cause, clientAddress }: Omit<Unroutable, 'cause'> & { readonly cause: UnroutableCause | 'upgrade' },
): string {
  const requestId = randomUUID();
  events.unplacedRequest({ cause, requestId, clientAddress });
  return requestId;
}

/** Answers a request whose client, endpoint and issuer are unknown. */
export function answerPlainly(
  response: ServerResponse,
  status: number,
  description: string,
  requestId: string,
): void {
  const error = status === 503 ? 'temporarily_unavailable' : 'invalid_request';
  const retry: Record<string, string> = status === 503 ? { 'Retry-After': '5' } : {};
  const body = { error, error_description: description, request_id: requestId };
  sendJson(response, status, body, { 'X-Request-Id': requestId, ...retry });
}
