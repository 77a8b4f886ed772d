import type { StoreFault } from '../flow/flow-store.ts';
import type { JudgedEndpoint, Reason } from '../policy/reason.ts';
import type { UpstreamFault } from '../upstream/upstream-fault.ts';
import type { ActivitySink, BoundFlow, Subject } from './activity-sink.ts';
import type { Audit } from './audit.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { printable } from './printable.ts';

/** Who and what an event is about. */
export type Violation = Subject & {
  readonly endpoint: JudgedEndpoint;
  readonly reason: Reason;
  readonly mode: 'enforce' | 'report';
  readonly requestId: string;
  readonly clientAddress: string;
  readonly userAgent: string | undefined;
  /** What broke the rule: the redirect_uri, response type, grant or parameter name. Never the value of a secret. */
  readonly detail?: string | undefined;
};

/** Why a request was refused before it was known for whom, and for which endpoint, it was. */
export type UnplacedCause =
  /** No HTTP; a head that is too large; a head that does not come to its end. */
  | 'malformed'
  | 'head_too_large'
  | 'head_too_slow'
  /** Neither HTTP/1.1 nor HTTP/1.0. */
  | 'version'
  /** A Host or a request target that cannot be read in one way only. */
  | 'host'
  | 'target'
  | 'issuer_unknown'
  /** No issuer is configured for the path. */
  | 'path_unknown'
  | 'endpoints_unknown'
  /** An upgrade of what is judged. */
  | 'upgrade';

/** A request that has been answered. */
export type AnsweredRequest = {
  readonly requestId: string;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly status: number;
  readonly endpoint: string;
  readonly issuer: string;
  readonly clientAddress: string;
  /** Milliseconds; those of the upstream where it was asked and answered. */
  readonly times: { readonly total: number; readonly upstream?: number; readonly overhead?: number };
};

export type RedemptionResult = 'verified' | 'unverified' | 'refused' | 'upstream_error';

/** The `status_class` by the first digit of a status, which Node lets have three digits only. */
const STATUS_CLASSES = ['0xx', '1xx', '2xx', '3xx', '4xx', '5xx', '6xx', '7xx', '8xx', '9xx'];

/** What happens in the gateway, said once: each event moves its counters and writes its lines together. */
export class Events {
  readonly #metrics: Metrics;
  readonly #log: Log;
  #activity: ActivitySink | undefined;
  #audit: Audit | undefined;
  /** Of which clients it was told already that their id_tokens hold a hash: one entry for each configured client at most. */
  readonly #hashesTold = new Set<string>();

  constructor(metrics: Metrics, log: Log) {
    this.#metrics = metrics;
    this.#log = log;
  }

  /** From now on, what clients do goes to the activity as well. */
  countInto(activity: ActivitySink): void {
    this.#activity = activity;
  }

  /** From now on, violations are written to the audit stream as well. */
  auditWith(audit: Audit): void {
    this.#audit = audit;
  }

