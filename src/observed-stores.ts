import type { StoreConfig } from './config/config.ts';
import type { StoreFault } from './flow/flow-store.ts';
import { observeOperation } from './flow/observe-operation.ts';
import { ObservedFlowStore } from './flow/observed-flow-store.ts';
import { openStores, type Stores } from './open-stores.ts';
import type { Events } from './telemetry/events.ts';

export type ObservedStores = Stores & {
  /** Resolves when it is known whether the store is there: one that is away holds nothing up. */
  readonly known: Promise<void>;
};

/** The stores of the configuration, with what happens to them reported. */
export function openObservedStores(config: StoreConfig, events: Events): ObservedStores {
  const known = Promise.withResolvers<void>();
  const { flows, activity } = openStores(config, {
    onStateChange(state, detail) {
      events.storeState(state, detail);
      known.resolve();
    },
  });
  if (config.kind === 'memory') known.resolve();
  const observe = (operation: string, duration: number, fault: StoreFault | undefined) =>
    events.storeOperation(operation, duration, fault);
  return {
    flows: new ObservedFlowStore(flows, observe),
    activity: {
      addActivity: (record, changes) =>
        observeOperation(observe, 'addActivity', activity.addActivity(record, changes)),
      loadActivity: (record) => observeOperation(observe, 'loadActivity', activity.loadActivity(record)),
    },
    known: known.promise,
  };
}
