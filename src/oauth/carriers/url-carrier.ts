import { decodeOctets } from '../octets.ts';
import { percentEncode } from '../percent-encode.ts';
import { isAnswerName, readAnswer } from './answer.ts';
import type { Carrier, CarrierKind, Changes, Edit } from './carrier.ts';
import type { Written } from './written.ts';

type Part = 'query' | 'fragment';

/** One parameter of a URL, as ranges of its decoded text. */
export type UrlParameter = {
  readonly name: string;
  /** Decoded. */
  readonly value: string;
  readonly part: Part;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
};

/** A URL that may carry an authorization response. */
export class WrittenUrl {
  readonly written: Written;
  readonly parameters: readonly UrlParameter[];
  readonly #page: { readonly base: URL } | undefined;

  /** `page`: where a relative URL stands; `undefined`: only the query is known, and no target. */
  constructor(
    written: Written,
    parameters: readonly UrlParameter[],
    page: { readonly base: URL } | undefined,
  ) {
    this.written = written;
    this.parameters = parameters;
    this.#page = page;
  }

  /** Parsed when it is needed: most texts that look like a URL carry nothing. */
  get target(): URL | undefined {
    return this.#page && parseTarget(decodeOctets(this.written.text), this.#page);
  }
}

export function readUrl(written: Written, page: { readonly base: URL }): WrittenUrl {
  const { text } = written;
  const hash = indexOrEnd(text, '#', 0, text.length);
  const question = indexOrEnd(text, '?', 0, hash);
  const parameters = [
    ...parametersOf(text, 'query', question + 1, hash),
    // `#?code=`, and pages with routes in the fragment (`#/cb?code=`).
    ...parametersOf(text, 'fragment', skipRoute(text, hash + 1), text.length),
  ];
  return new WrittenUrl(written, parameters, page);
}

/** The query of a URL whose place is elsewhere, such as in a script that joins both. */
export function readQuery(written: Written): WrittenUrl {
  const { text } = written;
  const start = /^[?#&]/.test(text) ? 1 : 0;
  return new WrittenUrl(written, [...parametersOf(text, 'query', start, text.length)], undefined);
}

/** A URL with a scheme and an authority is absolute: the base need not be parsed. */
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\//i;

function parseTarget(text: string, page: { readonly base: URL }): URL | undefined {
  return (ABSOLUTE.test(text) ? URL.parse(text) : URL.parse(text, page.base.href)) ?? undefined;
}

/** A URL as a carrier; `undefined` if it has no parameter of a response. */
export function readUrlCarrier(url: WrittenUrl, kind: CarrierKind): Carrier | undefined {
  const { parameters, target } = url;
  if (!parameters.some(({ name }) => name === 'state' || isAnswerName(name))) return undefined;
  const answer = readAnswer(parameters.map(({ name, value }) => [name, value] as const));
  // Servers append `#_` or `#` to a query, so that the browser inherits no older fragment (RFC 9700 4.1.1).
  const inFragment = parameters.some(({ name, part }) => part === 'fragment' && isAnswerName(name));
  return {
    ...answer,
    kind,
    target,
    places: target === undefined ? [] : [target],
    part: inFragment ? 'fragment' : 'query',
    edits: (changes) => editsOf(url, inFragment ? 'fragment' : 'query', changes),
  };
}

function editsOf({ written, parameters }: WrittenUrl, part: Part, changes: Changes): Edit[] {
  const { prefix, hadState, iss } = changes;
  const edits: Edit[] = [];
  const goes = (parameter: UrlParameter) =>
    !hadState && prefix !== undefined && parameter.name === 'state' && parameter.value.startsWith(prefix);
  for (const side of ['query', 'fragment'] as const) {
    const own = parameters.filter((parameter) => parameter.part === side);
    const kept = own.filter((parameter) => !goes(parameter));
    const adds = iss !== undefined && side === part && !parameters.some(({ name }) => name === 'iss');
    const [first] = own;
    const last = own.at(-1);
    if (first === undefined || last === undefined) continue;
    if (kept.length === 0 && !adds) {
      // Includes the `?` or `#`, because nothing remains after it.
      edits.push({ start: written.at(first.start - 1), end: written.at(last.end), text: '' });
      continue;
    }
    let follows = false;
    own.forEach((parameter, index) => {
      if (goes(parameter)) {
        // With a separator: the one before it, if a remaining parameter precedes that.
        const { start, end } = parameter;
        const to = follows ? end : (own[index + 1]?.start ?? end);
        edits.push({ start: written.at(follows ? start - 1 : start), end: written.at(to), text: '' });
      } else {
        follows = true;
        edits.push(...valueEdits(written, parameter, changes));
      }
    });
    if (!adds) continue;
    // If nothing remains before it, the mark of the query or fragment is its separator.
    const separator = kept.length > 0 ? '&' : '';
    const end = written.at(last.end);
    edits.push({ start: end, end, text: written.encode(`${separator}iss=${percentEncode(iss)}`) });
  }
  return edits;
}

function valueEdits(written: Written, parameter: UrlParameter, { prefix, code }: Changes): Edit[] {
  const { name, value, valueStart, end } = parameter;
  const start = written.at(valueStart);
  if (name === 'code' && code !== undefined && value !== '')
    return [{ start, end: written.at(end), text: code }];
  if (name !== 'state' || prefix === undefined || !value.startsWith(prefix)) return [];
  // The prefix has unreserved characters, so it is usually not escaped, and then the rest stays as written.
  if (written.text.startsWith(prefix, valueStart)) {
    return [{ start, end: written.at(valueStart + prefix.length), text: '' }];
  }
  const rest = percentEncode(value.slice(prefix.length));
  return [{ start, end: written.at(end), text: written.encode(rest) }];
}

function* parametersOf(text: string, part: Part, from: number, to: number): Generator<UrlParameter> {
  for (let start = from, end: number; start < to; start = end + 1) {
    end = indexOrEnd(text, '&', start, to);
    if (end === start) continue;
    const equals = indexOrEnd(text, '=', start, end);
    const valueStart = Math.min(equals + 1, end);
    const name = decodeParameter(text.slice(start, equals));
    yield { name, value: decodeParameter(text.slice(valueStart, end)), part, start, valueStart, end };
  }
}

function skipRoute(text: string, from: number): number {
  const question = text.indexOf('?', from);
  if (question === -1) return from;
  const first = text.slice(from, question);
  return first.includes('=') || first.includes('&') ? from : question + 1;
}

function indexOrEnd(text: string, character: string, from: number, end: number): number {
  const index = text.slice(from, end).indexOf(character);
  return index === -1 ? end : from + index;
}

/** A name or value as the recipient of the URL reads it (WHATWG URL 5.1): broken escapes are replaced. */
function decodeParameter(text: string): string {
  const octets = decodeOctets(text);
  if (!/[%+]/.test(octets)) return octets;
  return new URLSearchParams(`v=${octets}`).get('v') ?? '';
}