  violation(seen: Violation): void {
    const detail = seen.detail === undefined ? undefined : printable(seen.detail);
    const violation = { ...seen, detail };
    const { issuer, client, endpoint, reason, mode } = violation;
    const enforced = mode === 'enforce';
    const counter = enforced ? this.#metrics.rejections : this.#metrics.reportOnlyViolations;
    counter.at(issuer).at(client).at(endpoint).at(reason).value += 1;
    this.#activity?.violation(violation);
    this.#audit?.record(violation);
    this.#log.warn(
      {
        event: enforced ? 'refusal' : 'report_only_violation',
        issuer,
        client,
        client_id: violation.clientId && printable(violation.clientId),
        endpoint,
        reason,
        detail,
        mode,
        request_id: violation.requestId,
        client_address: violation.clientAddress,
        user_agent: violation.userAgent && printable(violation.userAgent),
      },
      enforced ? 'refused' : 'would be refused',
    );
  }

  /** The lines that are lost are counted, and told of once by `auditTrouble`. */
  auditRecordDropped(): void {
    this.#metrics.auditRecordsDropped.value += 1;
  }

  auditTrouble(error: Error): void {
    this.#log.error(
      { event: 'audit_trouble', error },
      'the audit stream cannot be written: its lines wait, and are dropped when too many do',
    );
  }

  auditRecovered(): void {
    this.#log.info({ event: 'audit_recovered' }, 'the audit stream is written again');
  }

  unplacedRequest(unplaced: {
    readonly cause: UnplacedCause;
    readonly requestId: string;
    readonly clientAddress: string;
  }): void {
    this.#metrics.unplacedRequests.at(unplaced.cause).value += 1;
    this.#log.warn(
      {
        event: 'unplaced_request',
        cause: unplaced.cause,
        request_id: unplaced.requestId,
        client_address: unplaced.clientAddress,
      },
      'refused',
    );
  }

  /** A line for each thing that is no HTTP request would be a way to fill the disk. */
  unreadableRequest(cause: UnplacedCause): void {
    this.#metrics.unplacedRequests.at(cause).value += 1;
  }

  connectionDropped(): void {
    this.#metrics.connectionsDropped.value += 1;
  }

  authorizationRequested(subject: Subject, challengeMethod: 'S256' | 'plain' | 'none'): void {
    const { issuer, client } = subject;
    this.#metrics.authorizationRequests.at(issuer).at(client).at(challengeMethod).value += 1;
    this.#activity?.authorizationRequested(subject, challengeMethod);
  }

  codeBound(subject: Subject, flow: BoundFlow): void {
    const { issuer, client } = subject;
    this.#metrics.codesBound.at(issuer).at(client).value += 1;
    this.#activity?.codeBound(subject, flow);
  }

  /** An id_token of a token response holds `c_hash`: a client that checks it can only take the upstream's own code. */
  codeHashSeen(issuer: string, client: string): void {
    this.#activity?.codeHashSeen(issuer, client);
    if (!this.#isFirst('c_hash', issuer, client)) return;
    this.#log.info(
      { event: 'code_hash', issuer, client },
      'the id_tokens of this client hold c_hash: with `wrap_codes: auto` its codes are not wrapped',
    );
  }

  /** An id_token holds `s_hash`, the hash of the state that the upstream saw. */
  stateHashSeen(issuer: string, client: string): void {
    this.#activity?.stateHashSeen(issuer, client);
    if (!this.#isFirst('s_hash', issuer, client)) return;
    this.#log.warn(
      { event: 'state_hash', issuer, client },
      'the id_tokens of this client hold s_hash, the hash of the prefixed state, and clients that check it reject the ' +
        'response: set `state: preserve` for this client, which needs its `redirect_uris`',
    );
  }

  redeemed(subject: Subject, result: RedemptionResult): void {
    const { issuer, client } = subject;
    this.#metrics.redemptions.at(issuer).at(client).at(result).value += 1;
    this.#activity?.redeemed(subject, result);
  }

  countsLost(atLeast: number): void {
    this.#log.error(
      { event: 'counts_lost', at_least: atLeast },
      'counts of what clients did were lost: the store was unreachable for too long',
    );
  }

  requestBegan(): void {
    this.#metrics.requestsInFlight.value += 1;
  }

  requestEnded({ endpoint, status, times }: AnsweredRequest): void {
    const { requestsInFlight, requestDuration, upstreamDuration, overhead } = this.#metrics;
    const statusClass = STATUS_CLASSES[Math.trunc(status / 100)] as string;
    requestsInFlight.value -= 1;
    requestDuration.at(endpoint).at(statusClass).observe(times.total);
    if (times.upstream !== undefined) upstreamDuration.at(endpoint).at(statusClass).observe(times.upstream);
    if (times.overhead !== undefined) overhead.at(endpoint).observe(times.overhead);
  }

  /** `duration` in milliseconds. */
  storeOperation(operation: string, duration: number, fault: StoreFault | undefined): void {
    const outcome = fault === undefined ? 'ok' : 'fault';
    this.#metrics.storeDuration.at(operation).at(outcome).observe(duration);
    if (fault === undefined) return;
    this.#metrics.storeErrors.at(operation).value += 1;
    this.#log.error({ event: 'store_fault', operation, code: fault.code, error: fault }, 'store fault');
  }

  storeState(state: 'ready' | 'unreachable', detail: string | undefined): void {
    this.#metrics.storeUp.set(state === 'ready' ? 1 : 0);
    const level = state === 'ready' ? 'info' : 'error';
    this.#log[level]({ event: 'store_state', state, detail }, `store ${state}`);
  }

  upstreamFault(issuer: string, fault: UpstreamFault, requestId: string): void {
    this.#metrics.upstreamErrors.at(issuer).at(fault.kind).value += 1;
    this.#activity?.upstreamFault(issuer, fault.kind);
    this.#log.error(
      { event: 'upstream_fault', issuer, kind: fault.kind, request_id: requestId, error: fault },
      'upstream fault',
    );
  }

  internalError(error: unknown, requestId: string): void {
    this.#log.error({ event: 'internal_error', request_id: requestId, error }, 'internal error');
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

  discoveryFailed(issuer: string, error: unknown, retryIn: number): void {
    this.#log.error(
      { event: 'discovery_failed', issuer, retry_in_ms: retryIn, error },
      'upstream not discovered',
    );
  }

  workersWanted(count: number): void {
    this.#metrics.workers.set(count);
  }

  workersReady(count: number): void {
    this.#metrics.workersReady.set(count);
  }

  workerReady(worker: number, pid: number | undefined): void {
    this.#log.info({ event: 'worker_ready', worker, pid }, 'worker serves');
  }

  /** A process that served has ended by itself; another takes its place. */
  workerEnded(worker: number, how: string, restartIn: number): void {
    this.#metrics.workerRestarts.value += 1;
    this.#log.error({ event: 'worker_ended', worker, how, restart_in_ms: restartIn }, 'worker ended');
  }

  /** `hints`: what of it did not take effect. */
  configLoaded(at: number, hints: readonly string[] = []): void {
    this.#metrics.configLastReloadSuccessful.set(1);
    this.#metrics.configLastReloadSuccess.set(at / 1000);
    this.#log.info({ event: 'config_loaded' }, 'configuration in force');
    for (const hint of hints) this.#log.warn({ event: 'restart_needed' }, hint);
  }

  configRejected(problems: readonly string[]): void {
    this.#metrics.configLastReloadSuccessful.set(0);
    this.#log.error({ event: 'config_rejected', problems }, 'the previous configuration stays in force');
  }

  #isFirst(hash: string, issuer: string, client: string): boolean {
    const before = this.#hashesTold.size;
    this.#hashesTold.add(`${hash} ${issuer} ${client}`);
    return this.#hashesTold.size > before;
  }
}
