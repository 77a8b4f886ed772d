import type { Config } from './config/config.ts';
import { Generation, type Shared } from './generation.ts';
import { CodeHashes } from './handlers/token/code-hashes.ts';
import { Listener } from './http/listener.ts';
import { Inventory } from './inventory/inventory.ts';
import type { Stores } from './open-stores.ts';
import { Audit } from './telemetry/audit.ts';
import type { Events } from './telemetry/events.ts';

/** Milliseconds for which an upstream that keeps silent can hold the start up. */
const START_PATIENCE = 2_000;

/** A configuration that is ready to be put in force. Disposal gives it up. */
export type StagedConfig = AsyncDisposable & {
  /** Puts it in force for requests to come; those in flight finish under the one before. */
  commit(): void;
};

/** What one process serves to the public: a listener, and the generation that answers. */
export class PublicSide implements AsyncDisposable {
  readonly #inventory: Inventory;
  readonly #shared: Shared;
  readonly #listener: Listener;
  #generation: Generation;
  readonly #events: Events;
  #audit: Audit | undefined;

  /** `shared`: other processes serve the same address. */
  constructor(config: Config, { flows, inventory }: Stores, events: Events, { shared = false } = {}) {
    this.#inventory = new Inventory(inventory, { onLost: (atLeast) => events.countsLost(atLeast) });
    events.countInto(this.#inventory);
    this.#events = events;
    this.#shared = { store: flows, events, codeHashes: new CodeHashes(flows) };
    this.#generation = new Generation(config, this.#shared);
    const { address, tls, limits } = config.listen;
    this.#listener = new Listener({
      address,
      tls,
      headerTimeout: limits.headerTimeout,
      connections: limits.connections,
      shared,
      onRequest: (request, response) => void this.#generation.router.handleRequest(request, response),
      onUpgrade: (request, socket, head) => void this.#generation.router.handleUpgrade(request, socket, head),
      onUnreadable: (cause) => events.unreadableRequest(cause),
      onDrop: () => events.connectionDropped(),
    });
  }

  /** The configuration in force. */
  get config(): Config {
    return this.#generation.config;
  }

  /** Learns from the upstreams what the configuration leaves to them, then listens. Resolves to its URL. */
  async start(): Promise<string> {
    this.#audit = await Audit.open(this.config.audit, this.#events);
    if (this.#audit !== undefined) this.#events.auditWith(this.#audit);
    await this.#generation.prepare(START_PATIENCE);
    return this.#listener.listen();
  }

  /** Gets another configuration ready. */
  async stage(next: Config): Promise<StagedConfig> {
    const fresh = new Generation(next, this.#shared);
    // Nothing waits for this one: the previous generation goes on until it is ready.
    await fresh.prepare();
    return {
      commit: () => {
        if (next.listen.tls !== undefined) this.#listener.renewCertificate(next.listen.tls);
        const previous = this.#generation;
        this.#generation = fresh;
        // SIGHUP comes here as well, by which log rotation says that it has moved a file.
        this.#audit?.renew();
        void previous.retire();
      },
      [Symbol.asyncDispose]: async () => {
        if (this.#generation !== fresh) await fresh[Symbol.asyncDispose]();
      },
    };
  }

  async reload(next: Config): Promise<void> {
    const staged = await this.stage(next);
    staged.commit();
  }

  /** Adds what was counted so far to the store. Throws a `StoreFault`. */
  flush(): Promise<void> {
    return this.#inventory.flush();
  }

  /** Goes on for `shutdown.delay`, then takes no new connections, and lets requests in flight finish. */
  async drain(): Promise<void> {
    await this.#listener.drain(this.config.shutdown);
    await this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener[Symbol.asyncDispose]();
    await this.#generation[Symbol.asyncDispose]();
    await this.#inventory[Symbol.asyncDispose]();
    await this.#audit?.[Symbol.asyncDispose]();
  }
}
