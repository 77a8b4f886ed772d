import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import { partsOf } from '../config/config-parts.ts';
import type { AllDiscovered, Answer, Call, WorkerCommands } from './worker-commands.ts';

/** Milliseconds for a worker to start or to apply another configuration: it may have to wait for an upstream's metadata. */
const ANSWER_TIMEOUT = 60_000;
/** Milliseconds between two heartbeats, and how many may be unanswered: a busy machine must not cause a restart. */
const HEARTBEAT_INTERVAL = 3_000;
const MISSED_LIMIT = 5;

/** One worker, as the primary sees it. */
export class WorkerProcess {
  /** Counted from 1; a replacement has the number of the one that it replaces. */
  readonly number: number;
  /** The configuration in force there; `undefined` until it serves. */
  config: Config | undefined;
  /** The issuers whose endpoints it does not know. */
  undiscovered: readonly string[] = [];
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
  readonly #worker: Worker;
  readonly #calls = new Map<number, PromiseWithResolvers<unknown>>();
  #lastCall = 0;
  #lastConfig = 0;
  #killedFor: string | undefined;

  constructor(number: number) {
    this.number = number;
    // Advanced: a configuration has values that JSON does not have.
    cluster.setupPrimary({ args: [], serialization: 'advanced' });
    this.#worker = cluster.fork();
    this.#worker.on('message', (answer: Answer) => this.#settle(answer));
    this.ended = new Promise((resolve) => {
      const end = (how: string) => {
        for (const { reject } of this.#calls.values()) reject(new Error(`worker ${number} ended: ${how}`));
        this.#calls.clear();
        resolve(how);
      };
      this.#worker.once('exit', (code, signal) => end(this.#killedFor ?? signal ?? `exit code ${code}`));
      // A process that never ran emits no exit. Otherwise the error is about a message to a process that has just ended.
      this.#worker.on('error', (error) => this.#worker.process.pid === undefined && end(error.message));
    });
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  /** Rejects with the worker's exception, or when it ends first. Do not call it after the end. */
  call<C extends keyof WorkerCommands>(
    command: C,
    ...parameters: Parameters<WorkerCommands[C]>
  ): ReturnType<WorkerCommands[C]> {
    const id = ++this.#lastCall;
    const pending = Promise.withResolvers<unknown>();
    this.#calls.set(id, pending);
    if (this.#worker.isConnected()) this.#worker.send({ id, command, parameters } satisfies Call);
    return pending.promise as ReturnType<WorkerCommands[C]>;
  }

  /** Also rejects if the worker takes too long: a hanging worker must not delay all others. */
  callInTime<C extends keyof WorkerCommands>(
    command: C,
    ...parameters: Parameters<WorkerCommands[C]>
  ): Promise<Awaited<ReturnType<WorkerCommands[C]>>> {
    const late = sleep(ANSWER_TIMEOUT, undefined, { ref: false }).then(() => {
      throw new Error(`worker ${this.number} does not answer`);
    });
    return Promise.race([this.call(command, ...parameters), late]);
  }

  /** Starts it with a configuration. Resolves to the public URL. */
  async start(config: Config, discovered: AllDiscovered): Promise<string> {
    return this.callInTime('start', this.number, await this.#send(config), discovered);
  }

  async stage(config: Config, signal?: AbortSignal): Promise<void> {
    await this.callInTime('stage', await this.#send(config, signal));
  }

  /** Ends it when it hangs. Counts beats, not time: after the machine was suspended, both processes are late. */
  watchHeartbeat(beat: () => Promise<void>): void {
    let missed = 0;
    const timer = setInterval(() => {
      if (missed >= MISSED_LIMIT) this.kill('it did not answer for several heartbeats');
      missed += 1;
      beat().then(
        () => {
          missed = 0;
        },
        () => {},
      );
    }, HEARTBEAT_INTERVAL).unref();
    void this.ended.then(() => clearInterval(timer));
  }

  /** `reason`: the reported cause of its end, instead of SIGKILL. */
  kill(reason?: string): void {
    this.#killedFor ??= reason;
    this.#worker.kill('SIGKILL');
  }

  /** Sends a configuration in parts. Resolves to its number there. */
  async #send(config: Config, signal?: AbortSignal): Promise<number> {
    const number = ++this.#lastConfig;
    for (const part of partsOf(config)) {
      await this.callInTime('receive', number, part);
      signal?.throwIfAborted();
    }
    return number;
  }

  #settle(answer: Answer): void {
    const pending = this.#calls.get(answer.id);
    this.#calls.delete(answer.id);
    if ('problem' in answer) pending?.reject(new Error(answer.problem));
    else pending?.resolve(answer.value);
  }
}

/** The configuration for one of several workers: limits are divided among them. */
export function workerConfig(config: Config, { workers, port }: { workers: number; port: number }): Config {
  const share = (limit: number) => Math.ceil(limit / workers);
  const { listen, issuers } = config;
  return {
    ...config,
    listen: {
      ...listen,
      address: { ...listen.address, port },
      limits: { ...listen.limits, connections: share(listen.limits.connections) },
    },
    issuers: issuers.map((issuer) => ({
      ...issuer,
      upstream: { ...issuer.upstream, connections: share(issuer.upstream.connections) },
    })),
  };
}
