import { createHash } from 'node:crypto';

/** Pseudo-random numbers, the same for the same seed on every machine (sfc32). */
export class Random {
  readonly #state: Uint32Array;

  constructor(seed: string) {
    const digest = createHash('sha256').update(seed).digest();
    this.#state = Uint32Array.from([0, 4, 8, 12], (at) => digest.readUInt32LE(at));
  }

  /** From 0 to `limit`, exclusive. */
  below(limit: number): number {
    const [a = 0, b = 0, c = 0, counter = 0] = this.#state;
    const result = (a + b + counter) >>> 0;
    this.#state.set([b ^ (b >>> 9), c + (c << 3), ((c << 21) | (c >>> 11)) + result, counter + 1]);
    return Math.floor((result / 2 ** 32) * limit);
  }

  /** True with this probability, in percent. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** This number of random bytes. */
  octets(count: number): string {
    return String.fromCharCode(...Array.from({ length: count }, () => this.below(256)));
  }
}
