import { type Cluster, ReplyError } from 'ioredis';
import type { RedisConfig } from '../config/config.ts';
import { StoreFault } from './flow-store.ts';
import { openRedisClient, type RedisClient } from './redis-client.ts';
import { redisErrorCode, redisFault, timedOut, unreachable } from './redis-fault.ts';
import { watchPrimaries } from './watch-primaries.ts';

/** Gets the state of a connection. `detail` is a code such as `ECONNREFUSED`, `TIMEOUT` or `WRONGPASS`, never an address or a secret. */
export type OnStateChange = (state: 'ready' | 'unreachable', detail?: string) => void;

/** Sends one command, within the same turn of the event loop. */
export type SendCommand<Reply> = (client: RedisClient) => Promise<Reply>;

/** The most pending commands. While Redis hangs, each takes memory in this process and in the socket. */
export const MAX_UNSETTLED = 10_000;
/** How long a connection may be lost, in milliseconds, before commands fail at once. */
const GRACE = 250;
/** Milliseconds between probes of a server that accepts connections but does not serve. */
const PROBE_INTERVAL = 100;

/** One of ioredis's clients, with a deadline for each command and a limit on pending ones. */
export class RedisLink implements AsyncDisposable {
  readonly #client: RedisClient;
  readonly #timeout: number;
  readonly #onStateChange: OnStateChange;
  #isReady = false;
  /** In a cluster: a primary is lost, but the others serve. */
  #isPartlyLost = false;
  /** Resolves when the connection is back, rejects when it was lost for too long. */
  #back = waitForConnection();
  #lostBecause: string | undefined;
  #nextProbe: NodeJS.Timeout | undefined;
  #unsettled = 0;
  readonly #whenBack: (() => void)[] = [];
  #disposed = false;

  constructor(config: RedisConfig, onStateChange: OnStateChange) {
    this.#timeout = config.timeout;
    this.#onStateChange = onStateChange;
    this.#client = openRedisClient(config, (code) => {
      this.#lostBecause = code;
    });
    this.#client.on('ready', () => this.#probe());
    this.#client.on('close', () => this.#lost());
    // Without a listener for 'error', ioredis prints to the console.
    this.#client.on('error', (error: Error & { command?: { name?: string } }) => {
      this.#lostBecause = redisErrorCode(error) ?? this.#lostBecause;
      // Unreachable sentinels close no connection.
      if (!this.#isReady) this.#lost();
      // After a refused SELECT, ioredis would continue in database 0.
      if (error.command?.name === 'select') this.#client.disconnect(true);
    });
    this.#client.on('node error', (error: unknown) => {
      const code = redisErrorCode(error);
      if (code !== undefined) this.#lostBecause = `CLUSTER_${code}`;
    });
    if (this.#client.isCluster) {
      watchPrimaries(this.#client as unknown as Cluster, (isAnyLost) => {
        this.#isPartlyLost = isAnyLost;
        if (this.#isReady) this.#report();
      });
    }
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  run<Reply>(send: SendCommand<Reply>, undo?: () => void): Promise<Reply> {
    if (this.#disposed) return Promise.reject(unreachable(this.#lostBecause));
    if (this.#unsettled >= MAX_UNSETTLED) {
      const message = `${MAX_UNSETTLED} commands wait for Redis already`;
      return Promise.reject(new StoreFault('store_unreachable', message));
    }
    this.#unsettled += 1;
    return new Promise((resolve, reject) => {
      let isSettled = false;
      let wasSent = false;
      const sendNow = () => {
        if (isSettled) throw unreachable(this.#lostBecause);
        wasSent = true;
        return send(this.#client);
      };
      const giveUp = () => {
        if (isSettled) return;
        isSettled = true;
        if (this.#isReady) this.#lostBecause ??= 'TIMEOUT';
        reject(this.#isReady ? timedOut(this.#timeout) : unreachable(this.#lostBecause));
        // Behind the command, and before anything that the caller's client sends next.
        if (wasSent) undo?.();
      };
      // After a pause of this process, timers run first: `setImmediate` lets it read the replies that have arrived before it gives up.
      const deadline = setTimeout(() => setImmediate(giveUp), this.#timeout);
      const settle = () => {
        this.#unsettled -= 1;
        clearTimeout(deadline);
        isSettled = true;
      };
      const sent = this.#isReady ? sendNow() : this.#back.promise.then(sendNow);
      sent.then(
        (reply) => {
          // Again, because a cluster may have run the two in another order.
          if (isSettled) undo?.();
          settle();
          resolve(reply);
        },
        (error: unknown) => {
          settle();
          reject(redisFault(error, this.#lostBecause));
          // The command may have run, and its reply may have been lost with the connection.
          if (wasSent && !(error instanceof ReplyError)) undo?.();
        },
      );
    });
  }

  whenBack(step: () => void): void {
    if (this.#isReady) step();
    else if (this.#whenBack.length < MAX_UNSETTLED) this.#whenBack.push(step);
  }

  /** Takes the steps that wait for Redis, to run them elsewhere. */
  takeWaiting(): readonly (() => void)[] {
    return this.#whenBack.splice(0);
  }

  /** Stops reporting, and waits for pending replies within the timeout. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    const goodbye = this.#isReady ? this.run((client) => client.quit()).catch(() => {}) : undefined;
    this.#disposed = true;
    clearTimeout(this.#nextProbe);
    await goodbye;
    this.#client.disconnect();
  }

  /** A server that loads its data or requires a password also accepts connections: only a reply shows that it serves. */
  #probe(): void {
    clearTimeout(this.#nextProbe);
    this.#client.ping().then(
      () => this.#found(),
      (error: unknown) => {
        if (this.#client.status !== 'ready' || this.#disposed) return;
        this.#lostBecause = redisErrorCode(error) ?? this.#lostBecause;
        this.#lost();
        this.#nextProbe = setTimeout(() => this.#probe(), PROBE_INTERVAL).unref();
      },
    );
  }

  #found(): void {
    if (this.#client.status !== 'ready') return;
    this.#isReady = true;
    for (const step of this.takeWaiting()) step();
    this.#lostBecause = undefined;
    this.#back.resolve();
    this.#report();
  }

  #lost(): void {
    if (this.#isReady) this.#back = waitForConnection();
    // A cluster's client keeps unsent commands while no node is reachable.
    else if (this.#client.isCluster) flushQueue(this.#client);
    this.#isReady = false;
    // ioredis ignores nodes that announce no host.
    if (this.#client.isCluster) this.#lostBecause ??= 'CLUSTER_NO_NODES';
    this.#report();
  }

  #report(): void {
    if (this.#disposed) return;
    if (this.#isReady && !this.#isPartlyLost) this.#onStateChange('ready');
    else this.#onStateChange('unreachable', this.#lostBecause);
  }
}

/** A private method of ioredis. */
function flushQueue(client: object): void {
  (client as { flushQueue?(error: Error): void }).flushQueue?.(new Error('no connection'));
}

/** Limits the wait for a connection, so that no command runs long after its caller got a fault. */
function waitForConnection(): PromiseWithResolvers<void> {
  const back = Promise.withResolvers<void>();
  // Possibly nothing awaits it.
  back.promise.catch(() => {});
  setTimeout(() => back.reject(new Error('no connection')), GRACE).unref();
  return back;
}
