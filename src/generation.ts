import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from './config/config.ts';
import type { Services } from './handlers/exchange.ts';
import { TrustedProxies } from './http/peer.ts';
import { Issuer } from './issuer/issuer.ts';
import { IssuerDirectory } from './issuer/issuer-directory.ts';
import { groupByUpstream } from './issuer/upstream-group.ts';
import { Router } from './router.ts';

/** What outlives a configuration. */
export type Shared = Omit<Services, 'bodyLimits'>;

/** What one configuration makes of the gateway; a reload puts a new one in its place. */
export class Generation implements AsyncDisposable {
  readonly config: Config;
  readonly router: Router;
  readonly #issuers: readonly Issuer[];

  constructor(config: Config, shared: Shared) {
    const { limits, trustedProxies } = config.listen;
    const bodyLimits = { size: limits.body, time: limits.headerTimeout };
    this.config = config;
    this.#issuers = config.issuers.map((issuer) => new Issuer(issuer, shared.events));
    const groups = groupByUpstream(this.#issuers);
    this.router = new Router({
      services: { ...shared, bodyLimits },
      directory: new IssuerDirectory(this.#issuers),
      groups: new Map(groups.flatMap((group) => group.issuers.map((issuer) => [issuer, group] as const))),
      trusted: new TrustedProxies(trustedProxies),
    });
  }

  /**
   * Learns from every upstream what the configuration leaves to it. One that is away is asked again later; one that keeps
   * silent for longer than `patience` (milliseconds) is heard when it speaks.
   */
  async prepare(patience?: number): Promise<void> {
    const waits = patience !== undefined;
    const discovered = Promise.all(this.#issuers.map((issuer) => issuer.discover(waits)));
    if (!waits) return void (await discovered);
    const waiting = new AbortController();
    const waited = sleep(patience, undefined, { signal: waiting.signal }).catch(() => {});
    await Promise.race([discovered, waited]);
    waiting.abort();
  }

  /** Lets requests in flight finish, while new ones go to the next generation. */
  async retire(): Promise<void> {
    await Promise.all(this.#issuers.map((issuer) => issuer.retire()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#issuers.map((issuer) => issuer[Symbol.asyncDispose]()));
  }
}
