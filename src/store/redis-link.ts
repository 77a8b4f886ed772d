import type { RedisConfig } from '../config/config.ts';
import { StoreFault } from './flow-store.ts';
import { openRedisClient, type RedisClient } from './redis-client.ts';
import { redisErrorCode, redisFault, timedOut, unreachable } from './redis-fault.ts';

/** Told of every change of state. `detail` is a code such as `ECONNREFUSED`, `TIMEOUT` or `WRONGPASS`, never an address or a secret. */
export type OnStateChange = (state: 'ready' | 'unreachable', detail?: string) => void;

/** Sends one command, within the same turn of the event loop. */
export type SendCommand<Reply> = (client: RedisClient) => Promise<Reply>;

/** Commands that may be under way. While Redis hangs, each costs memory here and in the socket. */
const MAX_UNSETTLED = 10_000;
/** How long a connection may be away, in milliseconds, before commands fail at once: after an outage, few of them run late. */
const GRACE = 250;

/** One of ioredis's clients, with a deadline for each command and a bound on all of them. */
export class RedisLink implements AsyncDisposable {
  readonly #client: RedisClient;
  readonly #timeout: number;
  readonly #onStateChange: OnStateChange;
  #lostAt: number | undefined = performance.now();
  #lostBecause: string | undefined;
  #reported: string | undefined;
  #unsettled = 0;
  #disposed = false;

  constructor(config: RedisConfig, onStateChange: OnStateChange) {
    this.#timeout = config.timeout;
    this.#onStateChange = onStateChange;
    this.#client = openRedisClient(config);
    this.#client.on('ready', () => {
      this.#lostAt = undefined;
      this.#lostBecause = undefined;
      this.#report('ready');
    });
    this.#client.on('close', () => {
      this.#lostAt ??= performance.now();
      this.#report('unreachable', this.#lostBecause);
    });
    // Without a listener for 'error', ioredis prints to the console.
    this.#client.on('error', (error: Error & { command?: { name?: string } }) => {
      this.#lostBecause = redisErrorCode(error) ?? this.#lostBecause;
      // ioredis goes on without the database that was asked for, which would be database 0.
      if (error.command?.name === 'select') this.#client.disconnect(true);
    });
    this.#client.on('node error', (error: unknown) => {
      this.#lostBecause = redisErrorCode(error) ?? this.#lostBecause;
    });
  }

  get isReady(): boolean {
    return this.#lostAt === undefined;
  }

  /** As `RedisConnection.run`. */
  run<Reply>(send: SendCommand<Reply>, undo: () => void = () => {}): Promise<Reply> {
    const isLost = this.#lostAt !== undefined && performance.now() - this.#lostAt > GRACE;
    if (isLost || this.#disposed) return Promise.reject(unreachable(this.#lostBecause));
    if (this.#unsettled >= MAX_UNSETTLED) {
      const message = `${MAX_UNSETTLED} commands wait for Redis already`;
      return Promise.reject(new StoreFault('store_unreachable', message));
    }
    this.#unsettled += 1;
    return new Promise((resolve, reject) => {
      let settled = false;
      const giveUp = () => {
        if (settled) return;
        settled = true;
        this.#lostBecause ??= 'TIMEOUT';
        reject(timedOut(this.#timeout));
      };
      // After a standstill of this process timers come first: the replies that have arrived are read before anything is given up.
      const deadline = setTimeout(() => setImmediate(giveUp), this.#timeout);
      const settle = (tell: () => void) => {
        this.#unsettled -= 1;
        clearTimeout(deadline);
        if (settled) return undo();
        settled = true;
        tell();
      };
      send(this.#client).then(
        (reply) => settle(() => resolve(reply)),
        (error: unknown) => settle(() => reject(redisFault(error, this.#lostBecause))),
      );
    });
  }

  /** Nothing is reported any more. The replies that are owed are waited for, within the timeout. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    const goodbye = this.isReady ? this.run((client) => client.quit()).catch(() => {}) : undefined;
    this.#disposed = true;
    await goodbye;
    this.#client.disconnect();
  }

  #report(state: 'ready' | 'unreachable', detail?: string): void {
    const report = `${state} ${detail}`;
    // An attempt that fails like the one before is no news.
    if (this.#disposed || report === this.#reported) return;
    this.#reported = report;
    this.#onStateChange(state, detail);
  }
}
