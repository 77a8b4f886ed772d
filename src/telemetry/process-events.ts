import type { UnreadableCause } from '../http/unreadable.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { adviseOnStoreState } from './store-advice.ts';

/** The most lines about a configuration in one line of the log. */
const SHOWN_LINES = 50;

/** Events of the process and its dependencies: each event updates its metrics and writes its line together. */
export class ProcessEvents {
  readonly #metrics: Metrics;
  readonly #log: Log;

  constructor(metrics: Metrics, log: Log) {
    this.#metrics = metrics;
    this.#log = log;
  }

  /** With a reload: what changed, and what `check` warns of. */
  configLoaded(
    at: number,
    reload?: { readonly changes: readonly string[]; readonly warnings: readonly string[] },
  ): void {
    this.#metrics.configLastReloadSuccessful.set(1);
    this.#metrics.configLastReloadSuccess.set(at / 1000);
    const [changes, warnings] = [reload?.changes, reload?.warnings].map(firstLines);
    const level = warnings === undefined || warnings.length === 0 ? 'info' : 'warn';
    this.#log[level]({ event: 'config_loaded', changes, warnings }, 'configuration in force');
  }

  /** A key of the configuration keeps its value until the gateway is restarted. */
  restartNeeded(hint: string): void {
    this.#log.warn({ event: 'restart_needed' }, hint);
  }

  configRejected(problems: readonly string[]): void {
    this.#metrics.configLastReloadSuccessful.set(0);
    this.#log.error({ event: 'config_rejected', problems }, 'the previous configuration stays in force');
  }

  /** One line per invalid message would let attackers fill the disk. */
  unreadableRequest(cause: UnreadableCause): void {
    this.#metrics.unplacedRequests.inc({ cause });
  }

  connectionDropped(): void {
    this.#metrics.connectionsDropped.inc();
  }

  /** `detail`: a code such as ECONNREFUSED. `address`: of the store, without credentials. */
  storeState(state: 'ready' | 'unreachable', detail: string | undefined, address?: string | undefined): void {
    this.#metrics.storeUp.set(state === 'ready' ? 1 : 0);
    const fields = { event: 'store_state', state, detail, address };
    if (state === 'ready') this.#log.info(fields, 'the store can be reached');
    else this.#log.error(fields, `the store cannot be reached: ${adviseOnStoreState(detail)}`);
  }

  storeRenewed(address: string | undefined): void {
    this.#log.info(
      { event: 'store_renewed', address },
      'the store takes the new credentials, certificates or keys',
    );
  }

  storeNotRenewed(error: unknown, address: string | undefined): void {
    this.#log.error(
      { event: 'store_not_renewed', address, error },
      'the store does not take the new credentials, certificates or keys: the old ones stay in force, and the new ones are tried again',
    );
  }

  /** Lost counts of at least this many clients and days. */
  countsLost(atLeast: number): void {
    this.#log.error(
      { event: 'counts_lost', at_least: atLeast },
      'activity counts are lost: the store was unreachable for too long',
    );
  }

  /** Lost lines are counted, and reported once by `auditTrouble`. */
  auditRecordDropped(): void {
    this.#metrics.auditRecordsDropped.inc();
  }

  auditTrouble(error: Error): void {
    this.#log.error(
      { event: 'audit_trouble', error },
      'the audit stream cannot be written: lines are buffered, and dropped when the buffer is full',
    );
  }

  auditRecovered(): void {
    this.#log.info({ event: 'audit_recovered' }, 'the audit stream is written again');
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

  /** A worker ended by itself or hung, and is replaced. */
  workerEnded(worker: number, how: string, restartIn: number): void {
    this.#metrics.workerRestarts.inc();
    this.#log.error({ event: 'worker_ended', worker, how, restart_in_ms: restartIn }, 'worker ended');
  }
}

/** The first of lines that may be as many as there are clients. */
function firstLines(lines: readonly string[] | undefined): string[] | undefined {
  const more = Math.max(0, (lines?.length ?? 0) - SHOWN_LINES);
  return lines?.slice(0, SHOWN_LINES).concat(more === 0 ? [] : [`${more} more`]);
}
