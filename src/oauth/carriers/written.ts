import { parseFragment } from 'parse5';
import { percentEncode } from '../percent-encode.ts';

/** One way of writing characters that have a meaning where they stand. */
export type Escaping = {
  readonly pattern: RegExp;
  decode(written: string): string;
  /** Writes a text so that `decode` gives it back; applied where the text around it is escaped in this way. */
  encode(text: string): string;
  /** Whether a text is escaped in this way even if no escape stands in it. */
  readonly always?: true;
};

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
    let text = '';
    let positions: number[] | undefined;
    let copied = 0;
    const copy = (to: number, into: number[]) => {
      for (let index = copied; index < to; index += 1) into.push(this.at(index));
      text += this.text.slice(copied, to);
    };
    for (const match of this.text.matchAll(pattern)) {
      positions ??= [];
      copy(match.index, positions);
      const decoded = decode(match[0]);
      for (let index = 0; index < decoded.length; index += 1) positions.push(this.at(match.index));
      text += decoded;
      copied = match.index + match[0].length;
    }
    const outer = this.#encode;
    if (positions === undefined) {
      if (always === undefined) return this;
      return new Written(this.text, this.#positions, this.#offset, (added) => outer(encode(added)));
    }
    copy(this.text.length, positions);
    positions.push(this.at(this.text.length));
    return new Written(text, positions, 0, (added) => outer(encode(added)));
  }
}

/** Browsers drop tabs and line ends wherever they stand in a URL (WHATWG URL 4.4). */
export const URL_SPACE: Escaping = { pattern: /[\t\r\n]+/g, decode: () => '', encode: (text) => text };

/** A URL that is a value in another one: octets, as everything here. */
export const PERCENT: Escaping = {
  pattern: /%[0-9a-f]{2}/gi,
  decode: (written) => String.fromCharCode(Number.parseInt(written.slice(1), 16)),
  encode: percentEncode,
};

const CONTROL_ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
  0: '\0',
};

/** The strings of JavaScript and JSON. */
export const SCRIPT_STRING: Escaping = {
  pattern: /\\(?:u\{[0-9a-f]{1,6}\}|u[0-9a-f]{4}|x[0-9a-f]{2}|[\s\S])/gi,
  decode(written) {
    const kind = written[1] as string;
    if (written.length > 2) return codePoint(Number.parseInt(written.replace(/[^0-9a-f]/gi, ''), 16));
    return kind === '\n' ? '' : (CONTROL_ESCAPES[kind] ?? kind);
  },
  encode: (text) =>
    text.replace(/[^A-Za-z0-9%=._~-]/g, (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    }),
};

const NAMED: Readonly<Record<string, string>> = { amp: '&', quot: '"', apos: "'", lt: '<', gt: '>' };

/** The attributes and text of HTML and XML. */
export const ENTITIES: Escaping = {
  pattern: /&(?:#x[0-9a-f]{1,6};?|#\d{1,7};?|[a-z][a-z0-9]{1,31};)/gi,
  decode(reference) {
    const body = reference.slice(1).replace(';', '');
    if (/^#x/i.test(body)) return codePoint(Number.parseInt(body.slice(2), 16));
    if (body.startsWith('#')) return codePoint(Number.parseInt(body.slice(1), 10));
    return NAMED[body] ?? namedReference(reference);
  },
  encode: (text) => text.replace(/[&"'<>]|[^\0-\xff]/gu, (character) => `&#${character.codePointAt(0)};`),
  always: true,
};

/** The same in a text that is not known to be HTML. */
export const STRAY_ENTITIES: Escaping = {
  pattern: ENTITIES.pattern,
  decode: ENTITIES.decode,
  encode: ENTITIES.encode,
};

function codePoint(value: number): string {
  return value > 0x10_ffff ? '\ufffd' : String.fromCodePoint(value);
}

function namedReference(reference: string): string {
  const [node] = parseFragment(reference).childNodes;
  return node !== undefined && 'value' in node ? node.value : reference;
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
