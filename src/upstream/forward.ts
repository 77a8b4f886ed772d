import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { buildResponseHeaders, type ResponseHead } from './response-headers.ts';
import type { UpstreamClient } from './upstream-client.ts';
import { toUpstreamFault, UpstreamFault } from './upstream-fault.ts';

export type OutgoingRequest = {
  readonly method: string;
  /** Origin form, with its query. */
  readonly path: string;
  /** A flat list of names and values. */
  readonly headers: string[];
  readonly body: Readable | Buffer | string | null;
};

export type ForwardOptions = {
  /**
   * Sees, and may change, the response before its first byte leaves. `answered`: the hook has answered the client
   * itself, and the upstream's response is dropped. A rejection counts as a fault of the exchange.
   */
  readonly onHead?: (head: ResponseHead) => ResponseHead | 'answered' | Promise<ResponseHead | 'answered'>;
  /** Whether the upstream should finish although the client has gone: its answer settles something. */
  readonly outlivesClient?: boolean;
};

/** What came of it: resolves when the response has left, or was dropped. */
export type Forwarded = {
  readonly status: number;
  /** Milliseconds from dispatch to the upstream's response head. */
  readonly upstreamTime: number;
  /** When the response head left, in the time of `performance.now()`. */
  readonly headSentAt: number;
};

/**
 * Sends a request upstream and streams the response to the client, with backpressure in both directions. Rejects with an
 * `UpstreamFault`, or with what `onHead` threw; the response is then still to be answered, unless its head has left.
 */
export function forward(
  upstream: UpstreamClient,
  outgoing: OutgoingRequest,
  response: ServerResponse,
  options: ForwardOptions = {},
): Promise<Forwarded> {
  return new Promise((resolve, reject) => {
    const exchange = new ForwardExchange(response, options, resolve, reject);
    const request = { ...outgoing, servername: upstream.serverName };
    upstream.pool.dispatch(request as Dispatcher.DispatchOptions, exchange);
  });
}

class ForwardExchange implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #options: ForwardOptions;
  readonly #resolve: (forwarded: Forwarded) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #startedAt = performance.now();
  #controller: Dispatcher.DispatchController | undefined;
  #forwarded: Forwarded = { status: 0, upstreamTime: 0, headSentAt: 0 };
  #settled = false;
  #ended = false;
  #headSent = false;

  constructor(
    response: ServerResponse,
    options: ForwardOptions,
    resolve: (forwarded: Forwarded) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#response = response;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    response.once('close', this.#onClientClosed);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#response.destroyed && this.#options.outlivesClient !== true)
      controller.abort(new ClientClosed());
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    statusText?: string,
  ): void {
    if (status < 200) return;
    this.#forwarded = { status, upstreamTime: performance.now() - this.#startedAt, headSentAt: 0 };
    const raw = controller.rawHeaders as readonly (Buffer | string)[];
    const head: ResponseHead = { status, statusText: statusText ?? '', headers: buildResponseHeaders(raw) };
    const changed = this.#options.onHead?.(head) ?? head;
    if (!(changed instanceof Promise)) {
      this.#sendHead(changed);
      return;
    }
    controller.pause();
    changed.then(
      (final) => {
        this.#sendHead(final);
        controller.resume();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled || this.#response.destroyed) return;
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    this.#ended = true;
    // An empty body can end while the head is still being looked at.
    if (this.#headSent) this.#finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (error instanceof ClientClosed) this.#settle();
    else this.#fail(toUpstreamFault(error));
  }

  #sendHead(head: ResponseHead | 'answered'): void {
    this.#headSent = true;
    this.#forwarded = { ...this.#forwarded, headSentAt: performance.now() };
    if (head === 'answered') {
      this.#settle();
      this.#controller?.abort(new ClientClosed());
      return;
    }
    if (!this.#response.headersSent && !this.#response.destroyed) {
      this.#response.writeHead(head.status, head.statusText, head.headers as string[]);
      // Otherwise the head would wait for the first byte of a slow body.
      if (!this.#ended) this.#response.flushHeaders();
    }
    if (this.#ended) this.#finish();
  }

  #finish(): void {
    if (!this.#response.destroyed) this.#response.end();
    this.#settle();
  }

  #settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#response.off('close', this.#onClientClosed);
    this.#resolve(this.#forwarded);
  }

  #fail(reason: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#response.off('close', this.#onClientClosed);
    this.#controller?.abort(new ClientClosed());
    this.#reject(reason);
  }

  readonly #onClientClosed = (): void => {
    if (this.#ended || this.#response.writableFinished) return;
    if (this.#options.outlivesClient === true) {
      this.#controller?.resume();
      return;
    }
    this.#controller?.abort(new ClientClosed());
    this.#settle();
  };
}

/** Why a request upstream is ended early: nobody waits for it any more. */
class ClientClosed extends UpstreamFault {
  constructor() {
    super('reset', undefined);
  }
}
