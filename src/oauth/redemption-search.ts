import { holdsGatewayCode } from './gateway-code.ts';

/** How parameters stand in a body. Some servers know JSON by its first character, so that a form is searched for it too. */
export type SearchedFormat = 'form' | 'multipart' | 'json';

/**
 * In which ways a server might read a token request in a body of this Content-Type; none: it is not searched. Some servers
 * look for a type anywhere in the header (Perl's HTTP::Body), some take a body without one for a form (Rack), and JSON goes
 * by many names (Rails).
 */
export function searchedFormats(contentType = ''): readonly SearchedFormat[] {
  const type = contentType.toLowerCase();
  const formats: SearchedFormat[] = [];
  if (type.includes('urlencoded') || /^\s*(?:$|[;,]|text\/plain)/.test(type)) formats.push('form');
  if (type.includes('multipart')) formats.push('multipart');
  if (type.includes('json')) formats.push('json');
  return formats;
}

// Each begins at a separator that no other part of it matches, so that no text is gone through twice.
const FORM_NAME =
  /(?:^|[&;?\n])(?:\xef\xbb\xbf)?[\t\v\f\r +[]*(code|grant[_.\s+[]type)(?:[\s+[\]\0][^&;=]{0,40})?=/g;
const MULTIPART_NAME = /name\*?=(?:utf-8'')?"?[\s[]*(code|grant_type)[\s[\]]*(?=["\r\n;]|$)/g;
const JSON_NAME = /"[\s[]*(code|grant_type)[\s[\]]*"\s*:/g;
const NAMES: Readonly<Record<SearchedFormat, readonly RegExp[]>> = {
  form: [FORM_NAME, JSON_NAME],
  multipart: [MULTIPART_NAME],
  json: [JSON_NAME],
};

/** Characters that are kept of a piece for the next one: a name with what stands around it, or a code. */
const CARRY = 96;

/**
 * Looks for a redemption in a query, or in a body as it streams by: a `code` beside a `grant_type`, or a code of the gateway's
 * own. Names are read as lenient servers do: whatever their case, in brackets, percent-encoded or escaped.
 */
export class RedemptionSearch {
  readonly #patterns: readonly RegExp[];
  readonly #seen = new Set<string>();
  #carry = '';
  #started = false;

  /** `query`: of the same request; one of the two names may stand there. */
  constructor(formats: readonly SearchedFormat[], query = '') {
    this.#patterns = formats.flatMap((format) => NAMES[format]);
    this.#search(`&${query}`, [FORM_NAME]);
  }

  get found(): boolean {
    return this.#seen.has('gateway code') || (this.#seen.has('code') && this.#seen.has('grant_type'));
  }

  /** Takes the next piece; says whether a redemption is found by now. `piece`: octets as UTF-16 code units below 256. */
  read(piece: string): boolean {
    if (this.found) return true;
    // What is ASCII in UTF-16 is ASCII between NULs.
    const ascii = piece.includes('\0') ? piece.replaceAll('\0', '') : piece;
    // Only the very beginning of a body stands behind nothing.
    const text = this.#search((this.#started ? this.#carry : '&') + ascii, this.#patterns);
    this.#started = true;
    this.#carry = `\u0000${text.slice(-CARRY)}`;
    return this.found;
  }

  #search(raw: string, patterns: readonly RegExp[]): string {
    const text = decodeEscapes(raw).toLowerCase();
    for (const pattern of patterns) {
      for (const [, name] of text.matchAll(pattern)) this.#seen.add(name === 'code' ? name : 'grant_type');
    }
    if (holdsGatewayCode(text)) this.#seen.add('gateway code');
    return text;
  }
}

/** Whether a query would redeem a code on a server that takes token requests at other paths, or by GET. */
export function redeemsInQuery(query: string | undefined): boolean {
  return query !== undefined && new RedemptionSearch([], query).found;
}

function decodeEscapes(text: string): string {
  if (!text.includes('%') && !text.includes('\\u')) return text;
  return text.replace(
    /%([0-7][0-9a-f])|[\\%]u00([0-7][0-9a-f])/gi,
    (_, percent: string | undefined, unicode: string) =>
      String.fromCharCode(Number.parseInt(percent ?? unicode, 16)),
  );
}
