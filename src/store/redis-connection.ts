import type { Cluster } from 'ioredis';
import type { RedisConfig } from '../config/config.ts';
import { unreachable } from './redis-fault.ts';
import { type OnStateChange, RedisLink, type SendCommand } from './redis-link.ts';

/**
 * The way to Redis, be it one server, a cluster, or the primary that sentinels name; shared by the stores. It comes back by
 * itself. A command may be sent twice: its effect must be the same.
 */
export class RedisConnection implements AsyncDisposable {
  readonly #onStateChange: OnStateChange;
  #reported: string | undefined;
  #link: RedisLink;
  /** With another configuration, until it is ready. */
  #next: RedisLink | undefined;

  /** Throws for a URL or a certificate that cannot be used at all. */
  constructor(config: RedisConfig, onStateChange: OnStateChange = () => {}) {
    this.#onStateChange = onStateChange;
    this.#link = new RedisLink(config, (state, detail) => this.#report(this.#link, state, detail));
  }

  /**
   * Sends one command. Throws a `StoreFault`: at once while Redis is unreachable, after the timeout where it does not answer.
   * `undo` is called for a command that may have run although its caller has been told of a fault.
   */
  run<Reply>(send: SendCommand<Reply>, undo?: () => void): Promise<Reply> {
    return this.#link.run(send, undo);
  }

  /** Takes a step as soon as Redis can be reached: at once, where it can. */
  whenBack(step: () => void): void {
    this.#link.whenBack(step);
  }

  /** Resolves where Redis serves. Of a cluster, one primary that says that it is up will do: with a node lost, most logins go on. */
  async ping(): Promise<void> {
    await this.run(async (client) => {
      if (!client.isCluster) return client.ping();
      const primaries = (client as unknown as Cluster).nodes('master');
      const states = primaries.map(async (primary) => {
        const info = String(await primary.cluster('INFO'));
        if (!info.includes('cluster_state:ok')) throw unreachable('CLUSTERDOWN');
      });
      return Promise.any(states).catch((error: AggregateError) => {
        throw error.errors[0] ?? unreachable('CLUSTERDOWN');
      });
    });
  }

  /**
   * Goes over to the same Redis with other credentials, certificates or addresses, as soon as they have proved themselves:
   * until then the connection stays as it was. Resolves when they have; rejects with the `StoreFault` of the first attempt that
   * fails, after which more are made. Throws as the constructor does.
   */
  renew(config: RedisConfig): Promise<void> {
    const proved = Promise.withResolvers<void>();
    const next: RedisLink = new RedisLink(config, (state, detail) => {
      if (!next.isReady) proved.reject(unreachable(detail));
      else if (next === this.#next) {
        void this.#link[Symbol.asyncDispose]();
        this.#link = next;
        this.#next = undefined;
        proved.resolve();
      }
      this.#report(next, state, detail);
    });
    void this.#next?.[Symbol.asyncDispose]();
    this.#next = next;
    return proved.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#next?.[Symbol.asyncDispose](), this.#link[Symbol.asyncDispose]()]);
  }

  #report(link: RedisLink, state: 'ready' | 'unreachable', detail?: string): void {
    const report = `${state} ${detail}`;
    // An attempt that fails like the one before is no news.
    if (link !== this.#link || report === this.#reported) return;
    this.#reported = report;
    this.#onStateChange(state, detail);
  }
}
