/** One of some, in their order. */
export type Entry<Value> = {
  readonly value: Value;
  before: Entry<Value> | undefined;
  behind: Entry<Value> | undefined;
};

/**
 * Values in the order in which they came, each of which may go at any time. A Set that is filled and emptied all the time is
 * made anew all the time, and the old ones keep the new: once one of them has outlived the young generation, so does all that
 * is ever put in.
 */
export class InOrder<Value> {
  #first: Entry<Value> | undefined;
  #last: Entry<Value> | undefined;

  add(value: Value): Entry<Value> {
    const entry: Entry<Value> = { value, before: this.#last, behind: undefined };
    if (this.#last === undefined) this.#first = entry;
    else this.#last.behind = entry;
    this.#last = entry;
    return entry;
  }

  /** Once for each entry. */
  remove(entry: Entry<Value>): void {
    const { before, behind } = entry;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    // What has gone keeps nothing.
    entry.before = undefined;
    entry.behind = undefined;
  }

  *[Symbol.iterator](): Generator<Value> {
    for (let entry = this.#first; entry !== undefined; entry = entry.behind) yield entry.value;
  }
}
