import type { Carrier } from './carrier.ts';
import type { Escaping } from './escaping.ts';
import { DELIMITERS, findUrlCarriers, type Surroundings } from './find-urls.ts';
import { Overlong } from './overlong.ts';
import { CONSTRUCT_LIMIT, type PieceWriter } from './piece.ts';
import { Written } from './written.ts';

/** The parameters of a URL begin with one of these, or with an escape of one. */
const PARAMETERS = /[?#&%\\]/;

/** Reads unstructured text: it buffers only a possible URL that has parameters and has not ended. */
export class TextReader {
  readonly #writer: PieceWriter;
  readonly #around: Surroundings;
  readonly #escaping: Escaping | undefined;
  /** The beginning of the possible URL, which passed: only parameters can change. */
  #passed = '';
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
    if (this.#passed.length + this.#tail.length + text.length > CONSTRUCT_LIMIT) {
      this.#overlong = new Overlong(this.#writer, this.#around.findPrefix);
      this.#overlong.push(this.#tail + text);
      this.#tail = '';
      this.#passed = '';
    } else if (this.#tail === '' && !PARAMETERS.test(text)) {
      this.#writer.add(text);
      this.#passed += text;
    } else {
      this.#tail += text;
    }
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
    const passed = this.#passed;
    const rest = this.#tail + text;
    this.#passed = '';
    this.#tail = '';
    if (rest !== '') this.#writer.add(rest, this.#carriersIn(passed + rest, passed.length));
  }

  /** `passed`: the number of characters that the writer has already. */
  #carriersIn(text: string, passed: number): Carrier[] | undefined {
    if (this.#around.findPrefix(text, 0) === -1) return undefined;
    const written = Written.plain(text, this.#writer.position - passed);
    const decoded = this.#escaping === undefined ? written : written.decode(this.#escaping);
    return findUrlCarriers(decoded, 'url', this.#around);
  }
}
