import { adviceOn, describeCode } from './describe-code.ts';

/** Why an upstream did not answer: the `kind` label of upstream_errors_total. */
export type UpstreamFaultKind = 'unreachable' | 'timeout' | 'reset' | 'protocol' | 'busy';

/** The upstream was unreachable or too slow, or closed the connection early. A fault, never a refusal. */
export class UpstreamFault extends Error {
  readonly code = 'upstream_fault';
  readonly kind: UpstreamFaultKind;
  /** The error code of its cause, such as ECONNREFUSED. */
  readonly causeCode: string | undefined;

  /** Its message is what happened, for operators. It has no text of the cause, which may be the upstream's own. */
  constructor(kind: UpstreamFaultKind, cause: unknown) {
    const causeCode = codeOf(cause);
    const what = `the upstream ${PHRASES[kind]}`;
    super(causeCode === undefined ? what : `${what}: ${describeCode(causeCode)}`, { cause });
    this.name = 'UpstreamFault';
    this.kind = kind;
    this.causeCode = causeCode;
  }

  /** RFC 9110 15.6: 504 if it is too slow, 503 if too many requests wait for it, else 502. */
  get status(): 502 | 503 | 504 {
    if (this.kind === 'timeout') return 504;
    return this.kind === 'busy' ? 503 : 502;
  }
}

/** The reason for aborting an upstream request that nobody waits for. */
export class ClientClosed extends UpstreamFault {
  constructor() {
    super('reset', undefined);
  }
}

const PHRASES: Record<UpstreamFaultKind, string> = {
  unreachable: 'cannot be reached',
  timeout: 'did not answer in time',
  reset: 'broke off',
  protocol: 'did not speak HTTP',
  busy: 'has no connection free, and too many requests wait for one',
};

function codeOf(cause: unknown): string | undefined {
  const { code } = (cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

/** What happened and what to do about it; for errors other than an `UpstreamFault`, only the message. */
export function explainFailure(error: unknown): string {
  return error instanceof UpstreamFault
    ? `${error.message}; ${adviceOnFault(error)}`
    : (error as Error).message;
}

export function adviceOnFault({ causeCode, kind }: UpstreamFault): string {
  return adviceOn(causeCode) ?? BY_KIND[kind];
}

const BY_KIND: Readonly<Record<UpstreamFaultKind, string>> = {
  unreachable: '`pkce-gateway doctor` tries each step of the way to it',
  timeout: 'check its load and the network to it',
  reset: adviceOn('ECONNRESET') ?? '',
  protocol: 'check the scheme (http or https) of `upstream.url`, and that an HTTP server listens there',
  busy: 'raise `upstream.connections`',
};

/** Maps the error codes of undici, of http-proxy-3 and of Node's sockets. */
export function toUpstreamFault(error: Error): UpstreamFault {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  // ECONNECT_TIMEOUT is http-proxy-3's.
  if (/^(UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT|ETIMEDOUT|ECONNECT_TIMEOUT)$/.test(code)) {
    return new UpstreamFault('timeout', error);
  }
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE')
    return new UpstreamFault('reset', error);
  // Errors of undici's parser have no code, and its assertions fail on unexpected input, such as a status below 100.
  const unparsed = error.name === 'HTTPParserError' || code === 'ERR_ASSERTION';
  if (unparsed || code.startsWith('HPE_') || code.startsWith('UND_ERR_')) {
    return new UpstreamFault('protocol', error);
  }
  return new UpstreamFault('unreachable', error);
}
