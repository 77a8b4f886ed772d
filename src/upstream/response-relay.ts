import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { breakOff } from '../http/respond.ts';
import type { BodyInspector, Inspected, Outcome } from './outcome.ts';
import type { ResponseHead } from './response-headers.ts';
import { UpstreamFault } from './upstream-fault.ts';

/** Bytes of a body that are buffered while its inspector, or the client, pauses the upstream. */
const WAITING_LIMIT = 64 * 1024;

/** The upstream's side of a response that is relayed. */
export type Source = {
  pause(): void;
  resume(): void;
  /** The rest of the response is not needed. */
  done(): void;
  fail(reason: unknown): void;
};

/** Relays an upstream's response to the client: decides about the head, passes the body through its inspector, applies backpressure. */
export class ResponseRelay {
  readonly #response: ServerResponse;
  readonly #source: Source;
  /** The most milliseconds between two pieces of a body while none of it was sent yet. */
  readonly #timeout: number;
  /** Fails the response if the upstream stalls while the client still waits for the head. */
  #silence: NodeJS.Timeout | undefined;
  #bufferTimer: NodeJS.Timeout | undefined;
  #inspector: BodyInspector | undefined;
  /** The head, until it is sent. */
  #head: ResponseHead | undefined;
  #waiting: Buffer[] = [];
  #waitingSize = 0;
  /** Waiting for a decision, or for the client. */
  #busy = false;
  #ended = false;
  #closed = false;
  #headSentAt = 0;

  constructor(response: ServerResponse, source: Source, timeout: number) {
    this.#response = response;
    this.#source = source;
    this.#timeout = timeout;
  }

  /** When the head was sent, or the response was aborted, in the time of `performance.now()`. */
  get headSentAt(): number {
    return this.#headSentAt === 0 ? performance.now() : this.#headSentAt;
  }

  get headSent(): boolean {
    return this.#headSentAt > 0;
  }

  /** Decides behind all reads of this turn of the event loop: together with others, and when a short body has arrived too. */
  begin(decide: () => Outcome | Promise<Outcome>): void {
    this.#busy = true;
    setImmediate(() => {
      this.#busy = false;
      if (this.#closed) return;
      this.#await(decide, (outcome) => this.#start(outcome));
      this.#pump();
    });
  }

  push(chunk: Buffer): void {
    this.#silence?.refresh();
    this.#waiting.push(chunk);
    this.#waitingSize += chunk.length;
    this.#pump();
    // Not at once: while paused, undici does not see the end of a complete response, and treats it as aborted if the upstream
    // closes its connection meanwhile.
    if (this.#waitingSize > WAITING_LIMIT) this.#source.pause();
  }

  end(): void {
    this.#ended = true;
    this.#pump();
  }

  /** Nothing more is sent to the client. */
  close(): void {
    this.#closed = true;
    this.#clearTimers();
    this.#waiting = [];
    this.#waitingSize = 0;
  }

  #start(outcome: Outcome): void {
    if (outcome === 'answered' || 'replace' in outcome) this.#pass(outcome);
    else if (outcome.body === undefined) this.#startPlainly(outcome.pass);
    else {
      this.#head = outcome.pass;
      this.#inspector = outcome.body;
      // Most bodies arrive together with their head, and need no timer.
      if (this.#silence === undefined) process.nextTick(() => this.#watchArrival());
    }
  }

  #watchArrival(): void {
    if (this.#closed || this.headSent || this.#silence !== undefined) return;
    this.#silence = setTimeout(() => this.#onSilence(), this.#timeout);
    const bufferTime = this.#inspector?.bufferTime;
    // Data that is already in the socket is read first.
    if (bufferTime !== undefined)
      this.#bufferTimer = setTimeout(() => setImmediate(() => this.#onBufferTime()), bufferTime);
  }

  #startPlainly(head: ResponseHead): void {
    if (this.#response.destroyed) {
      this.#source.done();
      return;
    }
    this.#head = head;
    this.#inspector = undefined;
    this.#sendHead();
    // A slow body does not delay the head, but data that arrived with the head is sent with it.
    process.nextTick(() => {
      // flushHeaders() would write the head as UTF-8.
      if (!this.#response.destroyed && !this.#response.writableEnded) this.#response.write('', 'latin1');
    });
  }

  #onSilence(): void {
    if (this.#busy) this.#silence?.refresh();
    else this.#source.fail(new UpstreamFault('timeout', undefined));
  }

  #onBufferTime(): void {
    const stream = this.#inspector?.onBufferTime?.bind(this.#inspector);
    if (stream === undefined || this.#closed || this.#busy || this.headSent) return;
    this.#await(stream, this.#pass);
    this.#pump();
  }

  #pump(): void {
    while (!this.#busy && !this.#closed) {
      const chunk = this.#waiting.shift();
      const inspector = this.#inspector;
      if (chunk !== undefined) {
        this.#waitingSize -= chunk.length;
        if (inspector === undefined) this.#write(chunk);
        else this.#await(() => inspector.push(chunk), this.#pass);
      } else if (this.#ended && inspector !== undefined) {
        this.#inspector = undefined;
        this.#await(() => inspector.end(), this.#pass);
      } else if (this.#ended) {
        this.#finish();
      } else {
        this.#source.resume();
        return;
      }
    }
  }

  /** One decision at a time: data that arrives meanwhile is buffered. */
  #await<Decision>(decide: () => Decision | Promise<Decision>, then: (decision: Decision) => void): void {
    try {
      const decision = decide();
      if (!(decision instanceof Promise)) {
        then(decision);
        return;
      }
      this.#busy = true;
      decision
        .then((decided) => {
          this.#busy = false;
          // The upstream closed the connection during the inspection: the client gets that fault.
          if (this.#closed) return;
          this.#silence?.refresh();
          then(decided);
          this.#pump();
        })
        .catch((error: unknown) => this.#source.fail(error));
    } catch (error) {
      this.#source.fail(error);
    }
  }

  readonly #pass = (inspected: Inspected): void => {
    if (this.#response.destroyed) this.#source.done();
    else if (Buffer.isBuffer(inspected)) this.#passBytes(inspected);
    else if (this.headSent) {
      breakOff(this.#response);
      this.#source.done();
    } else if (inspected === 'answered') {
      this.#source.done();
    } else if ('replace' in inspected) {
      this.#head = inspected.replace;
      this.#sendHead();
      this.#response.end(inspected.body);
      this.#source.done();
    } else {
      if (inspected.bytes.length > 0) this.#waiting.unshift(inspected.bytes);
      this.#waitingSize += inspected.bytes.length;
      this.#start(inspected);
    }
  };

  #passBytes(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#sendHead();
    this.#write(bytes);
  }

  #sendHead(): void {
    if (this.#head === undefined) return;
    const { status, statusText, headers } = this.#head;
    this.#head = undefined;
    this.#headSentAt = performance.now();
    this.#clearTimers();
    if (!this.#response.headersSent) this.#response.writeHead(status, statusText, headers as string[]);
  }

  #clearTimers(): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#bufferTimer);
  }

  #write(chunk: Buffer): void {
    if (this.#response.destroyed || this.#response.write(chunk)) return;
    this.#busy = true;
    this.#source.pause();
    this.#response.once('drain', () => {
      this.#busy = false;
      this.#pump();
    });
  }

  #finish(): void {
    if (!this.#response.destroyed) {
      this.#sendHead();
      this.#response.end();
    }
    this.#source.done();
  }
}
