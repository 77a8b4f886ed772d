import type { FindPrefix } from './find-urls.ts';
import type { PieceWriter } from './piece.ts';

/** Characters of a word that is examined as a whole, even across chunks. No prefix is longer. */
const WORD_LENGTH = 512;
/** A code with a value, in any notation. */
const CODE = /\bcode(?:=|%3d|\\[ux](?:00)?3d|["']?\s{0,4}[:=]\s{0,4}["'])[^&"'<>\s]{6}/i;
/** Characters: enough for the name and the beginning of its value. */
const BEFORE = 64;

/** Passes a construct that is too large to read, and reports where it contains a prefix. */
export class Overlong {
  readonly #writer: PieceWriter;
  readonly #findPrefix: FindPrefix;
  /** The last word that passed, and the text before it. */
  #word = '';
  #before = '';
  #holdsCode = false;

  constructor(writer: PieceWriter, findPrefix: FindPrefix) {
    this.#writer = writer;
    this.#findPrefix = findPrefix;
  }

  push(text: string): void {
    const word = lastWord(text);
    const isWord = word.length === text.length;
    if (isWord && this.#word.length + word.length < WORD_LENGTH) {
      this.#word += word;
      this.#writer.add(text);
      return;
    }
    const seen = this.#word + text;
    this.#word = isWord ? '' : word;
    this.#holdsCode ||= CODE.test(this.#before + seen);
    this.#before = (this.#before + seen).slice(0, -this.#word.length || undefined).slice(-BEFORE);
    const prefix = this.#findPrefix(seen, 0);
    const state = seen.slice(prefix, prefix + WORD_LENGTH);
    this.#writer.add(text, [], prefix === -1 ? undefined : { holdsCode: this.#holdsCode, state });
  }
}

function lastWord(text: string): string {
  let start = text.length;
  while (start > 0 && text.length - start < WORD_LENGTH && /\w/.test(text[start - 1] as string)) start -= 1;
  return text.slice(start);
}
