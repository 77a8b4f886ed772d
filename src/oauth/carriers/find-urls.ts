import type { Carrier, CarrierKind } from './carrier.ts';
import { PERCENT, SCRIPT_STRING, STRAY_ENTITIES, URL_SPACE } from './escaping.ts';
import { readQuery, readUrl, readUrlCarrier, type WrittenUrl } from './url-carrier.ts';
import type { Written } from './written.ts';

/** The position of the first well-formed flow prefix from an index on; -1 for none. */
export type FindPrefix = (text: string, from: number) => number;

export type Surroundings = {
  /** The URL of the page, or of its `<base>`. */
  readonly base: URL;
  readonly findPrefix: FindPrefix;
};

/** Text without characters that end a URL. Other spaces than these are parts of raw UTF-8. */
const DELIMITED = /[^\t\n\f\r "`<>]+/g;
/** By character code: 1 if it ends a URL. `DELIMITED` searches the buffered text before such a character. */
export const DELIMITERS = Uint8Array.from({ length: 256 }, (_, code) =>
  String.fromCharCode(code).search(DELIMITED) === -1 ? 1 : 0,
);
/** A URL may contain a single quote: the quote ends a URL only if one also begins it. */
const SINGLE_QUOTED = /'(?:[a-z][a-z0-9+.-]{0,63}:|[/?#])/i;
/** The maximum depth of escaping, and of URLs inside URLs. */
const DEPTH = 5;

/** Every URL in a text with a prefixed state in its own parameters. */
export function findUrlCarriers(
  written: Written,
  kind: CarrierKind,
  around: Surroundings,
  depth = 0,
): Carrier[] {
  const { text } = written;
  const carriers: Carrier[] = [];
  if (depth > DEPTH || around.findPrefix(text, 0) === -1) return carriers;
  for (const { 0: run, index } of text.matchAll(DELIMITED)) {
    if (around.findPrefix(run, 0) === -1) continue;
    const parts = SINGLE_QUOTED.test(run) ? run.split("'") : [run];
    let start = index;
    for (const part of parts) {
      const end = start + part.length;
      if (around.findPrefix(part, 0) !== -1) {
        carriers.push(...readRun(written.slice(start, end), kind, around, depth));
      }
      start = end + 1;
    }
  }
  return carriers;
}

/**
 * For a text that is one URL, such as an attribute: the URL itself, and those in its parameters. `isFollowed`: a browser follows it
 * by itself, so it is read with or without a prefix, because a preserved state has none.
 */
export function readWholeUrl(
  written: Written,
  kind: CarrierKind,
  around: Surroundings,
  isFollowed = false,
): Carrier[] {
  const url = readUrl(trimmed(written).decode(URL_SPACE), around);
  const own = isFollowed || holdsState(url, around) ? readUrlCarrier(url, kind) : undefined;
  const inside = carriersInside(url, around, 0);
  return own === undefined ? inside : [own, ...inside];
}

/** A query without a place as a carrier; it must contain a code, because pages of the server itself have such states. */
export function readQueryCarrier(written: Written, around: Surroundings): Carrier | undefined {
  if (/[?#][^?#]*[?#]|^[^=&]*[:/?#]/.test(written.text.slice(1))) return undefined;
  const url = readQuery(written);
  const carrier = holdsState(url, around) ? readUrlCarrier(url, 'pair') : undefined;
  return carrier?.codes.length === 0 && !carrier.hasIdToken ? undefined : carrier;
}

/** The carriers in the parameters of a URL; not in its state, which is the client's own text. */
function carriersInside({ parameters, written }: WrittenUrl, around: Surroundings, depth: number): Carrier[] {
  return parameters.flatMap(({ name, valueStart, end }) => {
    const value = written.slice(valueStart, end);
    if (name === 'state' || around.findPrefix(value.text, 0) === -1) return [];
    return findUrlCarriers(value.decode(PERCENT), 'url', around, depth + 1);
  });
}

/** Trims control characters and spaces, as browsers do for a URL. */
function trimmed(written: Written): Written {
  const { text } = written;
  let start = 0;
  let end = text.length;
  while (start < end && (text[start] as string) <= ' ') start += 1;
  while (end > start && (text[end - 1] as string) <= ' ') end -= 1;
  return written.slice(start, end);
}

/** A piece of text without a delimiter and with a prefix. */
function readRun(run: Written, kind: CarrierKind, around: Surroundings, depth: number): Carrier[] {
  if (run.text.includes('\\')) {
    const read = run.decode(SCRIPT_STRING);
    if (/[\t\n\f\r "'`<>]/.test(read.text)) return findUrlCarriers(read, kind, around, depth + 1);
    run = read;
  }
  const url = readUrl(run.slice(urlStart(run.text)), around);
  const own = holdsState(url, around) ? readUrlCarrier(url, kind) : undefined;
  const inside = carriersInside(url, around, depth);
  if (own !== undefined) return [own, ...inside];
  if (inside.length > 0 || depth >= DEPTH) return inside;
  // Unreadable as it is: escaped as a whole, or as HTML.
  const unescaped = run.decode(STRAY_ENTITIES);
  const read = unescaped === run && url.parameters.length === 0 ? run.decode(PERCENT) : unescaped;
  return read === run ? [] : findUrlCarriers(read, kind, around, depth + 1);
}

function holdsState({ parameters }: WrittenUrl, { findPrefix }: Surroundings): boolean {
  return parameters.some(({ name, value }) => name === 'state' && findPrefix(value, 0) === 0);
}

/** The beginning of the URL in a run such as `url=https://…` or `location=/cb?…`. */
function urlStart(text: string): number {
  const mark = text.search(/[?#]/);
  const place = mark === -1 ? text : text.slice(0, mark);
  let first: number | undefined;
  for (let colon = place.indexOf(':'); colon !== -1; colon = place.indexOf(':', colon + 1)) {
    const start = schemeStart(place, colon);
    if (start === undefined) continue;
    first ??= start;
    if (place.startsWith('//', colon + 1)) return start;
  }
  return first ?? Math.max(place.lastIndexOf('='), place.lastIndexOf('('), place.lastIndexOf(',')) + 1;
}

/** The first character of the scheme that ends at this colon (RFC 3986 3.1). */
function schemeStart(text: string, colon: number): number | undefined {
  let start = colon;
  while (start > 0 && /[A-Za-z0-9+.-]/.test(text[start - 1] as string)) start -= 1;
  while (start < colon && !/[A-Za-z]/.test(text[start] as string)) start += 1;
  return start < colon ? start : undefined;
}
