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

/** Browsers drop tabs and line ends wherever they stand in a URL (WHATWG URL 4.4). */
export const URL_SPACE: Escaping = { pattern: /[\t\r\n]+/g, decode: () => '', encode: (text) => text };

/** A URL that is a value in another one: octets, as everything here. */
export const PERCENT: Escaping = {
  pattern: /%[0-9a-f]{2}/gi,
  decode: (written) => String.fromCharCode(Number.parseInt(written.slice(1), 16)),
  encode: percentEncode,
};

const CONTROL_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
  ['0', '\0'],
]);

/** The strings of JavaScript and JSON. */
export const SCRIPT_STRING: Escaping = {
  pattern: /\\(?:u\{[0-9a-f]{1,6}\}|u[0-9a-f]{4}|x[0-9a-f]{2}|[\s\S])/gi,
  decode(written) {
    const kind = written[1] as string;
    if (written.length > 2) return codePoint(Number.parseInt(written.replace(/[^0-9a-f]/gi, ''), 16));
    return kind === '\n' ? '' : (CONTROL_ESCAPES.get(kind) ?? kind);
  },
  encode: (text) =>
    text.replace(/[^A-Za-z0-9%=._~-]/g, (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    }),
};

// A map: `&constructor;` is no reference, but a member of every plain object.
const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
  ['lt', '<'],
  ['gt', '>'],
]);

/** The attributes and text of HTML and XML. */
export const ENTITIES: Escaping = {
  pattern: /&(?:#x[0-9a-f]{1,6};?|#\d{1,7};?|[a-z][a-z0-9]{1,31};)/gi,
  decode(reference) {
    const body = reference.slice(1).replace(';', '');
    if (/^#x/i.test(body)) return codePoint(Number.parseInt(body.slice(2), 16));
    if (body.startsWith('#')) return codePoint(Number.parseInt(body.slice(1), 10));
    return NAMED.get(body) ?? namedReference(reference);
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
