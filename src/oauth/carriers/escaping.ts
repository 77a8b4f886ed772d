import { parseFragment } from 'parse5';
import { percentEncode } from '../percent-encode.ts';

/** One way of escaping characters with a special meaning. */
export type Escaping = {
  readonly pattern: RegExp;
  decode(written: string): string;
  /** Inverts `decode`; used if the surrounding text is escaped in this way. */
  encode(text: string): string;
  /** Whether a text counts as escaped in this way even without an escape in it. */
  readonly always?: boolean;
};

/** Browsers drop tabs and line ends anywhere in a URL (WHATWG URL 4.4). */
export const URL_SPACE: Escaping = { pattern: /[\t\r\n]+/g, decode: () => '', encode: (text) => text };

/** A URL as a value in another URL: bytes, as everywhere in this folder. */
export const PERCENT: Escaping = {
  pattern: /%[0-9a-f]{2}/gi,
  decode: (written) => String.fromCharCode(Number.parseInt(written.slice(1), 16)),
  encode: percentEncode,
};

const CONTROL_ESCAPES: ReadonlyMap<string, string> = new Map(
  Object.entries({ n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', 0: '\0' }),
);

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

// A map, because every plain object has a member `constructor`, and `&constructor;` is not a reference.
const NAMED: ReadonlyMap<string, string> = new Map(
  Object.entries({ amp: '&', quot: '"', apos: "'", lt: '<', gt: '>' }),
);

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

/** The same in text that may not be HTML. */
export const STRAY_ENTITIES: Escaping = { ...ENTITIES, always: false };

function codePoint(value: number): string {
  return value > 0x10_ffff ? '\ufffd' : String.fromCodePoint(value);
}

function namedReference(reference: string): string {
  const [node] = parseFragment(reference).childNodes;
  return node !== undefined && 'value' in node ? node.value : reference;
}
