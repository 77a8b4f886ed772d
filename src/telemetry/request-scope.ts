import { AsyncLocalStorage } from 'node:async_hooks';
import type { Span } from '@opentelemetry/api';

/** The current request: what all its log lines and spans share. */
export type RequestScope = {
  /** `undefined` without a trace. */
  readonly span: Span | undefined;
  requestId: string | undefined;
  /** The client entry, once it is known. */
  client: string | undefined;
};

const scopes = new AsyncLocalStorage<RequestScope>();

export function runInScope<Result>(scope: RequestScope, run: () => Result): Result {
  return scopes.run(scope, run);
}

/** Runs work that other requests wait for as well, and whose timers outlive the request. */
export function runOutsideScopes<Result>(run: () => Result): Result {
  return scopes.exit(run);
}

export function currentScope(): RequestScope | undefined {
  return scopes.getStore();
}

/**
 * Binds callbacks to the current scope: a connection to the upstream would otherwise call back in the scope of the request
 * that opened it.
 */
export function keepScope(): <Result>(step: () => Result) => Result {
  const scope = scopes.getStore();
  return scope === undefined ? (step) => step() : (step) => scopes.run(scope, step);
}
