import type { ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Dispatcher } from 'undici';
import { BodyTooSlow, RequestBody, RequestWithdrawn } from '../http/request-body.ts';
import type { Slot } from './connection-shares.ts';
import { HeldBody } from './held-body.ts';
import type { Hold, Outcome } from './outcome.ts';
import type { ForwardOptions, OutgoingRequest } from './outgoing-request.ts';
import { buildReasonPhrase, buildResponseHeaders, type ResponseHead } from './response-headers.ts';
import { ResponseRelay, type Source } from './response-relay.ts';
import type { UpstreamClient } from './upstream-client.ts';
import { isDeadConnection } from './upstream-connection.ts';
import { ClientClosed, toUpstreamFault, UpstreamFault } from './upstream-fault.ts';

/** The result: resolves when the response was sent or dropped. */
export type Forwarded = {
  /** The upstream's status. */
  readonly status: number;
  /** Milliseconds from dispatch to the upstream's response head. */
  readonly upstreamTime: number;
  /** When the response head was sent, in the time of `performance.now()`. */
  readonly headSentAt: number;
};

/**
 * Sends a request upstream and streams the response to the client, with backpressure in both directions. Rejects with an
 * `UpstreamFault`, or with what `inspect` threw; the caller must then answer the client, unless a head was sent.
 */
export function forward(
  upstream: UpstreamClient,
  outgoing: OutgoingRequest,
  response: ServerResponse,
  options: ForwardOptions,
): Promise<Forwarded> {
  return new ForwardExchange(upstream, outgoing, response, options).start();
}

/** Limits for reading the rest of an unneeded response, in bytes and milliseconds. */
const REST_LIMIT = 64 * 1024;
const REST_TIMEOUT = 1_000;

class ForwardExchange implements Dispatcher.DispatchHandler, Source {
  readonly #upstream: UpstreamClient;
  readonly #outgoing: OutgoingRequest;
  readonly #response: ServerResponse;
  readonly #options: ForwardOptions;
  readonly #timeout: number;
  readonly #relay: ResponseRelay;
  readonly #result = Promise.withResolvers<Forwarded>();
  readonly #startedAt = performance.now();
  #slot: Slot | undefined;
  /** Fails the request if the head of its response is late; later, ends an unneeded response. */
  #deadline: NodeJS.Timeout | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #retried = false;
  #sentAt = 0;
  #status = 0;
  #upstreamTime = 0;
  #settled = false;
  /** The upstream's response is complete. */
  #ended = false;
  #restSize = 0;

  constructor(
    upstream: UpstreamClient,
    outgoing: OutgoingRequest,
    response: ServerResponse,
    options: ForwardOptions,
  ) {
    this.#upstream = upstream;
    this.#outgoing = outgoing;
    this.#response = response;
    this.#options = options;
    this.#timeout = upstream.config.timeouts.response;
    this.#relay = new ResponseRelay(response, this, this.#timeout);
  }

  start(): Promise<Forwarded> {
    const { purpose, client } = this.#options;
    this.#response.on('close', this.#onClientClosed);
    this.#deadline = setTimeout(this.#onDeadline, this.#timeout);
    this.#slot = this.#upstream.shares.take(purpose, client, () => this.#dispatch());
    if (this.#slot === undefined) this.fail(new UpstreamFault('busy', undefined));
    // A request that undici does not send has already ended.
    else if (this.#ended) this.#slot.release();
    return this.#result.promise;
  }

  #dispatch(dispatcher: Dispatcher = this.#upstream.pool): void {
    this.#sentAt = performance.now();
    const request = { ...this.#outgoing, servername: this.#upstream.serverName };
    dispatcher.dispatch(request as Dispatcher.DispatchOptions, this);
  }

  /** Not on another kept-alive connection, which may be dead too. */
  #sendAgain(): void {
    this.#retried = true;
    const client = this.#upstream.connectAnew();
    this.#dispatch(client);
    void client.close();
  }

  /** Counts from when the request was complete, or from when the upstream stopped taking more of it. */
  readonly #onDeadline = (): void => {
    const { body } = this.#outgoing;
    const since = body instanceof RequestBody ? body.stillSince : this.#startedAt;
    const left = since + this.#timeout - performance.now();
    if (left > 0) this.#deadline = setTimeout(this.#onDeadline, Math.ceil(left));
    else this.fail(new UpstreamFault('timeout', undefined));
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    const unwanted = this.#response.destroyed && this.#options.outlivesClient !== true;
    if (this.#settled || unwanted) this.#abort();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    statusText?: string,
  ): void {
    if (status < 200) return;
    clearTimeout(this.#deadline);
    this.#status = status;
    this.#upstreamTime = performance.now() - this.#sentAt;
    const raw = controller.rawHeaders as readonly (Buffer | string)[];
    const headers = buildResponseHeaders(raw, this.#options.requestId);
    const head = { status, statusText: buildReasonPhrase(statusText), headers };
    this.#relay.begin(() => this.#decide(head));
  }

  #decide(head: ResponseHead): Outcome | Promise<Outcome> {
    const { inspect, scope } = this.#options;
    const outcome = scope(() => inspect(head));
    return outcome instanceof Promise
      ? outcome.then((decided) => this.#withInspector(decided, head))
      : this.#withInspector(outcome, head);
  }

  #withInspector(outcome: Outcome | Hold, head: ResponseHead): Outcome {
    if (typeof outcome !== 'object' || !('hold' in outcome)) return outcome;
    return { pass: head, body: new HeldBody(outcome, this.#options.scope) };
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
    this.#end();
    if (!this.#settled) this.#relay.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#maySendAgain(error)) {
      this.#sendAgain();
      return;
    }
    this.#end();
    const ofTheRequest = error instanceof RequestWithdrawn || error instanceof BodyTooSlow;
    if (error instanceof ClientClosed) this.#settle();
    else this.fail(ofTheRequest ? error : toUpstreamFault(error));
  }

  /** RFC 9110 9.2.2, RFC 9112 9.3.1: a kept connection may have ended before the request reached the upstream. */
  #maySendAgain(error: Error): boolean {
    const { method, body } = this.#outgoing;
    if (this.#settled || this.#retried || body !== null || !isDeadConnection(error)) return false;
    return method === 'GET' || method === 'HEAD';
  }

  /** Nothing more comes from the upstream. */
  #end(): void {
    this.#ended = true;
    clearTimeout(this.#deadline);
    this.#slot?.release();
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  /** Reads and drops a limited amount of the rest, which keeps the connection usable. */
  done(): void {
    this.#settle();
    if (this.#ended) return;
    this.#deadline = setTimeout(() => this.#abort(), REST_TIMEOUT);
    this.resume();
  }

  fail(reason: unknown): void {
    if (this.#settled) return;
    this.#leave();
    this.#abort();
    this.#result.reject(reason);
  }

  #abort(): void {
    if (this.#controller === undefined) this.#end();
    else this.#controller.abort(new ClientClosed());
  }

  #settle(): void {
    if (this.#settled) return;
    this.#leave();
    const { headSentAt } = this.#relay;
    this.#result.resolve({ status: this.#status, upstreamTime: this.#upstreamTime, headSentAt });
  }

  #leave(): void {
    this.#settled = true;
    clearTimeout(this.#deadline);
    this.#relay.close();
    this.#response.off('close', this.#onClientClosed);
  }

  readonly #onClientClosed = (): void => {
    if (this.#response.writableFinished) return;
    // Its answer may be in a buffered body.
    if (this.#options.outlivesClient === true && !this.#relay.headSent) return;
    if (!this.#ended) this.#abort();
    this.#settle();
  };
}
