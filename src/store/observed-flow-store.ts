import { type FlowStore, StoreFault } from './flow-store.ts';

/** Called with the duration of a store operation (milliseconds), and its fault. */
export type ObserveOperation = (operation: string, duration: number, fault: StoreFault | undefined) => void;

/** Reports the result of a running operation, and returns it. */
export async function observeOperation<Result>(
  observe: ObserveOperation,
  operation: string,
  pending: Promise<Result>,
): Promise<Result> {
  const startedAt = performance.now();
  try {
    const result = await pending;
    observe(operation, performance.now() - startedAt, undefined);
    return result;
  } catch (error) {
    if (error instanceof StoreFault) observe(operation, performance.now() - startedAt, error);
    throw error;
  }
}

type AwaitedOperations = Omit<FlowStore, symbol | 'keepsRecords' | 'beginFlow'>;

/** Those that resolve to their result; `beginFlow` has one at once, and another one later. */
const AWAITED: Readonly<Record<keyof AwaitedOperations, true>> = {
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
export function observeFlowStore(store: FlowStore, observe: ObserveOperation): FlowStore {
  const observed: Record<string, Operation> = {};
  for (const name of Object.keys(AWAITED) as (keyof AwaitedOperations)[]) {
    const operate = store[name].bind(store) as Operation;
    observed[name] = (...args) => observeOperation(observe, name, operate(...args));
  }
  return {
    ...(observed as unknown as AwaitedOperations),
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
