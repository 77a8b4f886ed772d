import {
  type Coding,
  OCTETS,
  SOFT_LINES,
  squeeze,
  squeezeEnd,
  UTF7_FROM_ANYTHING,
  UTF7_FROM_ASCII,
} from './mail-codings.ts';
import { MARK_LENGTH, mayBeQuoted, mayHoldUtf7, namesCoding, namesValue } from './redemption-marks.ts';
import { END_LENGTH, RedemptionWindow, SPAN } from './redemption-window.ts';

/** A text from a mark on, as it is, and as it reads without the codings of mail that it has marks of. */
export class SuspiciousText {
  /** White space at the end of the text, which may go on. */
  #space = '';
  readonly #asItIs = new RedemptionWindow();
  #mayBeQuoted = false;
  #mayHoldUtf7 = false;
  readonly #decoded: DecodedText[] = [];
  /** Characters, in the reading that has the fewest, until no match can reach back to a mark. */
  #left = SPAN;

  get text(): string {
    return this.#asItIs.text + this.#space;
  }

  get isOver(): boolean {
    return this.#left <= 0;
  }

  /** `marked`: a mark ends in this piece. */
  finds(piece: string, marked: boolean): boolean {
    const before = this.#asItIs.text;
    const text = this.#space + piece;
    const solid = text.trimEnd();
    this.#space = squeeze(text.slice(solid.length));
    const begun = marked ? this.#suspectCodings(before.slice(1 - MARK_LENGTH) + solid) : [];
    const squeezed = this.#mayEndMatch(before, solid) ? squeeze(solid) : squeezeEnd(solid, SPAN);
    let found = this.#asItIs.finds(squeezed);
    // What a coding is undone in begins before its mark.
    for (const decoded of begun) if (decoded.finds(before)) found = true;
    for (const decoded of this.#decoded) if (decoded.finds(squeezed)) found = true;
    // Codings may stretch a text as far as one likes.
    const grown = Math.min(squeezed.length, ...this.#decoded.map((decoded) => decoded.grown));
    this.#left = marked ? SPAN : this.#left - grown;
    return found;
  }

  /** A name alone is no match: its text need only be kept. */
  #mayEndMatch(before: string, piece: string): boolean {
    if (this.#decoded.length > 0) return true;
    const fresh = before.slice(1 - END_LENGTH) + piece;
    return namesValue(fresh) || namesCoding(fresh) || namesCoding(before);
  }

  /** Those readings that begin, by a mark in this text. */
  #suspectCodings(text: string): readonly DecodedText[] {
    const begun: DecodedText[] = [];
    if (!this.#mayBeQuoted && mayBeQuoted(text)) {
      this.#mayBeQuoted = true;
      begun.push(new DecodedText([SOFT_LINES, OCTETS]));
    }
    if (!this.#mayHoldUtf7 && mayHoldUtf7(text)) {
      this.#mayHoldUtf7 = true;
      begun.push(new DecodedText([UTF7_FROM_ASCII]), new DecodedText([UTF7_FROM_ANYTHING]));
    }
    this.#decoded.push(...begun);
    return begun;
  }
}

/** A text as it reads without codings, the first of which is undone first. */
class DecodedText {
  readonly #codings: readonly Coding[];
  /** For each of them, the end of its text, which may go on. */
  readonly #open: string[];
  readonly #window = new RedemptionWindow();
  #grown = 0;

  constructor(codings: readonly Coding[]) {
    this.#codings = codings;
    this.#open = codings.map(() => '');
  }

  /** Characters that the last piece came to. */
  get grown(): number {
    return this.#grown;
  }

  finds(piece: string): boolean {
    let settled = piece;
    let following = '';
    for (const [i, coding] of this.#codings.entries()) {
      const undone = coding.undo(this.#open[i] + settled);
      this.#open[i] = undone.open;
      settled = undone.settled;
      following = coding.undoOpen(undone.open);
    }
    this.#grown = settled.length;
    return this.#window.finds(settled, following);
  }
}
