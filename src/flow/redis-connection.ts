import type { Redis } from 'ioredis';

/** Told of every change of state. `detail` is a code such as `ECONNREFUSED`, `TIMEOUT` or `WRONGPASS`, never an address or a secret. */
export type OnStateChange = (state: 'ready' | 'unreachable', detail?: string) => void;

/** The commands that the store sends, its scripts among them. */
export interface RedisClient extends Redis {
  claimBinding(key: string, presentedChallenge: string, bindingMemory: number): Promise<unknown>;
  releaseBinding(key: string): Promise<unknown>;
}

/** Sends one command, within the same tick. */
export type SendCommand<Reply> = (client: RedisClient) => Promise<Reply>;

/**
 * The way to Redis, be it one server, a cluster, or the primary that sentinels name. It comes back by itself, for ever.
 * A command is sent at once or fails at once: no queue, no second try of what may have been run. A login never waits for
 * a store that is away, and no code is claimed twice by one redemption.
 */
export interface RedisConnection extends AsyncDisposable {
  /**
   * Sends one command to the server that has the key. Throws a `StoreFault`: at once while that server is away, within
   * the timeout where it does not answer.
   */
  run<Reply>(key: string, send: SendCommand<Reply>): Promise<Reply>;
  /** Resolves where Redis serves. */
  ping(): Promise<void>;
}
