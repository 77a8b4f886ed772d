import type { Carrier } from './carrier.ts';

/** The most characters of one construct that are buffered; a larger one passes unread. */
export const CONSTRUCT_LIMIT = 64 * 1024;

/** A part of a body. All texts together are the body, byte by byte (latin1). */
export type Piece = {
  readonly text: string;
  /** Its position in the body. */
  readonly start: number;
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

const NONE: readonly Carrier[] = [];

/** Assembles the pieces of a body: text that passes, and one construct that is buffered until it is complete. */
export class PieceWriter {
  #pieces: Piece[] = [];
  /** The current piece. */
  #start: number;
  #text = '';
  #carriers: Carrier[] = [];
  #tooLarge: TooLarge | undefined;
  #holding = false;

  /** `start`: the position of the first text in the body. */
  constructor(start = 0) {
    this.#start = start;
  }

  get holding(): boolean {
    return this.#holding;
  }

  /** The number of buffered characters. */
  get heldLength(): number {
    return this.#holding ? this.#text.length : 0;
  }

  /** The position of the next text in the body. */
  get position(): number {
    return this.#start + this.#text.length;
  }

  add(text: string, carriers = NONE, tooLarge?: TooLarge): void {
    if (text === '') return;
    if (!this.#holding && !(this.#isPlain && carriers.length === 0 && tooLarge === undefined)) this.#end();
    this.#text += text;
    this.#extend(carriers, tooLarge);
  }

  /** Everything from here on is one construct, until it is released. */
  hold(): void {
    if (!this.#holding) this.#end();
    this.#holding = true;
  }

  /** `carriers`: those of the whole construct, in addition to those of its parts. */
  release(carriers: readonly Carrier[], tooLarge?: TooLarge): void {
    this.#holding = false;
    if (this.#text !== '') this.#extend(carriers, tooLarge);
  }

  /** Returns the complete pieces. */
  take(): Piece[] {
    if (!this.#holding) this.#end();
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  get #isPlain(): boolean {
    return this.#carriers.length === 0 && this.#tooLarge === undefined;
  }

  #extend(carriers: readonly Carrier[], tooLarge: TooLarge | undefined): void {
    this.#carriers.push(...carriers);
    if (this.#tooLarge?.holdsCode !== true) this.#tooLarge = tooLarge ?? this.#tooLarge;
  }

  #end(): void {
    if (this.#text === '') return;
    const [start, text] = [this.#start, this.#text];
    this.#pieces.push({ text, start, carriers: this.#carriers, tooLarge: this.#tooLarge });
    this.#start += text.length;
    this.#text = '';
    this.#carriers = [];
    this.#tooLarge = undefined;
  }
}
