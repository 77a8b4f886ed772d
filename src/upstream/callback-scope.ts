import type { Dispatcher } from 'undici';

/** Runs a step as a part of the request that it belongs to. */
export type Scope = (step: () => void) => void;

/** Runs callbacks of the upstream connection in the scope of this request, and not of the request that opened the connection. */
export function inScope(scope: Scope, handler: Callbacks): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (controller, context) => scope(() => handler.onRequestStart(controller, context)),
    onResponseStart: (controller, status, headers, statusText) =>
      scope(() => handler.onResponseStart(controller, status, headers, statusText)),
    onResponseData: (controller, chunk) => scope(() => handler.onResponseData(controller, chunk)),
    onResponseEnd: (controller, trailers) => scope(() => handler.onResponseEnd(controller, trailers)),
    onResponseError: (controller, error) => scope(() => handler.onResponseError(controller, error)),
  };
}

type Callbacks = Required<
  Pick<
    Dispatcher.DispatchHandler,
    'onRequestStart' | 'onResponseStart' | 'onResponseData' | 'onResponseEnd' | 'onResponseError'
  >
>;
