import { Buffer } from 'node:buffer';

/** The most texts, and their longest length: few are frequent, and anybody can send others. */
const LIMIT = 1_000;
const LENGTH_LIMIT = 200;

/** A cache of results for frequent texts: header names, paths. */
export class Remembered<Value> {
  readonly #known = new Map<string, Value>();
  readonly #findOut: (text: string) => Value;

  /** `findOut`: a pure function of the text. */
  constructor(findOut: (text: string) => Value) {
    this.#findOut = findOut;
  }

  of(text: string): Value {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    // A V8 substring points into its source string: keeping it would keep the whole request or head, with its secrets, in
    // memory.
    const own = Buffer.from(text, 'latin1').toString('latin1');
    // Node's parser produces Latin-1 only: other texts are rare, and the copy would differ.
    if (own !== text) return this.#findOut(text);
    const value = this.#findOut(own);
    if (this.#known.size >= LIMIT) this.#known.clear();
    if (own.length <= LENGTH_LIMIT) this.#known.set(own, value);
    return value;
  }
}
