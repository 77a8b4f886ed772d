import { AdminHandler } from './admin/admin-handler.ts';
import { InventoryReader } from './admin/inventory-reader.ts';
import type { Config } from './config/config.ts';
import { needsRestart } from './config/restart-needs.ts';
import type { StoreFault } from './flow/flow-store.ts';
import { ObservedFlowStore } from './flow/observed-flow-store.ts';
import { Generation } from './generation.ts';
import { StateHashes } from './handlers/state-hashes.ts';
import { Listener } from './http/listener.ts';
import { Inventory } from './inventory/inventory.ts';
import { ObservedInventoryStore } from './inventory/observed-inventory-store.ts';
import { openStores } from './open-stores.ts';
import { Events } from './telemetry/events.ts';
import { createLog, type LogDestination } from './telemetry/log.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { VERSION } from './version.ts';

/** Milliseconds for which an upstream that keeps silent can hold the start up. */
const START_PATIENCE = 2_000;

/** A gateway at work. Disposal ends it at once; `drain` lets requests in flight finish first. */
export type Gateway = AsyncDisposable & {
  readonly url: string;
  readonly adminUrl: string;
  /** Puts another configuration in force, all of it or nothing: `false` where a part of it needs a restart. */
  reload(config: Config): Promise<boolean>;
  /** Tells operators of a configuration that could not be loaded; the one in force stays. */
  rejectReload(problems: readonly string[]): void;
  drain(): Promise<void>;
};

export type GatewayOptions = {
  /** `silent`: no log at all. */
  readonly log?: 'silent';
  /** Where the log goes. Default: standard error. */
  readonly logDestination?: LogDestination;
};

/** Puts a gateway together from its configuration and starts it. Throws where a listener cannot have its address. */
export async function startGateway(config: Config, options: GatewayOptions = {}): Promise<Gateway> {
  await using cleanup = new AsyncDisposableStack();
  const metrics = createMetrics({ version: VERSION, node: process.version });
  const level = options.log ?? config.log.level;
  const events = new Events(metrics, createLog({ ...config.log, level }, options.logDestination));

  const storeKnown = Promise.withResolvers<void>();
  const stores = openStores(config.store, {
    onStateChange(state, detail) {
      events.storeState(state, detail);
      storeKnown.resolve();
    },
  });
  const observe = (operation: string, duration: number, fault: StoreFault | undefined) =>
    events.storeOperation(operation, duration, fault);
  const store = cleanup.use(new ObservedFlowStore(stores.flows, observe));
  const counts = new ObservedInventoryStore(stores.inventory, observe);
  const inventory = cleanup.use(new Inventory(counts, { onLost: (atLeast) => events.countsLost(atLeast) }));
  events.countInto(inventory);
  const shared = { store, events, stateHashes: new StateHashes() };
  let generation = cleanup.use(new Generation(config, shared));

  let draining = false;
  const reader = new InventoryReader({
    store: counts,
    issuers: () => generation.config.issuers,
    flush: () => inventory.flush(),
  });
  const admin = new AdminHandler({ metrics, store, inventory: reader, isDraining: () => draining });
  const { limits } = config.listen;
  const publicListener = cleanup.use(
    new Listener({
      address: config.listen.address,
      tls: config.listen.tls,
      headerTimeout: limits.headerTimeout,
      connections: limits.connections,
      onRequest: (request, response) => void generation.door.handleRequest(request, response),
      onUpgrade: (request, socket, head) => void generation.door.handleUpgrade(request, socket, head),
      onUnreadable: (cause) => events.unreadableRequest(cause),
      onDrop: () => events.connectionDropped(),
    }),
  );
  const adminListener = cleanup.use(
    new Listener({
      address: config.admin.address,
      headerTimeout: limits.headerTimeout,
      connections: 100,
      onRequest: (request, response) => void admin.handle(request, response),
    }),
  );

  // The first request should find the store connected; one that is away holds nothing up.
  if (config.store.kind === 'memory') storeKnown.resolve();
  await Promise.all([storeKnown.promise, generation.prepare(START_PATIENCE)]);
  const adminUrl = await adminListener.listen();
  const url = await publicListener.listen();
  events.configLoaded(Date.now());

  const running = cleanup.move();
  const end = async () => {
    await generation[Symbol.asyncDispose]();
    await running.disposeAsync();
  };
  return {
    url,
    adminUrl,
    async reload(next) {
      const fixed = needsRestart(generation.config, next);
      if (fixed.length > 0) {
        events.configRejected(fixed.map((key) => `${key}: a change takes effect with a restart`));
        return false;
      }
      const fresh = new Generation(next, shared);
      // Nothing waits for this one: the previous generation goes on until it is ready.
      await fresh.prepare();
      if (next.listen.tls !== undefined) publicListener.renewCertificate(next.listen.tls);
      const previous = generation;
      generation = fresh;
      reader.forget();
      events.configLoaded(Date.now());
      void previous.retire();
      return true;
    },
    rejectReload: (problems) => events.configRejected(problems),
    async drain() {
      draining = true;
      await publicListener.drain(generation.config.shutdown.drain);
      await end();
    },
    [Symbol.asyncDispose]: end,
  };
}
