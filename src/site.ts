import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from './config/config.ts';
import type { Services } from './handlers/exchange.ts';
import { TrustedProxies } from './http/trusted-proxies.ts';
import { inTurns } from './in-turns.ts';
import { Issuer, knowledgeKey } from './issuer/issuer.ts';
import { IssuerDirectory } from './issuer/issuer-directory.ts';
import { groupByUpstream, type UpstreamGroup } from './issuer/upstream-group.ts';
import { UpstreamKnowledge } from './issuer/upstream-knowledge.ts';
import { Router } from './router.ts';
import { traceRequest } from './telemetry/tracing.ts';

/** What survives a reload. */
export type Shared = Omit<Services, 'bodyLimits' | 'requestIdHeader'>;

/** What was learned about upstreams, by the settings that it depends on. */
export type Knowledge = ReadonlyMap<string, UpstreamKnowledge>;

/** Everything that one configuration serves. A reload replaces the site; the new one starts with what this one has learned. */
export class Site implements AsyncDisposable {
  readonly config: Config;
  readonly knowledge: Knowledge;
  readonly trusted: TrustedProxies;
  readonly #router: Router;
  readonly issuers: readonly Issuer[];
  #inFlight = 0;
  readonly #idle = Promise.withResolvers<void>();
  #retired = false;

  private constructor(
    config: Config,
    shared: Shared,
    groups: readonly UpstreamGroup[],
    issuers: readonly Issuer[],
  ) {
    const { limits, trustedProxies, requestIdHeader } = config.listen;
    const bodyLimits = { size: limits.body, time: limits.headerTimeout };
    this.config = config;
    this.trusted = new TrustedProxies(trustedProxies, requestIdHeader);
    this.issuers = issuers;
    this.knowledge = new Map(issuers.map((issuer) => [knowledgeKey(issuer.config), issuer.knowledge]));
    this.#router = new Router({
      services: { ...shared, bodyLimits, requestIdHeader },
      directory: new IssuerDirectory(issuers),
      groups: new Map(groups.flatMap((group) => group.issuers.map((issuer) => [issuer, group] as const))),
      trusted: this.trusted,
    });
  }

  /** Builds the site of a configuration, while another one may serve requests. */
  static create(config: Config, shared: Shared, known: Knowledge = new Map()): Promise<Site> {
    return inTurns(Site.#build(config, shared, known));
  }

  static *#build(config: Config, shared: Shared, known: Knowledge): Generator<void, Site> {
    const knowledge = new Map(known);
    const issuers: Issuer[] = [];
    for (const issuer of config.issuers) {
      const key = knowledgeKey(issuer);
      const learnt = knowledge.get(key) ?? new UpstreamKnowledge();
      knowledge.set(key, learnt);
      issuers.push(yield* Issuer.build(issuer, shared.events, learnt));
    }
    return new Site(config, shared, yield* groupByUpstream(issuers), issuers);
  }

  /** The names of the issuers whose endpoints are not known yet. */
  get undiscovered(): readonly string[] {
    return this.issuers.filter(({ endpoints }) => endpoints === undefined).map(({ name }) => name);
  }

  /**
   * Runs discovery for every upstream. An unreachable one is tried again later. An upstream that `mayBeLate` delays this by at
   * most `timeout` (milliseconds).
   */
  async prepare(timeout: number, mayBeLate: (issuer: Issuer) => boolean): Promise<void> {
    const waited = sleep(timeout, undefined, { ref: false });
    await Promise.all(
      this.issuers.map((issuer) => {
        const discovered = issuer.discover();
        return mayBeLate(issuer) ? Promise.race([discovered, waited]) : discovered;
      }),
    );
  }

  handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    return this.#counted(traceRequest(request, () => this.#router.handleRequest(request, response)));
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    return this.#counted(traceRequest(request, () => this.#router.handleUpgrade(request, socket, head)));
  }

  /** Lets requests in flight finish, including those whose body is still arriving; then closes the upstream connections. */
  async retire(): Promise<void> {
    this.#retired = true;
    if (this.#inFlight > 0) await this.#idle.promise;
    await Promise.all(this.issuers.map((issuer) => issuer.retire()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.issuers.map((issuer) => issuer[Symbol.asyncDispose]()));
  }

  async #counted(handled: Promise<void>): Promise<void> {
    this.#inFlight += 1;
    try {
      await handled;
    } finally {
      this.#inFlight -= 1;
      if (this.#retired && this.#inFlight === 0) this.#idle.resolve();
    }
  }
}
