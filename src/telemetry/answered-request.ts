import { SpanStatusCode } from '@opentelemetry/api';
import { printable, withoutSecrets } from './printable.ts';
import type { RequestScope } from './request-scope.ts';

export type AnsweredRequest = {
  readonly requestId: string;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly status: number;
  readonly endpoint: string;
  readonly issuer: string;
  readonly clientAddress: string;
  /** Milliseconds; those of the upstream if it answered. */
  readonly times: {
    readonly total: number;
    readonly upstream?: number | undefined;
    readonly overhead?: number | undefined;
  };
};

/** The most characters of a path in a line: more than any real path has. */
const PATH_LIMIT = 2_048;

export function buildRequestLine(answered: AnsweredRequest, client: string | undefined): object {
  const { method, path, status, endpoint, issuer, clientAddress, requestId, times } = answered;
  return {
    event: 'request',
    method,
    path: printable(withoutSecrets(path), PATH_LIMIT),
    status,
    endpoint,
    issuer,
    client,
    client_address: clientAddress,
    duration_ms: rounded(times.total),
    upstream_ms: rounded(times.upstream),
    overhead_ms: rounded(times.overhead),
    request_id: requestId,
  };
}

/** Sets name and result of the request's span. Never a query, because it contains secrets. */
export function describeInSpan(answered: AnsweredRequest, { span, client }: RequestScope): void {
  if (span?.isRecording() !== true) return;
  const { method, path, status, endpoint, issuer, requestId } = answered;
  span.updateName(`${method} ${endpoint}`);
  span.setAttributes({
    'http.request.method': method,
    'url.path': withoutSecrets(path),
    'pkce_gateway.issuer': issuer,
    'pkce_gateway.client': client,
    'pkce_gateway.request_id': requestId,
    'http.response.status_code': status,
  });
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Milliseconds, with three digits behind the point. */
export function rounded(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.round(milliseconds * 1000) / 1000;
}
