import { setTimeout as sleep } from 'node:timers/promises';
import type { ActivityStore } from '../activity/activity-store.ts';
import type { ReportedIssuer } from '../activity/reported-issuer.ts';
import type { Config } from '../config/config.ts';
import { inTurns } from '../in-turns.ts';
import { registerClients } from '../issuer/issuer.ts';
import { MergedMetrics } from '../telemetry/merged-metrics.ts';
import type { ProcessEvents } from '../telemetry/process-events.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Discovered } from '../upstream/discovery.ts';
import { WorkerProcess, workerConfig } from './worker-process.ts';

/** Milliseconds before a worker that ended is replaced: doubled each time, until one has served long enough. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 30_000;
const LONG_ENOUGH = 60_000;
/** Milliseconds to wait for workers when metrics or activity are read; a late worker counts with its last answer. */
const READ_TIMEOUT = 1_000;
/** Milliseconds beyond `shutdown` after which a worker that should have ended is killed. */
const END_TIMEOUT = 2_000;

/** Keeps a number of workers running, all with the same configuration. */
export class Supervisor implements AsyncDisposable {
  readonly #count: number;
  readonly #activity: Pick<ActivityStore, 'addActivity'>;
  readonly #events: ProcessEvents;
  readonly #metrics: MergedMetrics;
  readonly #running = new Set<WorkerProcess>();
  /** What workers have learned about upstreams, for workers that start while an upstream does not answer. */
  readonly #discovered = new Map<string, Discovered>();
  readonly #ending = new AbortController();
  #config: Config;
  #issuers: readonly ReportedIssuer[];
  #port: number;

  /** `activity`: receives the counts of workers without a shared store. */
  constructor(
    config: Config,
    issuers: readonly ReportedIssuer[],
    count: number,
    { metrics, processEvents }: Telemetry,
    activity: Pick<ActivityStore, 'addActivity'>,
  ) {
    this.#config = config;
    this.#issuers = issuers;
    this.#port = config.listen.address.port;
    this.#count = count;
    this.#activity = activity;
    this.#events = processEvents;
    this.#metrics = new MergedMetrics(metrics.registry);
  }

  get config(): Config {
    return this.#config;
  }

  get issuers(): readonly ReportedIssuer[] {
    return this.#issuers;
  }

  get readyCount(): number {
    return this.#serving.length;
  }

  /** The issuers whose endpoints some worker does not know. */
  get undiscovered(): readonly string[] {
    return this.#serving.flatMap(({ undiscovered }) => undiscovered);
  }

