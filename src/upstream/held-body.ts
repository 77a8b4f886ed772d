import { Buffer } from 'node:buffer';
import type { BodyInspector, Hold, Inspected, Outcome } from './outcome.ts';
import type { Scope } from './outgoing-request.ts';

/** Buffers a body until it is complete or too large, and then passes it to an inspector as a whole. */
export class HeldBody implements BodyInspector {
  readonly #hold: Hold;
  readonly #scope: Scope;
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(hold: Hold, scope: Scope) {
    this.#hold = hold;
    this.#scope = scope;
  }

  push(chunk: Buffer): Inspected | Promise<Inspected> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    return this.#size > this.#hold.hold ? this.#inspect(false) : NOTHING;
  }

  end(): Inspected | Promise<Inspected> {
    return this.#inspect(true);
  }

  #inspect(complete: boolean): Inspected | Promise<Inspected> {
    const [first] = this.#chunks;
    const bytes = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    const outcome = this.#scope(() => this.#hold.inspect(bytes, complete));
    return outcome instanceof Promise
      ? outcome.then((decided) => toInspected(decided, bytes))
      : toInspected(outcome, bytes);
  }
}

const NOTHING = Buffer.alloc(0);

function toInspected(outcome: Outcome, bytes: Buffer): Inspected {
  return outcome === 'answered' || 'replace' in outcome ? outcome : { ...outcome, bytes };
}
