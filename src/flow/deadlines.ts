import { performance } from 'node:perf_hooks';

/** Something that is waited for. */
export type Wait = {
  /** In the time of `performance.now()`. */
  readonly until: number;
  readonly giveUp: () => void;
};

/**
 * Gives up waits that last too long. One timer watches over all of them: one for each would cost more than much of what is
 * waited for.
 */
export class Deadlines {
  readonly #waits = new Set<Wait>();
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#waits.size;
  }

  /** `within`: milliseconds. Whoever has what it waited for ends its wait; after `giveUp`, there is nothing to end. */
  begin(within: number, giveUp: () => void): Wait {
    const wait = { until: performance.now() + within, giveUp };
    this.#waits.add(wait);
    if (wait.until < this.#wakesAt) this.#wakeAt(wait.until);
    return wait;
  }

  end(wait: Wait): void {
    this.#waits.delete(wait);
  }

  #wakeAt(time: number): void {
    clearTimeout(this.#timer);
    this.#wakesAt = time;
    // Not before replies that have arrived are read: after a standstill of this process, all timers come first.
    const look = () => setImmediate(() => this.#look());
    // Whatever is waited for keeps the process alive by itself.
    this.#timer = setTimeout(look, Math.max(time - performance.now(), 0)).unref();
  }

  #look(): void {
    const now = performance.now();
    let earliest = Number.POSITIVE_INFINITY;
    for (const wait of this.#waits) {
      if (wait.until > now) {
        earliest = Math.min(earliest, wait.until);
        continue;
      }
      this.#waits.delete(wait);
      wait.giveUp();
    }
    this.#wakesAt = Number.POSITIVE_INFINITY;
    if (earliest !== Number.POSITIVE_INFINITY) this.#wakeAt(earliest);
  }
}
