import type { IncomingMessage } from 'node:http';
import { decodeLenientBody, readLenientText } from './lenient-text.ts';

/** Selects one of several values of a name. */
export type Duplicates = 'first' | 'last' | 'joined';

type Entry = readonly [name: string, value: string];

/** All parameters of a request, from any place and in any notation. */
export class LenientParameters {
  readonly #entries: readonly Entry[];
  readonly #duplicates: Duplicates;

  constructor(entries: readonly Entry[], duplicates: Duplicates) {
    this.#entries = entries.map(([name, value]) => [lenientName(name), lenientValue(value)]);
    this.#duplicates = duplicates;
  }

  /** An empty value counts as none. */
  get(name: string): string | undefined {
    const values = this.#entries.filter((entry) => entry[0] === name).map((entry) => entry[1]);
    if (this.#duplicates === 'joined') return values.join(',') || undefined;
    return values.at(this.#duplicates === 'first' ? 0 : -1) || undefined;
  }

  /** Each value of a name if values are joined; else the selected one. */
  candidates(name: string): readonly string[] {
    const value = this.get(name);
    if (value === undefined || this.#duplicates !== 'joined') return value === undefined ? [] : [value];
    return this.#entries.filter((entry) => entry[0] === name).map((entry) => entry[1]);
  }

  /** Every value of every parameter. */
  get values(): readonly string[] {
    return this.#entries.map(([, value]) => value);
  }
}

/** The entries of a query, of a body in any form, and of cookies, as in PHP's `$_REQUEST`. */
export function readLenientEntries(request: IncomingMessage, query: string, raw: Buffer): Entry[] {
  const { 'content-type': type = '', 'content-encoding': encoding, cookie = '' } = request.headers;
  const text = readLenientText(decodeLenientBody(raw, encoding), type);
  return [...readPairs(query), ...readBody(text, type), ...readPairs(cookie)];
}

function readBody(text: string, type: string): Entry[] {
  if (/^\s*[[{"]/.test(text)) return [...readPairs(text), ...readJson(text)];
  const boundary = /boundary="?([^";,]+)/i.exec(type)?.[1];
  return boundary === undefined ? readPairs(text) : readParts(text, boundary);
}

export function readPairs(text: string): Entry[] {
  return text.split(/[&;]/).flatMap((pair): Entry[] => {
    const [name = '', ...value] = pair.split('=');
    return pair === '' ? [] : [[unescapePair(name), unescapePair(value.join('='))]];
  });
}

function unescapePair(text: string): string {
  return text
    .replaceAll('+', ' ')
    .replace(/%(?:u00)?([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function readJson(text: string): Entry[] {
  try {
    return [...leavesOf('', JSON.parse(text))];
  } catch {
    return [];
  }
}

function* leavesOf(name: string, value: unknown): Generator<Entry> {
  if (typeof value !== 'object' || value === null) yield [name, String(value)];
  else for (const [key, item] of Object.entries(value)) yield* leavesOf(/^\d+$/.test(key) ? name : key, item);
}

function readParts(text: string, boundary: string): Entry[] {
  return text.split(`--${boundary}`).flatMap((part): Entry[] => {
    const [head = '', ...body] = part.replace(/\r?\n/g, '\n').split('\n\n');
    const name = /\bname\*?="?(?:utf-8'')?([^";\n]*)/i.exec(head)?.[1];
    const value = body.join('\n\n').replace(/\n$/, '');
    return name === undefined ? [] : [[unescapePair(name), transferred(value, head)]];
  });
}

/** RFC 2045 6: some multipart parsers also parse mail. */
function transferred(value: string, head: string): string {
  const coding = /content-transfer-encoding:\s*([\w-]+)/i.exec(head)?.[1]?.toLowerCase();
  if (coding === 'base64') return Buffer.from(value, 'base64').toString('latin1');
  if (coding !== 'quoted-printable') return value;
  return value
    .replaceAll('=\n', '')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** C ends a name at NUL; PHP makes dots, spaces and open brackets `_`; Rack and qs drop brackets; ASP.NET folds case. */
function lenientName(name: string): string {
  const [text = ''] = name.split('\0', 1);
  const folded = text.trim().toLowerCase();
  return folded.replace(/^\[+|\[[^\]]*\]$|\]+$/g, '').replace(/[ .[]/g, '_');
}

function lenientValue(value: string): string {
  return value.split('\0', 1)[0]?.trim() ?? '';
}
