import type { Escaping } from './escaping.ts';

/** A text with the position of each character in its header value or body, where it may be escaped, even several times. */
export class Written {
  readonly text: string;
  /** That of the first character if none is escaped, else of each character and of the end. */
  readonly #positions: number | readonly number[];
  readonly #encode: (text: string) => string;

  private constructor(text: string, positions: number | readonly number[], encode: (text: string) => string) {
    this.text = text;
    this.#positions = positions;
    this.#encode = encode;
  }

  static plain(text: string, position = 0): Written {
    return new Written(text, position, (added) => added);
  }

  /** The position of the character at this index; for the text's length, the end. */
  at(index: number): number {
    const positions = this.#positions;
    return typeof positions === 'number' ? positions + index : (positions[index] as number);
  }

  /** Escapes a text for this position. */
  encode(text: string): string {
    return this.#encode(text);
  }

  slice(start: number, end = this.text.length): Written {
    const own = this.#positions;
    const positions = typeof own === 'number' ? own + start : own.slice(start, end + 1);
    return new Written(this.text.slice(start, end), positions, this.#encode);
  }

  decode(escaping: Escaping): Written {
    const { pattern, always, decode, encode } = escaping;
    if (this.text.search(pattern) === -1) return always ? this.#writtenBy(encode) : this;
    let text = '';
    const positions: number[] = [];
    let copied = 0;
    const copy = (to: number) => {
      for (let index = copied; index < to; index += 1) positions.push(this.at(index));
      text += this.text.slice(copied, to);
    };
    const matches = [...this.text.matchAll(pattern)];
    const decoded = decode(matches.map(([written]) => written));
    for (const [nth, match] of matches.entries()) {
      copy(match.index);
      const read = decoded[nth] as string;
      for (let index = 0; index < read.length; index += 1) positions.push(this.at(match.index));
      text += read;
      copied = match.index + match[0].length;
    }
    copy(this.text.length);
    if (text === this.text) return always ? this.#writtenBy(encode) : this;
    positions.push(this.at(this.text.length));
    return new Written(text, positions, this.#encode).#writtenBy(encode);
  }

  #writtenBy(encode: (text: string) => string): Written {
    const outer = this.#encode;
    return new Written(this.text, this.#positions, (added) => outer(encode(added)));
  }
}
