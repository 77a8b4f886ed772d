import type { Cluster } from 'ioredis';
import type { RedisConfig } from '../config/config.ts';
import { unreachable } from './redis-fault.ts';
import { type OnStateChange, RedisLink, type SendCommand } from './redis-link.ts';

/**
 * The connection to Redis that all stores share: to one server, a cluster, or the primary that sentinels name. It reconnects by
 * itself. A command may be sent twice, so it must be idempotent.
 */
export class RedisConnection implements AsyncDisposable {
  readonly #onStateChange: OnStateChange;
  #reported: string | undefined;
  #link: RedisLink;
  /** The link with a new configuration, until it is ready. */
  #next: RedisLink | undefined;

  /** Throws for an unusable certificate. */
  constructor(config: RedisConfig, onStateChange: OnStateChange = () => {}) {
    this.#onStateChange = onStateChange;
    this.#link = new RedisLink(config, (state, detail) => this.#report(this.#link, state, detail));
  }

  /**
   * Sends one command. Throws a `StoreFault`: at once while Redis is unreachable, after the timeout if it does not answer.
   * `undo` is called, possibly twice, for a command that may run or have run although its caller got a fault.
   */
  run<Reply>(send: SendCommand<Reply>, undo?: () => void): Promise<Reply> {
    return this.#link.run(send, undo);
  }

  /** Runs a step as soon as Redis is reachable, possibly at once. */
  whenBack(step: () => void): void {
    this.#link.whenBack(step);
  }

  /** Resolves if Redis serves. In a cluster, one primary that reports `ok` is enough: most logins continue without a lost node. */
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
   * Switches to other credentials, certificates or addresses of the same Redis as soon as a connection with them works; until
   * then the old connection stays. Resolves after the switch; rejects with the `StoreFault` of the first failed attempt, but
   * keeps trying. Throws as the constructor does.
   */
  renew(config: RedisConfig): Promise<void> {
    const proved = Promise.withResolvers<void>();
    const next: RedisLink = new RedisLink(config, (state, detail) => {
      if (!next.isReady) proved.reject(unreachable(detail));
      else if (next === this.#next) {
        const waiting = this.#link.takeWaiting();
        void this.#link[Symbol.asyncDispose]();
        this.#link = next;
        this.#next = undefined;
        for (const step of waiting) step();
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
    // Repeated failures of the same kind are reported once.
    if (link !== this.#link || report === this.#reported) return;
    this.#reported = report;
    this.#onStateChange(state, detail);
  }
}
