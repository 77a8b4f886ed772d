import { parseFragment } from 'parse5';
import { percentEncode } from '../percent-encode.ts';

/** One way of escaping characters with a special meaning. */
export type Escaping = {
  readonly pattern: RegExp;
  /** Decodes all matches of a text together. */
  decode(written: readonly string[]): readonly string[];
  /** Inverts `decode`; used if the surrounding text is escaped in this way. */
  encode(text: string): string;
  /** Whether a text counts as escaped in this way even without an escape in it. */
  readonly always?: boolean;
};

/** Browsers drop tabs and line ends anywhere in a URL (WHATWG URL 4.4). */
export const URL_SPACE: Escaping = {
  pattern: /[\t\r\n]+/g,
  decode: (written) => written.map(() => ''),
  encode: (text) => text,
};

/** A URL as a value in another URL: bytes, as everywhere in this folder. */
export const PERCENT: Escaping = {
  pattern: /%[0-9a-f]{2}/gi,
  decode: (written) => written.map((octet) => String.fromCharCode(Number.parseInt(octet.slice(1), 16))),
  encode: percentEncode,
};

const CONTROL_ESCAPES: ReadonlyMap<string, string> = new Map(
  Object.entries({ n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', 0: '\0' }),
);

/** The strings of JavaScript and JSON. */
export const SCRIPT_STRING: Escaping = {
  pattern: /\\(?:u\{[0-9a-f]{1,6}\}|u[0-9a-f]{4}|x[0-9a-f]{2}|[\s\S])/gi,
  decode: (written) => written.map(unescapeScript),
  encode: (text) =>
    text.replace(/[^A-Za-z0-9%=._~-]/g, (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    }),
};

function unescapeScript(written: string): string {
  const kind = written[1] as string;
  if (written.length > 2) return codePoint(Number.parseInt(written.replace(/[^0-9a-f]/gi, ''), 16));
  return kind === '\n' ? '' : (CONTROL_ESCAPES.get(kind) ?? kind);
}

// A map, because every plain object has a member `constructor`, and `&constructor;` is not a reference.
const NAMED: ReadonlyMap<string, string> = new Map(
  Object.entries({ amp: '&', quot: '"', apos: "'", lt: '<', gt: '>' }),
);

/** The attributes and text of HTML and XML. */
export const ENTITIES: Escaping = {
  pattern: /&(?:#x[0-9a-f]{1,6};?|#\d{1,7};?|[a-z][a-z0-9]{1,31};)/gi,
  decode(references) {
    const read = references.map(readReference);
    const unread = references.filter((_, index) => read[index] === undefined);
    const named = unread.length === 0 ? undefined : readNamed(new Set(unread));
    return references.map((reference, index) => read[index] ?? named?.get(reference) ?? reference);
  },
  encode: (text) => text.replace(/[&"'<>]|[^\0-\xff]/gu, (character) => `&#${character.codePointAt(0)};`),
  always: true,
};

/** The same in text that may not be HTML. */
export const STRAY_ENTITIES: Escaping = { ...ENTITIES, always: false };

function codePoint(value: number): string {
  return value > 0x10_ffff ? '\ufffd' : String.fromCodePoint(value);
}

/** `undefined`: one of the many named references, which only a parser knows. */
function readReference(reference: string): string | undefined {
  const body = reference.slice(1).replace(';', '');
  if (/^#x/i.test(body)) return codePoint(Number.parseInt(body.slice(2), 16));
  if (body.startsWith('#')) return codePoint(Number.parseInt(body.slice(1), 10));
  return NAMED.get(body);
}

/** The most different ones of a text: a page may repeat thousands that somebody made up. */
const MOST_NAMED = 500;

/** Parsed together, which is faster. None of them stands for a space. */
function readNamed(references: ReadonlySet<string>): ReadonlyMap<string, string> | undefined {
  if (references.size > MOST_NAMED) return undefined;
  const [node] = parseFragment([...references].join(' ')).childNodes;
  const read = node !== undefined && 'value' in node ? node.value.split(' ') : [];
  return new Map([...references].map((reference, index) => [reference, read[index] ?? reference]));
}
