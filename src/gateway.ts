import { availableParallelism } from 'node:os';
import { ActivityReader } from './admin/activity-reader.ts';
import { AdminHandler } from './admin/admin-handler.ts';
import { ConfigHistory } from './admin/config-history.ts';
import type { Config } from './config/config.ts';
import { reloadable } from './config/reloadable.ts';
import { Listener } from './http/listener.ts';
import { openObservedStores } from './observed-stores.ts';
import { Server } from './server.ts';
import { createTelemetry, type TelemetryOptions } from './telemetry/telemetry.ts';
import { VERSION } from './version.ts';
import { reportedIssuers, Supervisor } from './workers/supervisor.ts';

/** A running gateway. Disposal ends it at once; `drain` lets requests in flight finish first. */
export type Gateway = AsyncDisposable & {
  readonly url: string;
  readonly adminUrl: string;
  /** Applies a new configuration, except for what needs a restart: `false` if it could not. `warnings`: for the log. */
  reload(config: Config, warnings?: readonly string[]): Promise<boolean>;
  /** Reports a configuration that could not be loaded; the current one stays in force. */
  rejectReload(problems: readonly string[]): void;
  drain(): Promise<void>;
};

/**
 * Builds a gateway from its configuration and starts it: in this process, or with `workers` in several processes that this one
 * supervises. Throws if an address is not available.
 */
export async function startGateway(
  config: Config,
  options: Omit<TelemetryOptions, 'worker'> = {},
): Promise<Gateway> {
  await using cleanup = new AsyncDisposableStack();
  const telemetry = cleanup.use(await createTelemetry(config.log, VERSION, options));
  const { metrics, events, processEvents } = telemetry;
  const stores = openObservedStores(config.store, telemetry);
  cleanup.use(stores.flows);
  const workers = config.workers === 'auto' ? availableParallelism() : config.workers;
  processEvents.workersWanted(workers);
  const supervisor =
    workers > 1
      ? new Supervisor(config, await reportedIssuers(config), workers, telemetry, stores.activity)
      : undefined;
  const serving = cleanup.use(supervisor ?? (await Server.create(config, { stores, telemetry })));
  let phase: 'starting' | 'serving' | 'draining' = 'starting';
  const history = new ConfigHistory(config, Date.now());
  const activity = new ActivityReader({
    store: stores.activity,
    keepsRecords: stores.flows.keepsRecords,
    issuers: () => serving.issuers,
    flush: () => serving.flush(),
  });
  const admin = new AdminHandler({
    store: stores.flows,
    activity,
    history,
    version: VERSION,
    readMetrics: () => supervisor?.readMetrics() ?? metrics.registry.metrics(),
    notReady: () => {
      if (phase === 'starting') return 'it is starting';
      if (phase === 'draining') return 'it is shutting down';
      if (supervisor?.readyCount === 0) return 'no worker is ready: the log says why they ended';
      const [issuer] = serving.undiscovered;
      return issuer === undefined
        ? undefined
        : `the endpoints of issuer ${issuer} are not known: its upstream has not given a discovery document`;
    },
    onError: (error) => events.internalError(error, 'admin'),
  });
  const adminListener = cleanup.use(
    new Listener({
      address: config.admin.address,
      tls: config.admin.tls,
      headerTimeout: config.listen.limits.headerTimeout,
      keepAlive: config.listen.keepAlive,
      // Enough for a handful of users and scrapers.
      connections: 100,
      onRequest: (request, response) => void admin.handle(request, response),
    }),
  );

  // The first request should find the store connected; an unreachable store does not delay the start.
  await stores.known;
  const adminUrl = await adminListener.listen();
  const url = await serving.start();
  if (supervisor === undefined) processEvents.workersReady(1);
  processEvents.configLoaded(Date.now());
  phase = 'serving';

  const running = cleanup.move();
  const reject = (problems: readonly string[]) => {
    processEvents.configRejected(problems);
    history.rejected(problems, Date.now());
  };
  return {
    url,
    adminUrl,
    async reload(next, warnings = []) {
      const { config, waiting } = reloadable(serving.config, next);
      const hints = waiting.map((key) => `${key}: a change takes effect with a restart`);
      // The schema takes memory that a process without reloads does not need.
      const { describeChanges } = await import('./config/describe-changes.ts');
      const changes = [...hints, ...(await describeChanges(history.config, config))];
      try {
        await serving.reload(config);
      } catch (error) {
        reject([(error as Error).message, ...hints]);
        return false;
      }
      if (config.admin.tls !== undefined) adminListener.renewCertificate(config.admin.tls);
      telemetry.configure(config.log);
      stores.renew(config.store);
      history.loaded(config, changes, Date.now());
      activity.forget();
      processEvents.configLoaded(Date.now(), { changes, warnings });
      for (const hint of hints) processEvents.restartNeeded(hint);
      return true;
    },
    rejectReload: reject,
    async drain() {
      phase = 'draining';
      await serving.drain();
      await running.disposeAsync();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
