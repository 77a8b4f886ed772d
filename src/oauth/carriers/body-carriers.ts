import type { ContentFamily } from './content-family.ts';
import type { Surroundings } from './find-urls.ts';
import { HtmlReader } from './html-reader.ts';
import { type Piece, PieceWriter } from './piece.ts';
import { ScriptReader } from './script-reader.ts';
import { TextReader } from './text-reader.ts';
import { XmlReader } from './xml-reader.ts';

/**
 * Finds the carriers in a body while it streams. Text that cannot belong to a carrier passes at once; one construct at a time is
 * buffered, up to `CONSTRUCT_LIMIT`. The time is linear in the input, for any chunks.
 */
export class BodyCarriers {
  readonly #writer = new PieceWriter();
  readonly #reader: { push(text: string): void; end(): void };

  constructor(family: ContentFamily, around: Surroundings) {
    this.#reader = openReader(family, this.#writer, around);
  }

  /** `text`: bytes as latin1. */
  push(text: string): Piece[] {
    this.#reader.push(text);
    return this.#writer.take();
  }

  end(): Piece[] {
    this.#reader.end();
    return this.#writer.take();
  }
}

/** A possible form field of an authorization response, written plainly or with entities. */
const ANSWER_FIELD = /name\s*=\s*["']?(?:code|error|access_token|id_token|response|[a-z_]{0,12}&)/i;

/** Whether a whole body may contain a carrier. It rules out most pages without parsing them. */
export function mayHoldCarriers(text: string, family: ContentFamily, { findPrefix }: Surroundings): boolean {
  const isPage = family === 'html' || family === 'xhtml';
  return findPrefix(text, 0) !== -1 || (isPage && ANSWER_FIELD.test(text));
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
