import type { Escaping } from './escaping.ts';

/** A text together with where each of its characters stands in its source, in which they may be escaped, more than once. */
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

  /** `offset`: where it stands in the source. */
  static plain(text: string, offset = 0): Written {
    return new Written(text, undefined, offset, (added) => added);
  }

  /** Where in the source the character at this index begins; at the text's length, where it ends. */
  at(index: number): number {
    if (this.#positions === undefined) return this.#offset + index;
    return (this.#positions[index] as number) + this.#offset;
  }

  /** A text as it must be written to stand here. */
  encode(text: string): string {
    return this.#encode(text);
  }

  slice(start: number, end = this.text.length): Written {
    const text = this.text.slice(start, end);
    if (this.#positions === undefined)
      return new Written(text, undefined, this.#offset + start, this.#encode);
    return new Written(text, this.#positions.slice(start, end + 1), this.#offset, this.#encode);
  }

  /** The same in a source that has so many more characters in front. */
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
 * A text as its server meant it: it was read octet by octet, so that raw UTF-8 came apart. A text of another charset, or with
 * decoded characters beyond one octet, stays as it is.
 */
export function decodeOctets(text: string): string {
  if (/^[\0-\x7f]*$/.test(text) || !/^[\0-\xff]*$/.test(text)) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(text, 'latin1'));
  } catch {
    return text;
  }
}
