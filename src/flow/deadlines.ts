import { performance } from 'node:perf_hooks';

/** Something that is waited for. */
export type Wait = {
  /** In the time of `performance.now()`. */
  readonly until: number;
  readonly giveUp: () => void;
  /** Among all waits; -1 when it has ended. */
  place: number;
};

/**
 * Gives up waits that last too long. One timer watches over all of them: one for each would cost more than much of what is
 * waited for.
 */
export class Deadlines {
  // A Set that is filled and emptied all the time is made anew all the time, and each is kept by the one before: once one of
  // them has grown old, what the others held stays until everything is collected.
  readonly #waits: Wait[] = [];
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#waits.length;
  }

  /** `within`: milliseconds. Whoever has what it waited for ends its wait; after `giveUp`, there is nothing to end. */
  begin(within: number, giveUp: () => void): Wait {
    const wait = { until: performance.now() + within, giveUp, place: this.#waits.length };
    this.#waits.push(wait);
    if (wait.until < this.#wakesAt) this.#wakeAt(wait.until);
    return wait;
  }

  end(wait: Wait): void {
    const { place } = wait;
    if (place === -1) return;
    wait.place = -1;
    const last = this.#waits.pop();
    if (last === undefined || last === wait) return;
    this.#waits[place] = last;
    last.place = place;
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
    // Whoever is given up may begin another wait, which sets the timer itself.
    this.#wakesAt = Number.POSITIVE_INFINITY;
    for (const wait of [...this.#waits]) {
      if (wait.until > now) {
        earliest = Math.min(earliest, wait.until);
      } else if (wait.place !== -1) {
        this.end(wait);
        wait.giveUp();
      }
    }
    if (earliest < this.#wakesAt) this.#wakeAt(earliest);
  }
}
