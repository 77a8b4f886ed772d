/** A Map that keeps a limited number of entries: beyond it, the one that was not used for the longest time goes. */
export class RecentMap<Value> {
  readonly #limit: number;
  /** The most recently used entry is the last one. */
  readonly #entries = new Map<string, Value>();
  #newest: string | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): Value | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined && key !== this.#newest) this.set(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#newest = key;
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#limit && oldest !== undefined) this.#entries.delete(oldest);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
