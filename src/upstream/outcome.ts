import type { Buffer } from 'node:buffer';
import type { ResponseHead } from './response-headers.ts';

/** What becomes of a response whose head has been looked at. */
export type Outcome =
  | Passage
  /** This head and body go to the client; the upstream's body is dropped. */
  | Replacement
  /** The client has been answered already; the upstream's response is dropped. */
  | 'answered';

/** It goes to the client under this head, its body as it comes, or as an inspector lets it. */
export type Passage = { readonly pass: ResponseHead; readonly body?: BodyInspector };

export type Replacement = { readonly replace: ResponseHead; readonly body: Buffer };

/** Looks at a response body as it streams by. What it throws breaks the response off. */
export interface BodyInspector {
  /** What may go on to the client now (an empty buffer: nothing yet). A promise makes the upstream wait. */
  push(chunk: Buffer): Inspected | Promise<Inspected>;
  /** The body is complete: what is left of it. */
  end(): Inspected | Promise<Inspected>;
  /** Nothing has left, and the rest of the body is some time in coming. Called once at most. */
  onPause?(): Inspected;
}

/**
 * The head leaves with the first bytes, so until then the whole response can still become another one: under another head,
 * with these bytes next in its body (`pass`), or instead of the upstream's (`replace`, `answered`). Later, these break the
 * response off.
 */
export type Inspected = Buffer | (Passage & { readonly bytes: Buffer }) | Replacement | 'answered';

/** The head alone does not tell: the body is held back until its end, or until it has more than `hold` bytes. */
export type Hold = {
  readonly hold: number;
  readonly inspect: (body: Buffer, complete: boolean) => Outcome | Promise<Outcome>;
};

/** Sees a response before its first byte leaves. What it throws is a fault of the exchange. */
export type Inspect = (head: ResponseHead) => Outcome | Hold | Promise<Outcome | Hold>;
