import type { ContentFamily } from './content-family.ts';
import type { Surroundings } from './find-urls.ts';
import { HtmlReader } from './html-reader.ts';
import { type Piece, PieceWriter } from './piece.ts';
import { ScriptReader } from './script-reader.ts';
import { TextReader } from './text-reader.ts';
import { XmlReader } from './xml-reader.ts';

/**
 * Finds the carriers in a body while it streams. What cannot belong to one goes on at once; one construct at a time is held,
 * up to `CONSTRUCT_LIMIT`. Time is linear in the input, however it is cut.
 */
export class BodyCarriers {
  readonly #writer = new PieceWriter();
  readonly #reader: { push(text: string): void; end(): void };

  constructor(family: ContentFamily, around: Surroundings) {
    this.#reader = openReader(family, this.#writer, around);
  }

  /** `text`: octets as latin1. */
  push(text: string): Piece[] {
    this.#reader.push(text);
    return this.#writer.take();
  }

  end(): Piece[] {
    this.#reader.end();
    return this.#writer.take();
  }
}

function openReader(family: ContentFamily, writer: PieceWriter, around: Surroundings) {
  switch (family) {
    case 'html':
    case 'xhtml':
      return new HtmlReader(writer, around, family);
    case 'json':
    case 'script':
      return new ScriptReader(writer, around, family === 'script');
    case 'xml':
      return new XmlReader(writer, around);
    case 'text':
      return new TextReader(writer, around);
  }
}
