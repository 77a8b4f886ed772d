import type { IncomingMessage, ServerResponse } from 'node:http';
import { allowOrigin } from '../http/cors.ts';
import { NO_FRAMING } from '../http/framing.ts';
import type { Identified } from '../http/request-id.ts';
import { sendHtml, sendJson } from '../http/respond.ts';
import type { Issuer } from '../issuer/issuer.ts';
import type { Events, UnroutableCause } from '../telemetry/events.ts';
import { renderErrorPage } from './error-page.ts';

/** A request without an issuer, client and endpoint to count it under. */
export type Unroutable = Identified & {
  readonly cause: UnroutableCause;
  readonly request: IncomingMessage;
  readonly clientAddress: string;
  /** Known if only the endpoints are not. */
  readonly issuer?: Issuer;
};

const REFUSALS: Readonly<Record<UnroutableCause, readonly [status: number, description: string]>> = {
  version: [505, 'the gateway speaks HTTP/1.1 and HTTP/1.0 only'],
  host: [400, 'the Host header is missing, repeated or malformed'],
  target: [400, 'the request target is malformed, or names another host than the Host header'],
  issuer_unknown: [421, 'no issuer is configured for this host'],
  path_unknown: [404, 'no issuer is configured for this path'],
  endpoints_unknown: [503, 'the endpoints of the authorization server are not known yet; try again'],
  upgrade: [400, 'this request cannot be upgraded'],
};

export function answerUnroutable(events: Events, response: ServerResponse, unroutable: Unroutable): void {
  const { cause, request, requestId, issuer } = unroutable;
  const [status, description] = REFUSALS[cause];
  const { origin, accept } = request.headers;
  countUnroutable(events, unroutable);
  // The endpoint is unknown, so apps of all clients may read this response.
  if (origin !== undefined && issuer?.corsOrigins.has(origin) === true) allowOrigin(response, origin);
  // It may be a token request, so only a browser gets a page.
  if (issuer === undefined || accept?.includes('text/html') !== true) {
    answerPlainly(response, status, description, unroutable);
    return;
  }
  const page = { status, description, reason: UNAVAILABLE, requestId };
  const html = renderErrorPage(page, issuer.config.pages.error);
  sendHtml(response, status, html, NO_FRAMING, unroutable.idHeaders);
}

export function statusOf(cause: UnroutableCause): number {
  return REFUSALS[cause][0];
}

export function countUnroutable(events: Events, unroutable: Unroutable): void {
  const { cause, request, requestId, clientAddress } = unroutable;
  const [path = ''] = (request.url ?? '').split('?', 1);
  // Another form of target may contain a password.
  const shown = path.startsWith('/') ? path : undefined;
  events.unplacedRequest({ cause, requestId, clientAddress, host: request.headers.host, path: shown });
}

const UNAVAILABLE = 'temporarily_unavailable';

/** Answers a request whose client, endpoint and issuer are unknown. */
export function answerPlainly(
  response: ServerResponse,
  status: number,
  description: string,
  { requestId, idHeaders }: Identified,
): void {
  const error = status === 503 ? UNAVAILABLE : 'invalid_request';
  const body = { error, error_description: description, request_id: requestId };
  sendJson(response, status, body, idHeaders);
}
