import { holdsGatewayCode } from './gateway-code.ts';

/** The format of parameters in a body. Some servers recognise JSON by its first character, so forms are searched for JSON too. */
export type SearchedFormat = 'form' | 'multipart' | 'json';

/**
 * The formats in which a server might read a token request with this Content-Type; none: the body is not searched. Some servers
 * look for a type anywhere in the header (Perl's HTTP::Body), some read a body without one as a form (Rack), and JSON has many
 * names (Rails).
 */
export function searchedFormats(contentType = ''): readonly SearchedFormat[] {
  const type = contentType.toLowerCase();
  const formats: SearchedFormat[] = [];
  if (type.includes('urlencoded') || /^\s*(?:$|[;,]|text\/plain)/.test(type)) formats.push('form');
  if (type.includes('multipart')) formats.push('multipart');
  if (type.includes('json')) formats.push('json');
  return formats;
}

// Each begins with a separator that no other part of it matches, so that no text is scanned twice. PHP ends a name at a NUL.
const FORM_NAME =
  /(?:^|[&;?\n])(?:\xef\xbb\xbf)?[\t\v\f\r +[]*(code|grant[_.\s+[]type)(?:[\s+[\]]+[^&;=]{0,40})?[=\0]/g;
// Any character of a quoted name may be escaped (RFC 9110 5.6.4).
const MULTIPART_NAME =
  /name\s*(?:\*\s*)?=[\s[]*(?:(?:utf-8|iso-8859-1|us-ascii)'(?:[a-z]{2}(?:-[a-z]{2})?)?')?(?:"[\s[]*)?(\\?c\\?o\\?d\\?e|\\?g\\?r\\?a\\?n\\?t\\?_\\?t\\?y\\?p\\?e)[\s[\]]*(?=["\r\n;\0]|$)/g;
const JSON_NAME = /"[\s[]*(code|grant_type)[\s[\]]*"\s*:/g;
const NAMES: Readonly<Record<SearchedFormat, readonly RegExp[]>> = {
  form: [FORM_NAME, JSON_NAME],
  multipart: [MULTIPART_NAME],
  json: [JSON_NAME],
};

/** Characters of a piece that are kept for the next one: a name with its surroundings, or a code. */
const CARRY = 96;

/**
 * Searches a query, or a streaming body, for a redemption: a `code` beside a `grant_type`, or a gateway code. Names are read as
 * lenient servers do: in any case, in brackets, percent-encoded or escaped.
 */
export class RedemptionSearch {
  readonly #patterns: readonly RegExp[];
  readonly #seen = new Set<string>();
  #carry = '';
  #started = false;

  /** `query`: that of the same request, which may contain one of the two names. */
  constructor(formats: readonly SearchedFormat[], query = '') {
    this.#patterns = formats.flatMap((format) => NAMES[format]);
    this.#search(`&${query}`, [FORM_NAME]);
  }

  get found(): boolean {
    return this.#seen.has('gateway code') || (this.#seen.has('code') && this.#seen.has('grant_type'));
  }

  /** Reads the next piece; returns whether a redemption was found so far. `piece`: bytes as UTF-16 code units below 256. */
  read(piece: string): boolean {
    if (this.found) return true;
    // ASCII in UTF-16 is ASCII between NULs.
    const ascii = piece.includes('\0') ? piece.replaceAll('\0', '') : piece;
    // The beginning of a body counts like the text after a separator.
    const text = this.#search((this.#started ? this.#carry : '&') + ascii, this.#patterns);
    this.#started = true;
    this.#carry = `\u0000${endOf(text)}`;
    return this.found;
  }

  #search(raw: string, patterns: readonly RegExp[]): string {
    const text = decodeEscapes(raw).toLowerCase();
    for (const pattern of patterns) {
      for (const [, name] of text.matchAll(pattern)) {
        this.#seen.add(name?.replaceAll('\\', '') === 'code' ? 'code' : 'grant_type');
      }
    }
    if (holdsGatewayCode(text)) this.#seen.add('gateway code');
    return text;
  }
}

/** The last characters, with one blank or bracket for any number of them: so many may stand around a name. */
function endOf(text: string): string {
  let end = '';
  for (let at = text.length; at > 0 && end.length < CARRY; ) {
    let start = at;
    while (start > 0 && BLANKS.includes(text.charAt(start - 1))) start -= 1;
    if (start === at) start -= 1;
    // A line end separates names, as no other of them does.
    end = (text.slice(start, at).includes('\n') ? '\n' : text.charAt(start)) + end;
    at = start;
  }
  return end;
}

const BLANKS = ' \t\v\f\r\n+[]';

/** Whether a query would redeem a code at a server that accepts token requests at other paths, or by GET. */
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
