import { isIPv6 } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { StoreConfig } from './config/config.ts';
import { openStores, type Stores } from './open-stores.ts';
import type { StoreFault } from './store/flow-store.ts';
import { observeFlowStore, observeOperation } from './store/observed-flow-store.ts';
import type { Telemetry } from './telemetry/telemetry.ts';

export type ObservedStores = Omit<Stores, 'renew'> & {
  /** Applies changed credentials and certificates of a configuration. */
  renew(config: StoreConfig): void;
  /** Resolves once it is known whether the store is reachable. */
  readonly known: Promise<void>;
};

/** The stores of the configuration, with their events reported. */
export function openObservedStores(
  config: StoreConfig,
  { events, processEvents }: Pick<Telemetry, 'events' | 'processEvents'>,
): ObservedStores {
  const address = addressOf(config);
  const known = Promise.withResolvers<void>();
  const stores = openStores(config, (state, detail) => {
    processEvents.storeState(state, detail, address);
    known.resolve();
  });
  if (config.kind !== 'redis') known.resolve();
  const observe = (operation: string, duration: number, fault: StoreFault | undefined) =>
    events.storeOperation(operation, duration, fault, address);
  const { activity } = stores;
  let current = config;
  return {
    ...stores,
    flows: observeFlowStore(stores.flows, observe),
    activity: {
      addActivity: (record, changes) =>
        observeOperation(observe, 'addActivity', activity.addActivity(record, changes)),
      loadActivity: (record) => observeOperation(observe, 'loadActivity', activity.loadActivity(record)),
    },
    renew(next) {
      if (isDeepStrictEqual(current, next)) return;
      current = next;
      stores.renew(next).then(
        () => processEvents.storeRenewed(address),
        (error: unknown) => processEvents.storeNotRenewed(error, address),
      );
    },
    known: known.promise,
  };
}

/** The address of the store, without credentials; `undefined` if it has none. */
function addressOf(config: StoreConfig): string | undefined {
  if (config.kind !== 'redis') return undefined;
  const { redis } = config;
  if ('url' in redis) {
    const { target, database } = redis.url;
    if ('path' in target) return target.path;
    const { tls, host, port } = target;
    const base = `${tls ? 'rediss' : 'redis'}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
    return database === undefined ? base : `${base}/${database}`;
  }
  const nodes = 'cluster' in redis ? redis.cluster : redis.sentinel.nodes;
  return nodes.map(({ host, port }) => `${host}:${port}`).join(', ');
}
