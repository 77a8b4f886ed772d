import { Buffer } from 'node:buffer';

/** How many texts, and up to which length: few come often, and anybody can send others. */
const LIMIT = 1_000;
const LENGTH_LIMIT = 200;

/** What has been found out about texts that come again and again: names of headers, paths. */
export class Remembered<Value> {
  readonly #known = new Map<string, Value>();
  readonly #findOut: (text: string) => Value;

  /** `findOut`: always says the same of the same text. */
  constructor(findOut: (text: string) => Value) {
    this.#findOut = findOut;
  }

  of(text: string): Value {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    // V8 cuts a text out of another by pointing into that one: what is kept of it would keep the whole request, or head, and
    // the secrets that stand there.
    const own = Buffer.from(text, 'latin1').toString('latin1');
    // Node's parser gives out Latin-1 only: anything else comes seldom, and would not be the same.
    if (own !== text) return this.#findOut(text);
    const value = this.#findOut(own);
    if (this.#known.size >= LIMIT) this.#known.clear();
    if (own.length <= LENGTH_LIMIT) this.#known.set(own, value);
    return value;
  }
}
