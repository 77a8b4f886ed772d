import { acceptsJson } from '../http/accepts-json.ts';
import { framingOf, NO_FRAMING } from '../http/framing.ts';
import { sendHtml, sendJson, sendRedirect } from '../http/respond.ts';
import { buildErrorRedirect } from '../oauth/error-response.ts';
import { isRegisteredRedirectUri } from '../oauth/redirect-uri.ts';
import type { ClientPolicy } from '../policy/client-policy.ts';
import { REASONS, type Reason, type ReasonEntry } from '../policy/reason.ts';
import { renderErrorPage } from './error-page.ts';
import type { Exchange } from './exchange.ts';

/** Where the client waits for an authorization response, as far as the request tells. */
export type ReturnAddress = {
  readonly redirectUri: string | undefined;
  readonly state: string | undefined;
  readonly inFragment: boolean;
};

/**
 * Answers a refused authorization request, or replaces a withheld authorization response. The error is sent to the
 * redirect_uri only if that is configured: the gateway must not be an open redirector (RFC 9700 4.11.2).
 */
export function refuseAuthorization(
  exchange: Exchange,
  reason: Reason,
  policy: ClientPolicy,
  address: ReturnAddress | undefined,
): void {
  const error = REASONS[reason];
  const { response, requestId } = exchange;
  const { redirectUri, state, inFragment = false } = address ?? {};
  if (redirectUri !== undefined && isRegisteredRedirectUri(redirectUri, policy.redirectUris ?? [])) {
    const fields = {
      error: error.error,
      // A client cannot see the headers of a redirect, so the description contains the request id.
      error_description: `${error.description} [${reason}; request ${requestId}]`,
      state,
      iss: exchange.issuer.issFor(exchange.publicOrigin, exchange.realm),
    };
    sendRedirect(response, 302, buildErrorRedirect(redirectUri, fields, inFragment), exchange.idHeaders);
    return;
  }
  answerBrowser(exchange, { ...error, reason, owner: policy.owner }, allowed(exchange, error));
}

/** Answers a refused token or pushed authorization request (RFC 6749 5.2, RFC 9126 2.3). */
export function refuseToken(exchange: Exchange, reason: Reason): void {
  const error = REASONS[reason];
  sendJson(
    exchange.response,
    error.status,
    { error: error.error, error_description: error.description, reason, request_id: exchange.requestId },
    { ...exchange.idHeaders, ...allowed(exchange, error) },
  );
}

/** Answers a fault of the store (503), the upstream (502, 504), or the gateway itself (500). */
export function answerFault(exchange: Exchange, status: 500 | 502 | 503 | 504, description: string): void {
  const error = status === 500 ? 'server_error' : 'temporarily_unavailable';
  if (exchange.endpoint !== 'authorization' && exchange.endpoint !== 'other') {
    const body = { error, error_description: description, request_id: exchange.requestId };
    sendJson(exchange.response, status, body, exchange.idHeaders);
  } else {
    answerBrowser(exchange, { status, error, description });
  }
}

type BrowserAnswer = {
  readonly status: number;
  readonly error: string;
  readonly description: string;
  readonly reason?: Reason;
  readonly owner?: string | undefined;
};

function answerBrowser(
  exchange: Exchange,
  { status, error, description, reason, owner }: BrowserAnswer,
  extra: Readonly<Record<string, string>> = {},
): void {
  const { request, response, requestId, upstreamHead } = exchange;
  const headers = { ...exchange.idHeaders, ...extra };
  if (acceptsJson(request.headers.accept)) {
    const body = { error, error_description: description, reason, request_id: requestId };
    sendJson(response, status, body, headers);
  } else {
    const page = { status, description, requestId, owner, reason: reason ?? error };
    const html = renderErrorPage(page, exchange.issuer.config.pages.error);
    // A silent login in a frame ends there as the server's own page would.
    const framing = upstreamHead === undefined ? NO_FRAMING : framingOf(upstreamHead.headers);
    sendHtml(response, status, html, framing, headers);
  }
}

function allowed(exchange: Exchange, error: ReasonEntry): Record<string, string> {
  if (error.status !== 405) return {};
  return { Allow: exchange.endpoint === 'authorization' ? 'GET, HEAD, POST' : 'POST' };
}
