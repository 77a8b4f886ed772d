import type { CodeChallengeMethod } from '../oauth/pkce.ts';
import type { Reason } from '../policy/reason.ts';
import type { StoreFault } from '../store/flow-store.ts';
import type { UpstreamFault } from '../upstream/upstream-fault.ts';
import type { ActivitySink, BoundFlow, RedemptionResult } from './activity-sink.ts';
import { type AnsweredRequest, buildRequestLine, describeInSpan, rounded } from './answered-request.ts';
import type { Audit } from './audit.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { printable, withoutSecrets } from './printable.ts';
import { currentScope, type RequestScope } from './request-scope.ts';
import { adviseOnStoreFault } from './store-advice.ts';
import type { Subject } from './subject.ts';
import { traceStoreOperation } from './tracing.ts';
import { buildViolationLine, printableViolation, type Violation } from './violation.ts';

/** Why a request has no issuer and endpoint, and so no client to count it under. */
export type UnroutableCause =
  | 'version'
  | 'host'
  | 'target'
  | 'issuer_unknown'
  | 'path_unknown'
  | 'endpoints_unknown'
  | 'upgrade';

const UNPLACED_ADVICE: Readonly<Partial<Record<UnroutableCause, string>>> = {
  issuer_unknown:
    ': no issuer has this host: list it under `hosts`, or let the proxy in front keep the Host header of the client',
  path_unknown: ': no issuer has this path: list it under `paths`',
};

/** The `status_class` by the first digit of a status, which Node lets have three digits only. */
const STATUS_CLASSES = ['0xx', '1xx', '2xx', '3xx', '4xx', '5xx', '6xx', '7xx', '8xx', '9xx'];

/** Events of requests and logins: each event updates its counters and writes its lines together. */
export class Events {
  readonly #metrics: Metrics;
  readonly #log: Log;
  /** With its own level: request lines are written at any level. */
  readonly #requestLog: Log;
  #activity: ActivitySink | undefined;
  #audit: Audit | undefined;
  /** The clients whose `c_hash` was logged: at most one entry for each configured client. */
  readonly #codeHashesTold = new Set<string>();

  constructor(metrics: Metrics, log: Log, requests: boolean) {
    this.#metrics = metrics;
    this.#log = log;
    this.#requestLog = log.child({});
    this.logRequests(requests);
  }

  /** From now on, events are also passed to the activity. */
  countInto(activity: ActivitySink): void {
    this.#activity = activity;
  }

  /** From now on, violations are written to the audit stream as well. */
  auditWith(audit: Audit): void {
    this.#audit = audit;
  }

  /** Enables or disables a line per answered request. Must be called again when the level changes. */
  logRequests(whether: boolean): void {
    this.#requestLog.level = whether && this.#log.level !== 'silent' ? 'info' : 'silent';
  }

  violation(seen: Violation): void {
    const { issuer, client, endpoint, reason, mode } = seen;
    const enforced = mode === 'enforce';
    const counter = enforced ? this.#metrics.rejections : this.#metrics.reportOnlyViolations;
    counter.inc({ issuer, client, endpoint, reason });
    const violation = printableViolation(seen);
    this.#activity?.violation({ ...violation, clientId: seen.clientId });
    this.#audit?.record(violation);
    noteClient(client)?.span?.addEvent('pkce_gateway.violation', { endpoint, reason, mode });
    this.#log.warn(buildViolationLine(violation), enforced ? 'refused' : 'would be refused');
  }

  /** A violation of a token request in report counts against its client. */
  violationCounted(subject: Subject, reason: Reason): void {
    const { issuer, client } = subject;
    this.#metrics.violationsWithCode.inc({ issuer, client, reason });
    this.#activity?.violationCounted(subject, reason);
  }

