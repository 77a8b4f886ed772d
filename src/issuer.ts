import type { IssuerConfig } from './config/config.ts';
import { Endpoints } from './endpoints.ts';
import type { ClientRegistry } from './policy/client-registry.ts';
import { RedirectIndex } from './policy/redirect-index.ts';
import type { Events } from './telemetry/events.ts';
import { type Discovered, discover } from './upstream/discovery.ts';
import { createUpstreamClient, type UpstreamClient } from './upstream/upstream-client.ts';

/** Milliseconds between attempts to discover the upstream: doubled from the first to the second. */
const FIRST_RETRY = 1_000;
const LAST_RETRY = 30_000;

/** One upstream as configured, at work. */
export class Issuer implements AsyncDisposable {
  readonly config: IssuerConfig;
  readonly name: string;
  readonly clients: ClientRegistry;
  readonly redirects: RedirectIndex;
  readonly upstream: UpstreamClient;
  readonly #events: Events;
  #endpoints: Endpoints | undefined;
  #discovered: Discovered | undefined;
  #attempt: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(config: IssuerConfig, events: Events) {
    this.config = config;
    this.name = config.name;
    this.clients = config.clients;
    this.redirects = new RedirectIndex(config.clients.all());
    this.upstream = createUpstreamClient(config.upstream);
    this.#events = events;
    if (config.endpoints !== 'auto') this.#endpoints = new Endpoints(config.endpoints);
  }

  /** `undefined` until the upstream has told them. */
  get endpoints(): Endpoints | undefined {
    return this.#endpoints;
  }

  /** Whether the upstream gets to see code_challenge and code_verifier. */
  get forwardsPkce(): boolean {
    const { forwardPkce } = this.config;
    return forwardPkce === 'auto' ? this.#discovered?.advertisesPkce === true : forwardPkce === 'always';
  }

  /** One attempt to discover what the configuration leaves to the upstream; failing that, more in the background. */
  discover(): Promise<void> {
    const wanted = this.config.endpoints === 'auto' || this.config.forwardPkce === 'auto';
    if (!wanted || this.#discovered !== undefined || this.#disposed) return Promise.resolve();
    this.#attempt ??= this.#discoverOnce(FIRST_RETRY).finally(() => {
      this.#attempt = undefined;
    });
    return this.#attempt;
  }

  async #discoverOnce(retryIn: number): Promise<void> {
    clearTimeout(this.#retry);
    try {
      const discovered = await discover(this.upstream, this.#discoveryHost());
      this.#discovered = discovered;
      if (this.config.endpoints === 'auto') this.#endpoints = new Endpoints(discovered.endpoints);
      this.#events.discovered(this.name, discovered.advertisesPkce, discovered.endpoints);
    } catch (error) {
      if (this.#disposed) return;
      // With the endpoints configured, only PKCE support is unknown: many legacy servers have no document at all.
      if (this.#endpoints === undefined) this.#events.discoveryFailed(this.name, error, retryIn);
      this.#retry = setTimeout(
        () => void this.#discoverOnce(Math.min(retryIn * 2, LAST_RETRY)),
        retryIn,
      ).unref();
    }
  }

  /** The Host to ask for metadata under: that of users, where the upstream sees it and it is known. */
  #discoveryHost(): string {
    const { upstream, publicOrigin, hosts } = this.config;
    if (!upstream.preserveHost) return this.upstream.authority;
    return publicOrigin === undefined ? (hosts[0] ?? this.upstream.authority) : new URL(publicOrigin).host;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    clearTimeout(this.#retry);
    await this.upstream[Symbol.asyncDispose]();
  }
}
