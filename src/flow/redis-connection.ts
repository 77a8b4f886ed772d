import { Redis, type RedisOptions } from 'ioredis';
import type { StoreConfig } from '../config/config.ts';
import { StoreFault } from './flow-store.ts';
import { connectorOptions } from './redis-connector.ts';
import { redisErrorCode, redisFault } from './redis-fault.ts';
import { CLAIM_BINDING, RELEASE_BINDING } from './redis-scripts.ts';
import { parseRedisUrl } from './redis-url.ts';

export type RedisStoreConfig = Extract<StoreConfig, { kind: 'redis' }>;

/** Told of every change of state. `detail` is a code such as `ECONNREFUSED`, `TIMEOUT` or `WRONGPASS`, never an address or a secret. */
export type OnStateChange = (state: 'ready' | 'unreachable', detail?: string) => void;

/** The commands that the store sends, its scripts among them. */
export interface RedisClient extends Redis {
  claimBinding(key: string, presentedChallenge: string, bindingMemory: number): Promise<unknown>;
  releaseBinding(key: string): Promise<unknown>;
}

/** Commands that may wait for their replies. While Redis stands still, each costs memory here and in the socket. */
export const MAX_IN_FLIGHT = 10_000;

const CONNECT_TIMEOUT = 2_000;
const RETRY_FIRST = 50;
const RETRY_CAP = 2_000;

/**
 * One connection to one Redis, which comes back by itself, for ever. A command is sent at once or fails at once: no
 * queue, no second try, so that a login never waits for a store that is away and no command is ever run twice.
 */
export class RedisConnection implements AsyncDisposable {
  readonly #client: RedisClient;
  readonly #timeout: number;
  readonly #onStateChange: OnStateChange;
  #inFlight = 0;
  #disposed = false;
  #lastErrorCode: string | undefined;
  #reported: string | undefined;

  constructor(config: RedisStoreConfig, onStateChange: OnStateChange = () => {}) {
    this.#timeout = config.timeout;
    this.#onStateChange = onStateChange;
    this.#client = new Redis({
      ...addressOptions(config),
      connectionName: 'pkce-gateway',
      disableClientInfo: true,
      // Nothing here needs RESP3, and RESP2 spares servers and proxies without HELLO a refused handshake.
      protocol: 2,
      replyMapping: 'legacy',
      connectTimeout: Math.max(CONNECT_TIMEOUT, config.timeout),
      // A connection that owes replies and stays silent is dead or its server is: only a new one can tell. It also bounds
      // the handshake. Longer than a command's own timeout, so that a slow reply fails its command and nobody else's.
      socketTimeout: 2 * config.timeout,
      maxLoadingRetryTime: RETRY_CAP,
      retryStrategy: retryDelay,
      // After a failover the old primary is a replica: the address may lead to the new one by now.
      reconnectOnError: (error) => {
        const isReplica = redisErrorCode(error) === 'READONLY';
        if (isReplica) this.#lastErrorCode = 'READONLY';
        return isReplica;
      },
      enableOfflineQueue: false,
      // A command that was sent may have been run: sent again, it would claim the code from itself.
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      scripts: {
        claimBinding: { lua: CLAIM_BINDING, numberOfKeys: 1 },
        releaseBinding: { lua: RELEASE_BINDING, numberOfKeys: 1 },
      },
    }) as RedisClient;

    // Without a listener for 'error', ioredis prints to the console.
    this.#client.on('error', (error: unknown) => {
      this.#lastErrorCode = redisErrorCode(error) ?? this.#lastErrorCode;
    });
    this.#client.on('close', () => this.#report('unreachable', this.#lastErrorCode));
    this.#client.on('ready', () => {
      this.#lastErrorCode = undefined;
      this.#report('ready');
    });
  }

  /** Sends one command. Throws a `StoreFault`: at once while Redis is away, within the timeout where it does not answer. */
  async run<Reply>(send: (client: RedisClient) => Promise<Reply>): Promise<Reply> {
    if (this.#disposed || this.#client.status !== 'ready') {
      const detail = this.#lastErrorCode === undefined ? '' : `: ${this.#lastErrorCode}`;
      throw new StoreFault('store_unreachable', `Redis is not connected${detail}`);
    }
    if (this.#inFlight >= MAX_IN_FLIGHT) {
      throw new StoreFault('store_unreachable', `${MAX_IN_FLIGHT} commands wait for Redis already`);
    }
    return this.#send(send);
  }

  /** Waits for the replies that are owed, within the timeout, and closes the connection for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#client.status === 'ready') {
      // The reply to QUIT comes after all others. Where none comes, disconnecting is all that is left to do.
      await this.#send((client) => client.quit()).catch(() => {});
    }
    this.#client.disconnect();
  }

  /**
   * The deadline is ours and not ioredis's `commandTimeout`: that one forgets the caller but keeps the command queued,
   * so that in flight could not be counted, and its error has no code to be told by.
   */
  #send<Reply>(send: (client: RedisClient) => Promise<Reply>): Promise<Reply> {
    this.#inFlight += 1;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.#lastErrorCode = 'TIMEOUT';
        reject(new StoreFault('store_timeout', `Redis did not answer within ${this.#timeout} ms`));
      }, this.#timeout);
      send(this.#client)
        .then(
          (reply) => {
            this.#lastErrorCode = undefined;
            resolve(reply);
          },
          (error) => reject(redisFault(error)),
        )
        .finally(() => {
          clearTimeout(deadline);
          this.#inFlight -= 1;
        });
    });
  }

  #report(state: 'ready' | 'unreachable', detail?: string): void {
    const report = detail === undefined ? state : `${state} ${detail}`;
    if (this.#disposed || report === this.#reported) return;
    this.#reported = report;
    this.#onStateChange(state, detail);
  }
}

/** Doubles up to a cap. Half of it is left to chance, so that not all gateways come back in the same instant. */
function retryDelay(attempt: number): number {
  const delay = Math.min(RETRY_CAP, RETRY_FIRST * 2 ** Math.min(attempt - 1, 10));
  return delay / 2 + (delay / 2) * Math.random();
}

function addressOptions(config: RedisStoreConfig): RedisOptions {
  const address = parseRedisUrl(config.url);
  // The URL may hold a password: it is not repeated.
  if (address === undefined) throw new StoreFault('store_error', 'the URL of the Redis store is malformed');
  const username = config.username ?? address.username;
  const password = config.password ?? address.password;
  return {
    ...connectorOptions(address, config.tls, config.timeout),
    db: address.database,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}