  unplacedRequest(unplaced: {
    readonly cause: UnroutableCause;
    readonly requestId: string;
    readonly clientAddress: string;
    readonly host: string | undefined;
    readonly path: string | undefined;
  }): void {
    const { cause, requestId, clientAddress, host, path } = unplaced;
    this.#metrics.unplacedRequests.inc({ cause });
    const place = { host: host && printable(host), path: path && printable(withoutSecrets(path)) };
    this.#log.warn(
      { event: 'unplaced_request', cause, ...place, request_id: requestId, client_address: clientAddress },
      `refused${UNPLACED_ADVICE[cause] ?? ''}`,
    );
  }

  forwardedHeadersIgnored(clientAddress: string): void {
    this.#log.warn(
      { event: 'forwarded_headers_ignored', client_address: clientAddress },
      'X-Forwarded-* or Forwarded from this address are ignored: if it is a proxy of yours, add it to `listen.trusted_proxies`',
    );
  }

  authorizationRequested(subject: Subject, challengeMethod: CodeChallengeMethod | 'none'): void {
    const { issuer, client } = subject;
    const labels = { issuer, client, challenge_method: challengeMethod };
    this.#metrics.authorizationRequests.inc(labels);
    this.#activity?.authorizationRequested(subject, challengeMethod);
    this.#step('authorization_request', labels, 'authorization request');
  }

  codeBound(subject: Subject, flow: BoundFlow): void {
    const { issuer, client } = subject;
    const labels = { issuer, client };
    this.#metrics.codesBound.inc(labels);
    for (const reason of flow.violations) this.#metrics.violationsWithCode.inc({ issuer, client, reason });
    // A client that sends the address of its last response has no such place.
    const redirectUri = flow.redirectUri && withoutSecrets(flow.redirectUri);
    this.#activity?.codeBound(subject, { ...flow, redirectUri });
    this.#step('code_bound', labels, 'code bound to its flow');
  }

  redeemed(subject: Subject, result: RedemptionResult): void {
    const { issuer, client } = subject;
    const labels = { issuer, client, result };
    this.#metrics.redemptions.inc(labels);
    this.#activity?.redeemed(subject, result);
    this.#step('redemption', labels, 'redemption');
  }

  /** An id_token of a token response has a `c_hash`: a client that checks it accepts only the upstream's own code. */
  codeHashSeen(issuer: string, client: string): void {
    this.#activity?.codeHashSeen(issuer, client);
    const key = `${issuer} ${client}`;
    if (this.#codeHashesTold.has(key)) return;
    this.#codeHashesTold.add(key);
    this.#log.info(
      { event: 'code_hash', issuer, client },
      'the id_tokens of this client have a c_hash, so its codes must stay as they are: `wrap_codes: auto` does not wrap them, and a ' +
        'sealed store cannot enforce this client',
    );
  }

  /** From now on, lines have this id. */
  requestBegan(requestId: string): void {
    const scope = currentScope();
    if (scope !== undefined) scope.requestId = requestId;
    this.#metrics.requestsInFlight.inc();
  }

  requestEnded(answered: AnsweredRequest): void {
    const { endpoint, status, times } = answered;
    const { requestsInFlight, requestDuration, upstreamDuration, overhead } = this.#metrics;
    const labels = { endpoint, status_class: STATUS_CLASSES[Math.trunc(status / 100)] as string };
    requestsInFlight.dec();
    requestDuration.observe(labels, times.total / 1000);
    if (times.upstream !== undefined) upstreamDuration.observe(labels, times.upstream / 1000);
    if (times.overhead !== undefined) overhead.observe({ endpoint }, times.overhead / 1000);
    const scope = currentScope();
    if (scope !== undefined) describeInSpan(answered, scope);
    if (this.#requestLog.level !== 'silent')
      this.#requestLog.info(buildRequestLine(answered, scope?.client), 'answered');
  }

  /** `duration` in milliseconds. `address`: of the store, without credentials. */
  storeOperation(
    operation: string,
    duration: number,
    fault: StoreFault | undefined,
    address?: string | undefined,
  ): void {
    const outcome = fault === undefined ? 'ok' : 'fault';
    this.#metrics.storeDuration.observe({ operation, outcome }, duration / 1000);
    traceStoreOperation(operation, duration, fault);
    if (fault === undefined) {
      this.#log.debug(
        { event: 'store_operation', operation, duration_ms: rounded(duration) },
        'store operation',
      );
      return;
    }
    this.#metrics.storeErrors.inc({ operation });
    this.#log.error(
      { event: 'store_fault', operation, address, code: fault.code, error: fault },
      `the store failed: ${adviseOnStoreFault(fault)}`,
    );
  }

  upstreamFault(issuer: string, fault: UpstreamFault, requestId: string): void {
    this.#metrics.upstreamErrors.inc({ issuer, kind: fault.kind });
    this.#activity?.upstreamFault(issuer, fault.kind);
    this.#log.error(
      { event: 'upstream_fault', issuer, kind: fault.kind, code: fault.causeCode, request_id: requestId },
      fault.message,
    );
  }

  discovered(
    issuer: string,
    challengeMethods: readonly string[],
    paths: Readonly<Record<string, readonly string[]>>,
  ): void {
    this.#log.info(
      { event: 'discovered', issuer, code_challenge_methods: challengeMethods, ...paths },
      'upstream discovered',
    );
  }

  /** `why`: what happened, and what to do about it. */
  discoveryFailed(issuer: string, upstream: string, why: string, retryIn: number): void {
    this.#log.error(
      { event: 'discovery_failed', issuer, upstream, retry_in_ms: retryIn },
      `discovery at ${upstream} failed: ${why}`,
    );
  }

  internalError(error: unknown, requestId: string): void {
    this.#log.error({ event: 'internal_error', request_id: requestId, error }, 'internal error');
  }

  /** A step of a login of a known client, with a line at `debug`. */
  #step(event: string, fields: { readonly client: string }, message: string): void {
    noteClient(fields.client);
    if (this.#log.isLevelEnabled('debug')) this.#log.debug({ event, ...fields }, message);
  }
}

function noteClient(client: string): RequestScope | undefined {
  const scope = currentScope();
  if (scope !== undefined) scope.client = client;
  return scope;
}
