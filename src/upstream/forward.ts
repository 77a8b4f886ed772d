import type { ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { BodyTooSlow, RequestWithdrawn } from '../http/request-body.ts';
import { HeldBody } from './held-body.ts';
import type { Inspect, Outcome } from './outcome.ts';
import { buildReasonPhrase, buildResponseHeaders, type ResponseHead } from './response-headers.ts';
import { ResponseRelay, type Source } from './response-relay.ts';
import type { UpstreamClient } from './upstream-client.ts';
import { ClientClosed, toUpstreamFault } from './upstream-fault.ts';

export type OutgoingRequest = {
  readonly method: string;
  /** Origin form, with its query. */
  readonly path: string;
  /** A flat list of names and values. */
  readonly headers: string[];
  readonly body: Readable | Buffer | string | null;
};

export type ForwardOptions = {
  readonly inspect: Inspect;
  /** Whether the upstream should answer although the client has gone: its answer settles something. */
  readonly outlivesClient?: boolean;
  /** Runs what the upstream's connection calls back, which belongs to this request and not to the one that opened the connection. */
  readonly scope?: Scope;
};

type Scope = (step: () => void) => void;

/** What came of it: resolves when the response has left, or was dropped. */
export type Forwarded = {
  /** The upstream's status. */
  readonly status: number;
  /** Milliseconds from dispatch to the upstream's response head. */
  readonly upstreamTime: number;
  /** When the response head left, in the time of `performance.now()`. */
  readonly headSentAt: number;
};

/**
 * Sends a request upstream and streams the response to the client, with backpressure in both directions. Rejects with an
 * `UpstreamFault`, or with what `inspect` threw; the client is then still to be answered, unless a head has left.
 */
export function forward(
  upstream: UpstreamClient,
  outgoing: OutgoingRequest,
  response: ServerResponse,
  options: ForwardOptions,
): Promise<Forwarded> {
  return new Promise((resolve, reject) => {
    const { timeouts } = upstream.config;
    const exchange = new ForwardExchange(response, options, timeouts.response, resolve, reject);
    const request = { ...outgoing, servername: upstream.serverName };
    const { scope } = options;
    const handler = scope === undefined ? exchange : inScope(scope, exchange);
    upstream.pool.dispatch(request as Dispatcher.DispatchOptions, handler);
  });
}

function inScope(scope: Scope, exchange: ForwardExchange): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (controller) => scope(() => exchange.onRequestStart(controller)),
    onResponseStart: (controller, status, headers, statusText) =>
      scope(() => exchange.onResponseStart(controller, status, headers, statusText)),
    onResponseData: (controller, chunk) => scope(() => exchange.onResponseData(controller, chunk)),
    onResponseEnd: () => scope(() => exchange.onResponseEnd()),
    onResponseError: (controller, error) => scope(() => exchange.onResponseError(controller, error)),
  };
}

/** Bytes and milliseconds for the rest of a response that nobody waits for. */
const REST_LIMIT = 64 * 1024;
const REST_TIMEOUT = 1_000;

class ForwardExchange implements Dispatcher.DispatchHandler, Source {
  readonly #response: ServerResponse;
  readonly #options: ForwardOptions;
  readonly #relay: ResponseRelay;
  readonly #resolve: (forwarded: Forwarded) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #startedAt = performance.now();
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #upstreamTime = 0;
  #settled = false;
  /** The upstream's response is complete. */
  #ended = false;
  #restSize = 0;
  #restTimer: NodeJS.Timeout | undefined;

  constructor(
    response: ServerResponse,
    options: ForwardOptions,
    silenceLimit: number,
    resolve: (forwarded: Forwarded) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#response = response;
    this.#options = options;
    this.#relay = new ResponseRelay(response, this, silenceLimit);
    this.#resolve = resolve;
    this.#reject = reject;
    response.on('close', this.#onClientClosed);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#response.destroyed && this.#options.outlivesClient !== true) this.#abort();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    statusText?: string,
  ): void {
    if (status < 200) return;
    this.#status = status;
    this.#upstreamTime = performance.now() - this.#startedAt;
    const raw = controller.rawHeaders as readonly (Buffer | string)[];
    const head = { status, statusText: buildReasonPhrase(statusText), headers: buildResponseHeaders(raw) };
    this.#relay.begin(() => this.#decide(head));
  }

  #decide(head: ResponseHead): Outcome | Promise<Outcome> {
    const outcome = this.#options.inspect(head);
    return typeof outcome === 'object' && 'hold' in outcome
      ? { pass: head, body: new HeldBody(outcome) }
      : outcome;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#settled) {
      this.#relay.push(chunk);
      return;
    }
    this.#restSize += chunk.length;
    if (this.#restSize > REST_LIMIT) this.#abort();
  }

  onResponseEnd(): void {
    this.#ended = true;
    clearTimeout(this.#restTimer);
    if (!this.#settled) this.#relay.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.#restTimer);
    if (error instanceof ClientClosed) this.#settle();
    else
      this.fail(
        error instanceof RequestWithdrawn || error instanceof BodyTooSlow ? error : toUpstreamFault(error),
      );
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  /** A little of what may still come is read and dropped, which keeps the connection; but it might have no end. */
  done(): void {
    this.#settle();
    if (this.#ended) return;
    this.#restTimer = setTimeout(() => this.#abort(), REST_TIMEOUT);
    this.resume();
  }

  fail(reason: unknown): void {
    if (this.#settled) return;
    this.#leave();
    this.#abort();
    this.#reject(reason);
  }

  #abort(): void {
    this.#controller?.abort(new ClientClosed());
  }

  #settle(): void {
    if (this.#settled) return;
    this.#leave();
    const { headSentAt } = this.#relay;
    this.#resolve({ status: this.#status, upstreamTime: this.#upstreamTime, headSentAt });
  }

  #leave(): void {
    this.#settled = true;
    this.#relay.close();
    this.#response.off('close', this.#onClientClosed);
  }

  readonly #onClientClosed = (): void => {
    if (this.#response.writableFinished) return;
    // Its answer may stand in a body that is held back.
    if (this.#options.outlivesClient === true && !this.#relay.headSent) return;
    if (!this.#ended) this.#abort();
    this.#settle();
  };
}
