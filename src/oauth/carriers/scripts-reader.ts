import type { Surroundings } from './find-urls.ts';
import { PieceWriter } from './piece.ts';
import { ScriptReader } from './script-reader.ts';

/** Reads the scripts of a page. Each is a separate construct within the page's buffered text. */
export class ScriptsReader {
  readonly #page: PieceWriter;
  readonly #around: Surroundings;
  readonly #pieces = new PieceWriter();
  #script: ScriptReader | undefined;

  constructor(page: PieceWriter, around: Surroundings) {
    this.#page = page;
    this.#around = around;
  }

  push(text: string): void {
    this.#script ??= new ScriptReader(this.#pieces, this.#around, true);
    this.#script.push(text);
    this.#handOver();
  }

  /** The current script ends. */
  end(): void {
    this.#script?.end();
    this.#script = undefined;
    this.#handOver();
  }

  #handOver(): void {
    for (const { text, carriers, tooLarge } of this.#pieces.take()) this.#page.add(text, carriers, tooLarge);
  }
}
