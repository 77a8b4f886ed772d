import { Buffer } from 'node:buffer';
import type { Hold } from './outcome.ts';

/** What came of a response's body while it is held back from the client. */
export class HeldBody {
  readonly hold: Hold;
  readonly #chunks: Buffer[] = [];
  readonly #silence: NodeJS.Timeout;
  #size = 0;

  /** `patience`: milliseconds between two pieces. Meanwhile the client waits for an answer, as it does for a head. */
  constructor(hold: Hold, patience: number, onSilence: () => void) {
    this.hold = hold;
    this.#silence = setTimeout(onSilence, patience);
  }

  /** Whether there is more now than is held back. */
  add(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    this.#silence.refresh();
    return this.#size > this.hold.hold;
  }

  /** Waits no longer. */
  take(): Buffer {
    clearTimeout(this.#silence);
    const [first] = this.#chunks;
    return this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
  }
}
