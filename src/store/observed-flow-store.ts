import type { FlowStore } from './flow-store.ts';
import { type ObserveOperation, observeOperation } from './observe-operation.ts';

export type StoreOperation = Exclude<keyof FlowStore, symbol | 'keepsRecords'>;

/** Those that resolve to their result; `beginFlow` has one at once, and another one later. */
const AWAITED: Readonly<Record<Exclude<StoreOperation, 'beginFlow'>, true>> = {
  findFlow: true,
  beginPreservedFlow: true,
  findPreservedFlow: true,
  endPreservedFlow: true,
  bindCode: true,
  findCode: true,
  claimCode: true,
  releaseClaim: true,
  savePushedRequest: true,
  findPushedRequest: true,
  saveTrait: true,
  hasTrait: true,
  ping: true,
};

type Operation = (...args: readonly unknown[]) => Promise<unknown>;

/** The same store, with each operation reported. */
export function observeFlowStore(store: FlowStore, observe: ObserveOperation<StoreOperation>): FlowStore {
  const observed: Record<string, Operation> = {};
  for (const name of Object.keys(AWAITED) as (keyof typeof AWAITED)[]) {
    const operate = store[name].bind(store) as Operation;
    observed[name] = (...args) => observeOperation(observe, name, operate(...args));
  }
  return {
    ...(observed as unknown as Omit<FlowStore, symbol | 'keepsRecords' | 'beginFlow'>),
    keepsRecords: store.keepsRecords,
    beginFlow(flow, options) {
      const begun = store.beginFlow(flow, options);
      if (begun === undefined) return undefined;
      const saved = observeOperation(observe, 'beginFlow', begun.saved);
      // It may fail before it is awaited.
      saved.catch(() => {});
      return { ...begun, saved };
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
