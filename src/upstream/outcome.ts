import type { Buffer } from 'node:buffer';
import type { ResponseHead } from './response-headers.ts';

/** What becomes of a response that has been looked at. */
export type Outcome =
  /** It goes to the client under this head, its body as it comes. */
  | { readonly pass: ResponseHead }
  /** This head and body go to the client; the upstream's body is dropped. */
  | { readonly replace: ResponseHead; readonly body: Buffer }
  /** The client has been answered already; the upstream's response is dropped. */
  | 'answered';

/** The head alone does not tell: the body is held back until its end, or until it has more than `limit` bytes. */
export type Hold = {
  readonly hold: number;
  readonly inspect: (body: Buffer, complete: boolean) => Outcome | Promise<Outcome>;
};

/** Sees a response before its first byte leaves. What it throws is a fault of the exchange. */
export type Inspect = (head: ResponseHead) => Outcome | Hold | Promise<Outcome>;