  /** Starts all workers. Resolves to the public URL when all listen there; rejects if one of them cannot. */
  async start(): Promise<string> {
    const first = this.#spawn(1);
    const url = await this.#bringUp(first);
    // With port 0, the first one picks a port for all.
    this.#port = Number(new URL(url).port || this.#port);
    const others = Array.from({ length: this.#count - 1 }, (_, index) => this.#spawn(index + 2));
    await Promise.all(others.map((worker) => this.#bringUp(worker)));
    for (const worker of [first, ...others]) void this.#keepReplacing(worker);
    return url;
  }

  /** Applies a new configuration in every worker. If one of them cannot apply it, none does, and this throws. */
  async reload(next: Config): Promise<void> {
    const workers = this.#serving;
    const share = this.#shareOf(next);
    const issuers = await reportedIssuers(next);
    const failed = new AbortController();
    try {
      await Promise.all(workers.map((worker) => worker.stage(share, failed.signal)));
    } catch (error) {
      failed.abort();
      for (const worker of workers) void worker.call('discard').catch(() => {});
      throw error;
    }
    this.#config = next;
    this.#issuers = issuers;
    // Workers that started meanwhile use the previous configuration.
    for (const worker of this.#serving) if (!workers.includes(worker)) void this.#update(worker);
    await Promise.all(workers.map((worker) => this.#commit(worker, next)));
  }

  async readMetrics(): Promise<string> {
    await this.#ask(async (worker) => {
      const snapshot = await worker.call('readMetrics');
      if (this.#running.has(worker)) this.#metrics.update(worker.number, snapshot);
    });
    return this.#metrics.render();
  }

  /** Has every worker add what it counted to the store. */
  flush(): Promise<void> {
    return this.#ask(async (worker) => {
      for (const { record, changes } of await worker.call('flush'))
        await this.#activity.addActivity(record, changes);
    });
  }

  /** Lets every worker finish what is in flight. */
  async drain(): Promise<void> {
    this.#ending.abort();
    const { delay, drain } = this.#config.shutdown;
    const deadline = setTimeout(() => this.#killAll(), delay + drain + END_TIMEOUT);
    await Promise.all(
      [...this.#running].map(async (worker) => {
        // A worker that is still starting has nothing to finish.
        if (worker.config === undefined) worker.kill();
        else await worker.call('drain').catch(() => {});
        await worker.ended;
      }),
    );
    clearTimeout(deadline);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    this.#killAll();
    await Promise.all([...this.#running].map((worker) => worker.ended));
  }

  /** Asks all workers, and does not wait for one that hangs. */
  async #ask(question: (worker: WorkerProcess) => Promise<void>): Promise<void> {
    await Promise.race([
      Promise.allSettled(this.#serving.map(question)),
      sleep(READ_TIMEOUT, undefined, { ref: false }),
    ]);
  }

  #shareOf(config: Config): Config {
    return workerConfig(config, { workers: this.#count, port: this.#port });
  }

  get #serving(): WorkerProcess[] {
    return [...this.#running].filter(({ config }) => config !== undefined);
  }

  #killAll(): void {
    for (const worker of this.#running) worker.kill();
  }

  #spawn(number: number): WorkerProcess {
    const worker = new WorkerProcess(number);
    this.#running.add(worker);
    void worker.ended.then(() => {
      this.#running.delete(worker);
      this.#events.workersReady(this.readyCount);
      this.#metrics.end(number);
    });
    return worker;
  }

  async #bringUp(worker: WorkerProcess): Promise<string> {
    const config = this.#config;
    const url = await worker.start(this.#shareOf(config), this.#discovered);
    await this.#checkHealth(worker);
    worker.config = config;
    worker.watchHeartbeat(() => this.#checkHealth(worker));
    this.#events.workersReady(this.readyCount);
    this.#events.workerReady(worker.number, worker.pid);
    void this.#update(worker);
    return url;
  }

  async #checkHealth(worker: WorkerProcess): Promise<void> {
    const { discovered, undiscovered } = await worker.call('health');
    for (const [key, known] of discovered) this.#discovered.set(key, known);
    worker.undiscovered = undiscovered;
  }

  /** Gives a worker the configuration in force, if it missed a reload while it started. */
  async #update(worker: WorkerProcess): Promise<void> {
    const config = this.#config;
    if (worker.config === config || !this.#running.has(worker)) return;
    try {
      await worker.stage(this.#shareOf(config));
    } catch {
      // Its replacement starts with the right one.
      worker.kill();
      return;
    }
    await this.#commit(worker, config);
    await this.#update(worker);
  }

  async #commit(worker: WorkerProcess, config: Config): Promise<void> {
    try {
      await worker.callInTime('commit');
      worker.config = config;
    } catch {
      // All workers must serve with the same configuration.
      worker.kill();
    }
  }

  async #keepReplacing(first: WorkerProcess): Promise<void> {
    let worker = first;
    let failure: string | undefined;
    let pause = FIRST_PAUSE;
    let since = Date.now();
    while (true) {
      const how = await worker.ended;
      if (this.#ending.signal.aborted) return;
      if (Date.now() - since > LONG_ENOUGH) pause = FIRST_PAUSE;
      this.#events.workerEnded(worker.number, failure ?? how, pause);
      await sleep(pause, undefined, { signal: this.#ending.signal }).catch(() => {});
      if (this.#ending.signal.aborted) return;
      pause = Math.min(pause * 2, LONGEST_PAUSE);
      since = Date.now();
      failure = undefined;
      try {
        worker = this.#spawn(worker.number);
        await this.#bringUp(worker);
      } catch (error) {
        failure = (error as Error).message;
        worker.kill();
      }
    }
  }
}

/** The issuers of a configuration for reports, which the primary makes although it serves no requests. */
export async function reportedIssuers({ issuers }: Config): Promise<ReportedIssuer[]> {
  const reported: ReportedIssuer[] = [];
  for (const config of issuers)
    reported.push({ name: config.name, config, clients: await inTurns(registerClients(config)) });
  return reported;
}
