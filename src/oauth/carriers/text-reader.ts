import type { Carrier } from './carrier.ts';
import type { Escaping } from './escaping.ts';
import { DELIMITERS, findUrlCarriers, type Surroundings } from './find-urls.ts';
import { Overlong } from './overlong.ts';
import { CONSTRUCT_LIMIT, NONE, type PieceWriter } from './piece.ts';
import { Written } from './written.ts';

/** Reads unstructured text: it buffers only a possible URL that has not ended. */
export class TextReader {
  readonly #writer: PieceWriter;
  readonly #around: Surroundings;
  readonly #escaping: Escaping | undefined;
  #tail = '';
  #overlong: Overlong | undefined;

  constructor(writer: PieceWriter, around: Surroundings, escaping?: Escaping) {
    this.#writer = writer;
    this.#around = around;
    this.#escaping = escaping;
  }

  push(text: string): void {
    let end = text.length;
    while (end > 0 && DELIMITERS[text.charCodeAt(end - 1)] !== 1) end -= 1;
    if (end > 0) this.#complete(text.slice(0, end));
    if (end < text.length) this.#extend(text.slice(end));
  }

  /** The text ends: a tag begins, or the body is complete. */
  end(): void {
    this.#complete('');
  }

  #extend(text: string): void {
    if (this.#overlong !== undefined) {
      this.#overlong.push(text);
      return;
    }
    this.#tail += text;
    if (this.#tail.length <= CONSTRUCT_LIMIT) return;
    this.#overlong = new Overlong(this.#writer, this.#around.findPrefix);
    this.#overlong.push(this.#tail);
    this.#tail = '';
  }

  #complete(text: string): void {
    if (this.#overlong !== undefined) {
      let end = 0;
      while (end < text.length && DELIMITERS[text.charCodeAt(end)] !== 1) end += 1;
      end = Math.min(end + 1, text.length);
      this.#overlong.push(text.slice(0, end));
      this.#overlong = undefined;
      text = text.slice(end);
    }
    const complete = this.#tail + text;
    if (complete === '') return;
    this.#tail = '';
    this.#writer.add(complete, this.#carriersIn(complete));
  }

  #carriersIn(text: string): readonly Carrier[] {
    if (this.#around.findPrefix(text, 0) === -1) return NONE;
    const written = Written.plain(text);
    return findUrlCarriers(
      this.#escaping === undefined ? written : written.decode(this.#escaping),
      'url',
      this.#around,
    );
  }
}
