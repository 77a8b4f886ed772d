import type { IncomingMessage } from 'node:http';
import { finished, Readable } from 'node:stream';

/** Sees a body on its way and says what of it goes on. What it throws ends the body. */
export type Filter = {
  readonly read: (chunk: Buffer) => Passed | Promise<Passed>;
  readonly end: () => Passed | Promise<Passed>;
};

type Passed = Buffer | undefined;

export type RequestBodyOptions = {
  /** Milliseconds, while the client is waited for. */
  readonly patience: number;
  /** What has been read already; it goes on as it is. */
  readonly beginning?: readonly Buffer[];
  readonly filter?: Filter;
};

/** Bytes that must come in each span of patience. */
const PORTION = 4096;

/**
 * A body as it comes. Fails where it all but stands still: it takes up a connection to the upstream, of which there are
 * far fewer than of clients. It does not end the request itself, so that it can still be answered.
 */
export class RequestBody extends Readable {
  readonly #request: IncomingMessage;
  readonly #patience: number;
  readonly #beginning: Buffer[];
  readonly #filter: Filter | undefined;
  #stopListening: (() => void) | undefined;
  /** The filter has not decided on the last chunk yet. */
  #deciding = false;
  /** The request has come to its end, of which it tells even while it is paused. */
  #ended = false;
  /** Milliseconds and bytes until the end of the current span. */
  #left: number;
  #missing = PORTION;
  #waitingSince: number | undefined;
  #stillSince = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(request: IncomingMessage, { patience, beginning = [], filter }: RequestBodyOptions) {
    super();
    this.#request = request;
    this.#patience = patience;
    this.#left = patience;
    this.#beginning = [...beginning];
    this.#filter = filter;
  }

  /** Since when the client has not been waited for, in the time of `performance.now()`. */
  get stillSince(): number {
    return this.#waitingSince === undefined ? this.#stillSince : performance.now();
  }

  override _read(): void {
    const first = this.#beginning.shift();
    if (first !== undefined) {
      this.push(first);
      return;
    }
    this.#stopListening ??= this.#listen();
    if (!this.#deciding) this.#wait();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#stopListening?.();
    // What nobody takes any more is read and dropped: a request behind it on the connection would never be read.
    this.#request.resume();
    callback(error);
  }

  #listen(): () => void {
    const request = this.#request.on('data', this.#onData);
    // It may fail when nobody listens any more: behind another request on its connection, its response is closed first. An
    // error that nobody hears would end the process.
    request.on('error', () => {});
    const forget = finished(request, { writable: false }, (error) => {
      if (error) this.destroy(error);
      else this.#end();
    });
    return () => {
      forget();
      request.off('data', this.#onData);
    };
  }

  #wait(): void {
    this.#waitingSince ??= performance.now();
    this.#timer ??= setTimeout(this.#onTimer, Math.max(this.#left, 0));
    this.#request.resume();
  }

  /** One timer for all chunks: most of the time, it runs out while the client is waited for no longer, or anew. */
  readonly #onTimer = (): void => {
    this.#timer = undefined;
    if (this.#waitingSince === undefined) return;
    const left = this.#waitingSince + this.#left - performance.now();
    if (left <= 0) this.destroy(new BodyTooSlow());
    else this.#timer = setTimeout(this.#onTimer, left);
  };

  readonly #onData = (chunk: Buffer): void => {
    this.#stillSince = performance.now();
    if (this.#waitingSince !== undefined) this.#left -= this.#stillSince - this.#waitingSince;
    this.#waitingSince = undefined;
    this.#missing -= chunk.length;
    if (this.#missing <= 0) {
      this.#left = this.#patience;
      this.#missing = PORTION;
    }
    const filter = this.#filter;
    if (filter === undefined) this.#pass(chunk);
    else this.#decide(() => filter.read(chunk), this.#pass);
  };

  #end(): void {
    this.#ended = true;
    this.#stillSince = performance.now();
    this.#waitingSince = undefined;
    if (this.#deciding) return;
    clearTimeout(this.#timer);
    this.#decide(() => this.#filter?.end(), this.#passLast);
  }

  readonly #pass = (chunk: Passed): void => {
    if (chunk !== undefined && !this.push(chunk)) this.#request.pause();
    if (this.#ended) this.#end();
    else if (chunk === undefined) this.#wait();
  };

  readonly #passLast = (chunk: Passed): void => {
    if (chunk !== undefined) this.push(chunk);
    this.push(null);
  };

  #decide(ask: () => Passed | Promise<Passed>, proceed: (passed: Passed) => void): void {
    try {
      const passed = ask();
      if (!(passed instanceof Promise)) {
        proceed(passed);
        return;
      }
      this.#deciding = true;
      this.#request.pause();
      const decided = (chunk: Passed): void => {
        this.#deciding = false;
        if (!this.destroyed) proceed(chunk);
      };
      passed.then(decided, (error: Error) => this.destroy(error));
    } catch (error) {
      this.destroy(error as Error);
    }
  }
}

/** The client sends its body too slowly to be waited for. */
export class BodyTooSlow extends Error {
  readonly code = 'body_too_slow';
  constructor() {
    super('the request body did not arrive in time');
    this.name = 'BodyTooSlow';
  }
}

/** Thrown by a filter where the body must not arrive whole: the request is ended in its middle. */
export class RequestWithdrawn extends Error {
  readonly code = 'request_withdrawn';
}
