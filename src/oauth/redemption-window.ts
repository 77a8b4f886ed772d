import { mayName, namesCoding, namesValue } from './redemption-marks.ts';

/**
 * The name and the value that redeem a code, close enough together to be one parameter: of a query or form
 * (`name=value`), of JSON (`"name": "value"`), or of a multipart part, whose name may be followed by further headers.
 * `grant_types` is client registration, no grant. Every repetition is bounded: `SPAN` must hold the longest match.
 *
 * Each pattern looks for the end of a match first, and back from there: what has been searched is not searched again, and
 * names without a value cost nothing.
 */
const REDEMPTION =
  /authorization_code(?<=grant[_. +[]type(?:\0[^=&]{0,200}?)?(?:\[\w{0,20}\])?["'\])\s+]{0,40}(?:[=:]["'\s[+]{0,40}|(?:;[^\n]{0,300})?(?:\n[^\n]{1,300}){0,6}\n\n)authorization_code)/gi;

/** A part that is so named, its value in base64 (RFC 2045 6): no browser sends any, so that the value need not be looked at. */
const CODED_PART =
  /transfer-encoding: ?base64(?<=grant[_. +[]type["']?(?:;[^\n]{0,300})?(?:\n[^\n]{1,300}){0,6}\ncontent-transfer-encoding: ?base64)/gi;
/** The same, the headers the other way round. */
const PART_CODED_BEFORE =
  /grant[_. +[]type[^s](?<=content-transfer-encoding: ?base64(?:\n[^\n]{1,300}){0,6}\n[^\n]{0,300}name\*?=[^\n;]{0,20}grant[_. +[]type[^s])/gi;

/** Characters that a match spans at most. */
export const SPAN = 4096;

/** Characters of the longest end of a match: `transfer-encoding: base64`. */
export const END_LENGTH = 25;

/** The end of a text that comes in pieces, as far back as a match may begin in. */
export class RedemptionWindow {
  #text = '';
  #end = '';
  /** Characters until no match can reach back to where a coding was named. */
  #codingLeft = 0;

  get text(): string {
    return this.#text;
  }

  /** Whether a match ends in a new piece, or in what the piece is followed by for the time being. */
  finds(piece: string, following = ''): boolean {
    const found = this.#endsIn(this.#text + piece, this.#end + piece);
    this.#text = keepEnd(this.#text, piece);
    this.#end = keepEnd(this.#end, piece, END_LENGTH - 1);
    this.#codingLeft -= piece.length;
    return found || (following !== '' && this.#endsIn(this.#text + following, this.#end + following));
  }

  /** Whether a match ends in a text. `fresh`: its end, within which the match may end. */
  #endsIn(text: string, fresh: string): boolean {
    const codes = namesCoding(fresh);
    if (codes) this.#codingLeft = SPAN + fresh.length;
    const from = text.length - fresh.length;
    if (namesValue(fresh) && matches(REDEMPTION, text, from)) return true;
    const mayBeCoded = codes || (this.#codingLeft > 0 && mayName(fresh));
    return mayBeCoded && (matches(CODED_PART, text, from) || matches(PART_CODED_BEFORE, text, from));
  }
}

/** `from`: where the end of a match may begin. */
function matches(pattern: RegExp, text: string, from: number): boolean {
  pattern.lastIndex = from;
  return pattern.test(text);
}

/** The end of a text and a piece behind it: at least so many characters, and at most twice as many. */
export function keepEnd(text: string, piece: string, length = SPAN): string {
  if (piece.length >= length) return piece.slice(-length);
  const joined = text + piece;
  return joined.length > 2 * length ? joined.slice(-length) : joined;
}
