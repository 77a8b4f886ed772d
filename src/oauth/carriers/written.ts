import type { Escaping } from './escaping.ts';

/** A text with the position of each character in its source, where it may be escaped, even several times. */
export class Written {
  readonly text: string;
  readonly #positions: readonly number[] | undefined;
  readonly #offset: number;
  readonly #encode: (text: string) => string;

  private constructor(
    text: string,
    positions: readonly number[] | undefined,
    offset: number,
    encode: (text: string) => string,
  ) {
    this.text = text;
    this.#positions = positions;
    this.#offset = offset;
    this.#encode = encode;
  }

  /** `offset`: its position in the source. */
  static plain(text: string, offset = 0): Written {
    return new Written(text, undefined, offset, (added) => added);
  }

  /** The position in the source of the character at this index; for the text's length, the end. */
  at(index: number): number {
    if (this.#positions === undefined) return this.#offset + index;
    return (this.#positions[index] as number) + this.#offset;
  }

  /** Escapes a text for this position. */
  encode(text: string): string {
    return this.#encode(text);
  }

  slice(start: number, end = this.text.length): Written {
    const text = this.text.slice(start, end);
    if (this.#positions === undefined)
      return new Written(text, undefined, this.#offset + start, this.#encode);
    return new Written(text, this.#positions.slice(start, end + 1), this.#offset, this.#encode);
  }

  /** The same in a source with this many more characters in front. */
  shifted(by: number): Written {
    return new Written(this.text, this.#positions, this.#offset + by, this.#encode);
  }

  decode(escaping: Escaping): Written {
    const { pattern, always, decode, encode } = escaping;
    if (this.text.search(pattern) === -1) return always === undefined ? this : this.#writtenBy(encode);
    let text = '';
    const positions: number[] = [];
    let copied = 0;
    const copy = (to: number) => {
      for (let index = copied; index < to; index += 1) positions.push(this.at(index));
      text += this.text.slice(copied, to);
    };
    for (const match of this.text.matchAll(pattern)) {
      copy(match.index);
      const decoded = decode(match[0]);
      for (let index = 0; index < decoded.length; index += 1) positions.push(this.at(match.index));
      text += decoded;
      copied = match.index + match[0].length;
    }
    copy(this.text.length);
    positions.push(this.at(this.text.length));
    return new Written(text, positions, 0, this.#encode).#writtenBy(encode);
  }

  #writtenBy(encode: (text: string) => string): Written {
    const outer = this.#encode;
    return new Written(this.text, this.#positions, this.#offset, (added) => outer(encode(added)));
  }
}

/**
 * The text as the server meant it: it was read byte by byte, which splits raw UTF-8. Text in another charset, or with decoded
 * characters beyond one byte, stays unchanged.
 */
export function decodeOctets(text: string): string {
  if (/^[\0-\x7f]*$/.test(text) || !/^[\0-\xff]*$/.test(text)) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(text, 'latin1'));
  } catch {
    return text;
  }
}
