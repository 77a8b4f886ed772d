import type { IncomingMessage } from 'node:http';
import { finished, Readable } from 'node:stream';

/** Filters a body while it streams and returns what to forward. An exception ends the body. */
export type Filter = {
  readonly read: (chunk: Buffer) => Passed | Promise<Passed>;
  readonly end: () => Passed | Promise<Passed>;
};

type Passed = Buffer | undefined;

export type RequestBodyOptions = {
  /** Milliseconds, counted while waiting for the client. */
  readonly patience: number;
  /** The part that was already read; it is forwarded unchanged. */
  readonly beginning?: readonly Buffer[];
  readonly filter?: Filter;
};

/** The bytes that must arrive within each timeout. */
const PORTION = 4096;

/**
 * A streamed body. Fails if it arrives too slowly, because it occupies one of the few connections to the upstream. It does not
 * end the request itself, so that the request can still be answered.
 */
export class RequestBody extends Readable {
  readonly #request: IncomingMessage;
  readonly #patience: number;
  readonly #beginning: Buffer[];
  readonly #filter: Filter | undefined;
  #stopListening: (() => void) | undefined;
  /** The filter has not finished with the last chunk. */
  #deciding = false;
  /** The request has ended; it reports this even while paused. */
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

  /** When waiting for the client stopped, in the time of `performance.now()`. */
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
    // Unneeded data is read and dropped: otherwise the next request on the connection would never be read.
    this.#request.resume();
    callback(error);
  }

  #listen(): () => void {
    const request = this.#request.on('data', this.#onData);
    // It may fail when there is no listener any more: after another request on its connection, its response is closed first. An
    // unhandled error would end the process.
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

  /** One timer for all chunks: when it fires, the wait has usually ended or restarted. */
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

/** The client sends its body too slowly. */
export class BodyTooSlow extends Error {
  readonly code = 'body_too_slow';
  constructor() {
    super('the request body did not arrive in time');
    this.name = 'BodyTooSlow';
  }
}

/** Thrown by a filter if the body must not arrive completely: the request is aborted. */
export class RequestWithdrawn extends Error {
  readonly code = 'request_withdrawn';
}
