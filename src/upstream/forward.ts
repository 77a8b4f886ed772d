import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { BodyTooSlow, RequestWithdrawn } from '../http/request-body.ts';
import { HeldBody } from './held-body.ts';
import type { Inspect, Outcome } from './outcome.ts';
import { buildReasonPhrase, buildResponseHeaders, type ResponseHead } from './response-headers.ts';
import type { UpstreamClient } from './upstream-client.ts';
import { ClientClosed, toUpstreamFault, UpstreamFault } from './upstream-fault.ts';

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
};

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
    upstream.pool.dispatch(request as Dispatcher.DispatchOptions, exchange);
  });
}

/** Bytes of a body that are kept while it is being decided what becomes of the response; beyond them, the upstream waits. */
const EARLY_LIMIT = 64 * 1024;

/** Bytes and milliseconds for the rest of a response that nobody waits for. */
const REST_LIMIT = 64 * 1024;
const REST_PATIENCE = 1_000;

class ForwardExchange implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #options: ForwardOptions;
  readonly #patience: number;
  readonly #resolve: (forwarded: Forwarded) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #startedAt = performance.now();
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #upstreamTime = 0;
  #headSentAt = 0;
  #held: HeldBody | undefined;
  #settled = false;
  /** The upstream's response is complete. */
  #ended = false;
  /** What becomes of the response is decided. */
  #decided = false;
  /** What came of the body before it was decided what becomes of it. */
  readonly #early: Buffer[] = [];
  #earlySize = 0;
  /** Of a response whose head is written, but has not left: `body` is what came of it so far. */
  #unsent: { body: Buffer | undefined } | undefined;
  #restSize = 0;
  #restTimer: NodeJS.Timeout | undefined;

  constructor(
    response: ServerResponse,
    options: ForwardOptions,
    patience: number,
    resolve: (forwarded: Forwarded) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#response = response;
    this.#options = options;
    this.#patience = patience;
    this.#resolve = resolve;
    this.#reject = reject;
    response.on('close', this.#onClientClosed);
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
    this.#status = status;
    this.#upstreamTime = performance.now() - this.#startedAt;
    const raw = controller.rawHeaders as readonly (Buffer | string)[];
    const head: ResponseHead = {
      status,
      statusText: buildReasonPhrase(statusText),
      headers: buildResponseHeaders(raw),
    };
    this.#attempt(() => {
      const outcome = this.#options.inspect(head);
      if (typeof outcome === 'object' && 'hold' in outcome) {
        this.#held = new HeldBody(outcome, this.#patience, () =>
          this.#fail(new UpstreamFault('timeout', undefined)),
        );
      } else {
        this.#conclude(outcome, undefined);
      }
    });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#held !== undefined) {
      if (this.#held.add(chunk)) this.#release(false);
    } else if (!this.#decided) {
      this.#early.push(chunk);
      this.#earlySize += chunk.length;
      // Not at once: undici would not see the end of a response that is complete, and take it for broken off, where the
      // upstream closes the connection meanwhile.
      if (this.#earlySize > EARLY_LIMIT) this.#controller?.pause();
    } else if (!this.#settled) {
      this.#write(chunk);
    } else {
      this.#restSize += chunk.length;
      if (this.#restSize > REST_LIMIT) this.#abort();
    }
  }

  onResponseEnd(): void {
    this.#ended = true;
    clearTimeout(this.#restTimer);
    if (this.#held !== undefined) this.#release(true);
    else if (this.#decided) this.#finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.#restTimer);
    if (error instanceof ClientClosed) this.#settle();
    else
      this.#fail(
        error instanceof RequestWithdrawn || error instanceof BodyTooSlow ? error : toUpstreamFault(error),
      );
  }

  /** Lets go of a held body, once it is complete or too large to wait for. */
  #release(complete: boolean): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    const body = held.take();
    this.#attempt(() => this.#conclude(held.hold.inspect(body, complete), body));
  }

  /** `body`: what has been held back of it. */
  #conclude(outcome: Outcome | Promise<Outcome>, body: Buffer | undefined): void {
    if (!(outcome instanceof Promise)) {
      this.#answer(outcome, body);
      return;
    }
    if (body !== undefined) this.#controller?.pause();
    outcome.then(
      (decided) => {
        this.#answer(decided, body);
        this.#controller?.resume();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #answer(outcome: Outcome, held: Buffer | undefined): void {
    // It broke off while it was being looked at: the client is told of that.
    if (this.#settled) return;
    this.#decided = true;
    this.#headSentAt = performance.now();
    if (outcome === 'answered' || this.#response.destroyed) {
      this.#drop();
    } else if ('body' in outcome) {
      this.#sendHead(outcome.replace);
      this.#response.end(outcome.body);
      this.#drop();
    } else {
      this.#sendHead(outcome.pass);
      const chunks = held === undefined ? this.#early : [held, ...this.#early];
      this.#unsent = { body: chunks.length > 1 ? Buffer.concat(chunks) : chunks[0] };
      if (this.#ended) this.#finish();
      // A slow body does not hold up the head, but what has come with it leaves with it.
      else process.nextTick(() => this.#sendUnsent());
    }
  }

  #sendHead(head: ResponseHead): void {
    if (this.#response.headersSent) return;
    this.#response.writeHead(head.status, head.statusText, head.headers as string[]);
  }

  #write(chunk: Buffer): void {
    if (this.#unsent !== undefined && this.#unsent.body === undefined) {
      this.#unsent.body = chunk;
      return;
    }
    this.#sendUnsent();
    if (this.#response.destroyed || this.#response.write(chunk)) return;
    this.#controller?.pause();
    this.#response.once('drain', () => this.#controller?.resume());
  }

  #sendUnsent(): void {
    if (this.#unsent === undefined) return;
    const { body } = this.#unsent;
    this.#unsent = undefined;
    if (body !== undefined) this.#write(body);
    // flushHeaders() would write the head as UTF-8.
    else if (!this.#response.destroyed) this.#response.write('', 'latin1');
  }

  #finish(): void {
    const body = this.#unsent?.body;
    this.#unsent = undefined;
    if (!this.#settled && !this.#response.destroyed) this.#response.end(body);
    this.#settle();
  }

  /** Nobody waits for what may still come. A little is read and dropped, which keeps the connection; but it might have no end. */
  #drop(): void {
    this.#settle();
    if (!this.#ended) this.#restTimer = setTimeout(() => this.#abort(), REST_PATIENCE);
  }

  #abort(): void {
    this.#controller?.abort(new ClientClosed());
  }

  #settle(): void {
    if (this.#settled) return;
    this.#leave();
    const [upstreamTime, headSentAt] = [this.#upstreamTime, this.#headSentAt];
    this.#resolve({ status: this.#status, upstreamTime, headSentAt });
  }

  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(reason: unknown): void {
    if (this.#settled) return;
    this.#leave();
    this.#abort();
    this.#reject(reason);
  }

  #leave(): void {
    this.#settled = true;
    this.#held?.take();
    this.#response.off('close', this.#onClientClosed);
  }

  readonly #onClientClosed = (): void => {
    if (this.#ended || this.#response.writableFinished) return;
    // Its answer may stand in a body that is held back.
    if (this.#options.outlivesClient === true && !this.#decided) {
      this.#controller?.resume();
      return;
    }
    this.#abort();
    this.#settle();
  };
}
