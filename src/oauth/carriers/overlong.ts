import type { FindPrefix } from './find-urls.ts';
import type { PieceWriter } from './piece.ts';

/** Characters that are kept, so that a prefix or a name is found where the text was cut. */
const OVERLAP = 31;
const CODE = /\bcode\W/i;

/** Lets a construct pass that is too large to be read, and tells where a prefix stands in it. */
export class Overlong {
  readonly #writer: PieceWriter;
  readonly #findPrefix: FindPrefix;
  #before = '';
  #holdsCode = false;

  constructor(writer: PieceWriter, findPrefix: FindPrefix) {
    this.#writer = writer;
    this.#findPrefix = findPrefix;
  }

  push(text: string): void {
    const seen = this.#before + text;
    this.#holdsCode ||= CODE.test(seen);
    const found = this.#findPrefix(seen, 0) !== -1;
    this.#writer.add(text, [], found ? { holdsCode: this.#holdsCode } : undefined);
    this.#before = seen.slice(-OVERLAP);
  }
}
