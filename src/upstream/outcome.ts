import type { Buffer } from 'node:buffer';
import type { ResponseHead } from './response-headers.ts';

/** What to do with a response after inspecting its head. */
export type Outcome =
  | Passage
  /** This head and body go to the client; the upstream's body is dropped. */
  | Replacement
  /** The client has been answered already; the upstream's response is dropped. */
  | 'answered';

/** It is sent to the client with this head, and its body streamed, unchanged or through an inspector. */
export type Passage = { readonly pass: ResponseHead; readonly body?: BodyInspector };

export type Replacement = { readonly replace: ResponseHead; readonly body?: Buffer };

/** Inspects a response body while it streams, outside the scope of its request. An exception aborts the response. */
export interface BodyInspector {
  /** The data to send to the client now (an empty buffer: none yet). A promise pauses the upstream. */
  push(chunk: Buffer): Inspected | Promise<Inspected>;
  /** The body is complete: returns the rest of it. */
  end(): Inspected | Promise<Inspected>;
  /** For how many milliseconds after the head it buffers the body; default: until its end. */
  readonly bufferTime?: number | undefined;
  /** That time is over, and nothing was sent yet. Called at most once. */
  onBufferTime?(): Inspected;
}

/**
 * The head is sent with the first bytes. Until then, the response can still be changed: a different head, with these bytes
 * next in its body (`pass`), or a different response (`replace`, `answered`). Later, these abort the response.
 */
export type Inspected = Buffer | (Passage & { readonly bytes: Buffer }) | Replacement | 'answered';

/** The head is not sufficient: the body is buffered until its end, or until it has more than `hold` bytes. */
export type Hold = {
  readonly hold: number;
  readonly inspect: (body: Buffer, complete: boolean) => Outcome | Promise<Outcome>;
};

/** Inspects a response before its first byte is sent. An exception is a fault of the exchange. */
export type Inspect = (head: ResponseHead) => Outcome | Hold | Promise<Outcome | Hold>;
