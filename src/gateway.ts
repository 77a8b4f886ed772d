import { availableParallelism } from 'node:os';
import { AdminHandler } from './admin/admin-handler.ts';
import { ConfigHistory } from './admin/config-history.ts';
import { InventoryReader } from './admin/inventory-reader.ts';
import { createAdminListener } from './admin-listener.ts';
import type { Config } from './config/config.ts';
import { needsRestart } from './config/restart-needs.ts';
import { openObservedStores } from './observed-stores.ts';
import { PublicSide } from './public-side.ts';
import { createTelemetry, type TelemetryOptions } from './telemetry/telemetry.ts';
import { VERSION } from './version.ts';
import { Supervisor } from './workers/supervisor.ts';

/** A gateway at work. Disposal ends it at once; `drain` lets requests in flight finish first. */
export type Gateway = AsyncDisposable & {
  readonly url: string;
  readonly adminUrl: string;
  /** Puts another configuration in force, all of it or nothing: `false` where it could not be. */
  reload(config: Config): Promise<boolean>;
  /** Tells operators of a configuration that could not be loaded; the one in force stays. */
  rejectReload(problems: readonly string[]): void;
  drain(): Promise<void>;
};

/**
 * Puts a gateway together from its configuration and starts it: in this process or, with `workers`, in several of which
 * this is the primary. Throws where a listener cannot have its address.
 */
export async function startGateway(
  config: Config,
  options: Omit<TelemetryOptions, 'worker'> = {},
): Promise<Gateway> {
  await using cleanup = new AsyncDisposableStack();
  const telemetry = cleanup.use(await createTelemetry(config.log, VERSION, options));
  const { metrics, events } = telemetry;
  const stores = openObservedStores(config.store, events);
  cleanup.use(stores.flows);
  const workers = config.workers === 'auto' ? availableParallelism() : config.workers;
  events.workersWanted(workers);
  const supervisor = workers > 1 ? new Supervisor(config, workers, telemetry) : undefined;
  const publicSide = cleanup.use(supervisor ?? new PublicSide(config, stores, events));
  let phase: 'starting' | 'serving' | 'draining' = 'starting';
  const history = new ConfigHistory(config, Date.now());
  const inventory = new InventoryReader({
    store: stores.inventory,
    issuers: () => history.config.issuers,
    flush: () => publicSide.flush(),
  });
  const admin = new AdminHandler({
    store: stores.flows,
    inventory,
    history,
    version: VERSION,
    readMetrics: () => supervisor?.readMetrics() ?? metrics.registry.metrics(),
    notReady: () => {
      if (phase !== 'serving') return phase;
      return supervisor?.readyCount === 0 ? 'no worker is ready' : undefined;
    },
    onError: (error) => events.internalError(error, 'admin'),
  });
  const adminListener = cleanup.use(createAdminListener(config, admin));

  // The first request should find the store connected; one that is away holds nothing up.
  await stores.known;
  const adminUrl = await adminListener.listen();
  const url = await publicSide.start();
  if (supervisor === undefined) events.workersReady(1);
  events.configLoaded(Date.now());
  phase = 'serving';

  const running = cleanup.move();
  const reject = (problems: readonly string[]) => {
    events.configRejected(problems);
    history.rejected(problems, Date.now());
  };
  return {
    url,
    adminUrl,
    async reload(next) {
      const fixed = needsRestart(publicSide.config, next);
      if (fixed.length > 0) {
        reject(fixed.map((key) => `${key}: a change takes effect with a restart`));
        return false;
      }
      await publicSide.reload(next);
      history.loaded(next, Date.now());
      inventory.forget();
      events.configLoaded(Date.now());
      return true;
    },
    rejectReload: reject,
    async drain() {
      phase = 'draining';
      await publicSide.drain();
      await running.disposeAsync();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
