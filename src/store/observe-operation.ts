import { performance } from 'node:perf_hooks';
import { StoreFault } from './flow-store.ts';

/** Called with the duration of a store operation (milliseconds), and its fault. */
export type ObserveOperation<Operation> = (
  operation: Operation,
  duration: number,
  fault: StoreFault | undefined,
) => void;

/** Reports the result of a running operation, and returns it. */
export function observeOperation<Operation, Result>(
  observe: ObserveOperation<Operation>,
  operation: Operation,
  pending: Promise<Result>,
): Promise<Result> {
  const startedAt = performance.now();
  return pending.then(
    (result) => {
      observe(operation, performance.now() - startedAt, undefined);
      return result;
    },
    (error: unknown) => {
      if (error instanceof StoreFault) observe(operation, performance.now() - startedAt, error);
      throw error;
    },
  );
}
