import { Activity } from './activity/activity.ts';
import type { Config } from './config/config.ts';
import { SeenTraits } from './handlers/seen-traits.ts';
import { Listener } from './http/listener.ts';
import type { Issuer } from './issuer/issuer.ts';
import type { ObservedStores } from './observed-stores.ts';
import { type Knowledge, type Shared, Site } from './site.ts';
import { type Audit, openAudit } from './telemetry/audit.ts';
import type { Telemetry } from './telemetry/telemetry.ts';

/** Milliseconds for which silent upstreams can delay a start, or a reload that does not need their answer. */
const PREPARE_TIMEOUT = 2_000;

export type ServerOptions = {
  readonly stores: Omit<ObservedStores, 'known'>;
  readonly telemetry: Telemetry;
  /** Whether other processes serve the same address. */
  readonly shared?: boolean;
  /** What other processes have learned about the upstreams. */
  readonly knowledge?: Knowledge;
};

/** The parts of each serving process: the public listener, the site in force, and what survives a reload. */
export class Server implements AsyncDisposable {
  readonly #activity: Activity;
  readonly #shared: Shared;
  readonly #listener: Listener;
  readonly #options: ServerOptions;
  #site: Site;
  /** Sites of earlier configurations that still answer requests. */
  readonly #retiring = new Set<Site>();
  #audit: Audit | undefined;

  private constructor(site: Site, activity: Activity, shared: Shared, options: ServerOptions) {
    const { processEvents } = options.telemetry;
    this.#activity = activity;
    this.#options = options;
    this.#shared = shared;
    this.#site = site;
    const { address, tls, limits, keepAlive } = site.config.listen;
    this.#listener = new Listener({
      address,
      tls,
      headerTimeout: limits.headerTimeout,
      keepAlive,
      connections: limits.connections,
      connectionsPerClient: limits.connectionsPerClient,
      isProxy: (peer) => this.#site.trusted.trusts(peer),
      shared: options.shared ?? false,
      onRequest: (request, response) => void this.#site.handleRequest(request, response),
      onUpgrade: (request, socket, head) => void this.#site.handleUpgrade(request, socket, head),
      onUnreadable: (cause) => processEvents.unreadableRequest(cause),
      onDrop: () => processEvents.connectionDropped(),
    });
  }

  static async create(config: Config, options: ServerOptions): Promise<Server> {
    const { stores, telemetry, knowledge } = options;
    const { events, processEvents } = telemetry;
    const activity = new Activity(stores.activity, {
      onLost: (changes) => processEvents.countsLost(changes),
    });
    events.countInto(activity);
    const shared = { store: stores.flows, events, traits: new SeenTraits(stores.flows) };
    return new Server(await Site.create(config, shared, knowledge), activity, shared, options);
  }

  get config(): Config {
    return this.#site.config;
  }

  get issuers(): readonly Issuer[] {
    return this.#site.issuers;
  }

  get knowledge(): Knowledge {
    return this.#site.knowledge;
  }

  /** The issuers whose endpoints are not known yet. */
  get undiscovered(): readonly string[] {
    return this.#site.undiscovered;
  }

  /** Runs discovery, then listens. Resolves to its URL. */
  async start(): Promise<string> {
    const { events, processEvents } = this.#options.telemetry;
    this.#audit = await openAudit(this.config.audit, processEvents);
    if (this.#audit !== undefined) events.auditWith(this.#audit);
    await this.#site.prepare(PREPARE_TIMEOUT, () => true);
    return this.#listener.listen();
  }

  /** Prepares a new configuration for `commit`; disposal drops it. Throws if an issuer would lose its endpoints. */
  async stage(config: Config): Promise<Site> {
    const next = await Site.create(config, this.#shared, this.#site.knowledge);
    const before = new Set(this.undiscovered);
    await next.prepare(PREPARE_TIMEOUT, ({ endpoints, name }) => endpoints !== undefined || before.has(name));
    const [missing] = next.undiscovered.filter((name) => !before.has(name));
    if (missing !== undefined) {
      await next[Symbol.asyncDispose]();
      throw new Error(
        `issuer ${missing}: the upstream did not tell its endpoints; check that it can be reached, or name them under \`endpoints\``,
      );
    }
    return next;
  }

  /** Applies a staged configuration to new requests; requests in flight finish under the previous one. */
  commit(next: Site): void {
    const previous = this.#site;
    const { tls } = next.config.listen;
    if (tls !== undefined) this.#listener.renewCertificate(tls);
    // Log rotation also sends SIGHUP, after it renamed a file.
    this.#audit?.reopen();
    this.#options.telemetry.configure(next.config.log);
    this.#options.stores.renew(next.config.store);
    this.#site = next;
    this.#retiring.add(previous);
    void previous.retire().finally(() => this.#retiring.delete(previous));
  }

  async reload(next: Config): Promise<void> {
    this.commit(await this.stage(next));
  }

  /** Adds what was counted so far to the store. Throws a `StoreFault`. */
  flush(): Promise<void> {
    return this.#activity.flush();
  }

  /** Continues for `shutdown.delay`, then accepts no new connections, and lets requests in flight finish. */
  async drain(): Promise<void> {
    await this.#listener.drain(this.config.shutdown);
    await this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener[Symbol.asyncDispose]();
    await Promise.all([this.#site, ...this.#retiring].map((site) => site[Symbol.asyncDispose]()));
    await this.#activity[Symbol.asyncDispose]();
    await this.#audit?.[Symbol.asyncDispose]();
  }
}
