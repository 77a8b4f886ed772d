import { type Carrier, shiftCarrier } from './carrier.ts';

/** The most characters of one construct that are buffered; a larger one passes unread. */
export const CONSTRUCT_LIMIT = 64 * 1024;

/** A part of a body. All texts, one behind the other, are the body octet by octet (latin1). */
export type Piece = {
  readonly text: string;
  /** In this text. Empty: it goes on as it is. */
  readonly carriers: readonly Carrier[];
  readonly tooLarge: TooLarge | undefined;
};

/** A construct that holds a prefixed state and that was not read to its end, so that something of it may be missing. */
export type TooLarge = {
  /** Whether a code stands in it as well. */
  readonly holdsCode: boolean;
  /** Begins with the prefix. */
  readonly state: string;
};

/** Nearly every text has none. */
export const NONE: readonly Carrier[] = [];

/** Puts the pieces of a body together: what passes, and one construct that is held until it is complete. */
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

  /** Where in the held construct the next text will stand. */
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

  /** `carriers`: those of the construct as a whole, beside those that were added with its parts. */
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

  /** The pieces that are complete. */
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
