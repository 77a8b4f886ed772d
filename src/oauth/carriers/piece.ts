import { type Carrier, shiftCarrier } from './carrier.ts';

/** The most characters of one construct that are buffered; a larger one passes unread. */
export const CONSTRUCT_LIMIT = 64 * 1024;

/** A part of a body. All texts together are the body, byte by byte (latin1). */
export type Piece = {
  readonly text: string;
  /** The carriers in this text. Empty: it passes unchanged. */
  readonly carriers: readonly Carrier[];
  readonly tooLarge: TooLarge | undefined;
};

/** A construct with a prefixed state that was not read to its end. */
export type TooLarge = {
  /** Whether it also contains a code. */
  readonly holdsCode: boolean;
  /** The text from the prefix on. */
  readonly state: string;
};

/** Shared by the many texts without carriers. */
export const NONE: readonly Carrier[] = [];

/** Assembles the pieces of a body: text that passes, and one construct that is buffered until it is complete. */
export class PieceWriter {
  #pieces: Piece[] = [];
  #passing = '';
  #held = '';
  #carriers: Carrier[] = [];
  #tooLarge: TooLarge | undefined;
  #holding = false;

  get holding(): boolean {
    return this.#holding;
  }

  /** The position of the next text in the buffered construct. */
  get heldLength(): number {
    return this.#held.length;
  }

  add(text: string, carriers: readonly Carrier[] = NONE, tooLarge?: TooLarge): void {
    if (text === '') return;
    if (this.#holding) {
      for (const carrier of carriers) this.#carriers.push(shiftCarrier(carrier, this.#held.length));
      this.#held += text;
      this.#tooLarge = worse(this.#tooLarge, tooLarge);
    } else if (carriers.length === 0 && tooLarge === undefined) {
      this.#passing += text;
    } else {
      this.#endPassing();
      this.#pieces.push({ text, carriers, tooLarge });
    }
  }

  /** Everything from here on is one construct, until it is released. */
  hold(): void {
    this.#holding = true;
  }

  /** `carriers`: those of the whole construct, in addition to those of its parts. */
  release(carriers: readonly Carrier[], tooLarge?: TooLarge): void {
    const text = this.#held;
    const all = [...this.#carriers, ...carriers];
    const worst = worse(this.#tooLarge, tooLarge);
    this.#holding = false;
    this.#held = '';
    this.#carriers = [];
    this.#tooLarge = undefined;
    this.add(text, all, worst);
  }

  /** Returns the complete pieces. */
  take(): Piece[] {
    this.#endPassing();
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  #endPassing(): void {
    if (this.#passing !== '') this.#pieces.push({ text: this.#passing, carriers: [], tooLarge: undefined });
    this.#passing = '';
  }
}

function worse(one: TooLarge | undefined, other: TooLarge | undefined): TooLarge | undefined {
  return one?.holdsCode ? one : (other ?? one);
}
