import { Redis } from 'ioredis';
import { Deadlines, type Wait } from './deadlines.ts';
import { StoreFault } from './flow-store.ts';
import type { OnStateChange, RedisClient, RedisConnection, SendCommand } from './redis-connection.ts';
import { connectorOptions, type RedisTarget, type SocketOpener } from './redis-connector.ts';
import { redisErrorCode, redisFault } from './redis-fault.ts';
import { retryDelay } from './redis-retry.ts';
import { CLAIM_BINDING, RELEASE_BINDING } from './redis-scripts.ts';
import { StateReport } from './redis-state.ts';

/** Commands that may wait for their replies. While Redis stands still, each costs memory here and in the socket. */
export const MAX_IN_FLIGHT = 10_000;

const CONNECT_TIMEOUT = 2_000;
const MAX_LOADING_RETRY_TIME = 2_000;

export type RedisAccess = {
  readonly sockets: SocketOpener;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** How long one operation may take, in milliseconds. */
  readonly timeout: number;
};

export type RedisLinkOptions = {
  readonly access: RedisAccess;
  readonly database: number;
  /** Where the server is; asked before each connection. */
  readonly locate: () => RedisTarget | Promise<RedisTarget>;
  /** Replies after which the server is left and asked for anew: it is not the primary, or not any more. */
  readonly leaveOn: readonly string[];
  /** Leaves a replica as soon as it says that it is one. */
  readonly primaryOnly: boolean;
  readonly onStateChange: OnStateChange;
};

/** One connection to one server at a time. */
export class RedisLink implements RedisConnection {
  readonly #client: RedisClient;
  readonly #timeout: number;
  readonly #state: StateReport;
  readonly #begun = Promise.withResolvers<void>();
  readonly #deadlines = new Deadlines();
  #hasBegun = false;
  #target: RedisTarget | undefined;
  #inFlight = 0;
  #disposed = false;
  #lastErrorCode: string | undefined;

  constructor({ access, database, locate, leaveOn, primaryOnly, onStateChange }: RedisLinkOptions) {
    const { sockets, username, password, timeout } = access;
    this.#timeout = timeout;
    this.#state = new StateReport(onStateChange);
    this.#client = new Redis({
      ...connectorOptions({
        sockets,
        locate: async () => {
          this.#target = await locate();
          return this.#target;
        },
        accepts: ({ role }) => {
          const accepted = !primaryOnly || role === undefined || role === 'master';
          if (!accepted) this.#lastErrorCode = 'READONLY';
          return accepted;
        },
        disconnectTimeout: timeout,
      }),
      db: database,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      connectionName: 'pkce-gateway',
      disableClientInfo: true,
      // Nothing here needs RESP3, and RESP2 spares servers and proxies without HELLO a refused handshake.
      protocol: 2,
      replyMapping: 'legacy',
      connectTimeout: Math.max(CONNECT_TIMEOUT, timeout),
      // A connection that owes replies and stays silent is dead or its server is: only a new one can tell. It also bounds
      // the handshake. Longer than a command's own timeout, so that a slow reply fails its command and nobody else's.
      socketTimeout: 2 * timeout,
      maxLoadingRetryTime: MAX_LOADING_RETRY_TIME,
      retryStrategy: retryDelay,
      // After a failover the old primary is a replica: the address may lead to the new one by now.
      reconnectOnError: (error) => {
        const code = redisErrorCode(error);
        const leaves = code !== undefined && leaveOn.includes(code);
        if (leaves) this.#lastErrorCode = code;
        return leaves;
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
    this.#client.on('close', () => {
      this.#begin();
      this.#state.report('unreachable', this.#lastErrorCode);
    });
    this.#client.on('ready', () => {
      this.#lastErrorCode = undefined;
      this.#begin();
      this.#state.report('ready');
    });
  }

  /** `within`: what is left of the time that the operation may take, where some of it has been used. */
  run<Reply>(_key: string, send: SendCommand<Reply>, within = this.#timeout): Promise<Reply> {
    if (this.#disposed) return Promise.reject(this.#notConnected());
    if (within <= 0) return Promise.reject(timedOut(this.#timeout));
    if (this.#inFlight >= MAX_IN_FLIGHT) {
      const message = `${MAX_IN_FLIGHT} commands wait for Redis already`;
      return Promise.reject(new StoreFault('store_unreachable', message));
    }
    return this.#send(send, within);
  }

  async ping(): Promise<void> {
    await this.run('', (client) => client.ping());
  }

  /** Goes to where the server is now, unless it is there. */
  moveTo(target: { readonly host: string; readonly port: number }): void {
    const current = this.#target;
    if (current === undefined) return;
    if ('host' in current && current.host === target.host && current.port === target.port) return;
    this.#lastErrorCode = 'READONLY';
    this.#client.disconnect(true);
  }

  /** Waits for the replies that are owed, within the timeout, and closes the connection for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#state.close();
    if (this.#client.status === 'ready') {
      // The reply to QUIT comes after all others. Where none comes, disconnecting is all that is left to do.
      await this.#send((client) => client.quit(), this.#timeout).catch(() => {});
    }
    this.#client.disconnect();
    this.#begin();
  }

  /**
   * The deadline is ours and not ioredis's `commandTimeout`: that one forgets the caller but keeps the command queued,
   * so that in flight could not be counted, and its error has no code to be told by.
   */
  #send<Reply>(send: SendCommand<Reply>, within: number): Promise<Reply> {
    this.#inFlight += 1;
    return new Promise((resolve, reject) => {
      let late = false;
      const wait = this.#deadlines.begin(within, () => {
        late = true;
        this.#lastErrorCode = 'TIMEOUT';
        reject(timedOut(this.#timeout));
      });
      // A connection that has only just been begun is worth waiting for.
      const sent = this.#hasBegun
        ? this.#dispatch(send)
        : this.#begun.promise.then(() =>
            late ? Promise.reject(this.#notConnected()) : this.#dispatch(send),
          );
      sent.then(
        (reply) => {
          this.#settle(wait);
          this.#lastErrorCode = undefined;
          resolve(reply);
        },
        (error) => {
          this.#settle(wait);
          reject(error instanceof StoreFault ? error : redisFault(error));
        },
      );
    });
  }

  #settle(wait: Wait): void {
    this.#deadlines.end(wait);
    this.#inFlight -= 1;
  }

  #dispatch<Reply>(send: SendCommand<Reply>): Promise<Reply> {
    return this.#client.status === 'ready' ? send(this.#client) : Promise.reject(this.#notConnected());
  }

  #begin(): void {
    this.#hasBegun = true;
    this.#begun.resolve();
  }

  #notConnected(): StoreFault {
    const detail = this.#lastErrorCode === undefined ? '' : `: ${this.#lastErrorCode}`;
    return new StoreFault('store_unreachable', `Redis is not connected${detail}`);
  }
}

function timedOut(timeout: number): StoreFault {
  return new StoreFault('store_timeout', `Redis did not answer within ${timeout} ms`);
}
