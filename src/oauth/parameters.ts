import { canonicalName, isLookalike, isProtocolParameter, mayRepeat, needsValue } from './parameter-names.ts';

/** Why a list of parameters cannot be read in one way only. */
export type ParameterProblem = 'parameter_malformed' | 'parameter_repeated';

/** What a text in application/x-www-form-urlencoded says, in order, and what is wrong with it. */
export type ParsedParameters = {
  readonly parameters: Parameters;
  readonly problem: ParameterProblem | undefined;
  /** Whether serialising gives the same meaning back: false where a name or value could not be decoded. */
  readonly lossless: boolean;
  /** Whether there may be a parameter in it that decides something, to a server that decodes what cannot be, drops control characters, or splits at `;`. */
  readonly hidden: boolean;
};

/** An ordered list of decoded parameters. Immutable. */
export class Parameters {
  readonly entries: readonly (readonly [name: string, value: string])[];

  constructor(entries: readonly (readonly [string, string])[]) {
    this.entries = entries;
  }

  /** The first value of a name. */
  get(name: string): string | undefined {
    for (const entry of this.entries) if (entry[0] === name) return entry[1];
    return undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Every value of a name, in order. */
  all(name: string): string[] {
    return this.entries.filter((entry) => entry[0] === name).map((entry) => entry[1]);
  }

  /** With the first value of a name replaced, or added at the end. */
  with(name: string, value: string): Parameters {
    const at = this.entries.findIndex((entry) => entry[0] === name);
    return new Parameters(
      at === -1 ? [...this.entries, [name, value]] : this.entries.with(at, [name, value]),
    );
  }

  without(...names: string[]): Parameters {
    return new Parameters(this.entries.filter((entry) => !names.includes(entry[0])));
  }

  /** One form only: every octet but unreserved ones percent-encoded, a space as `%20`. */
  serialize(): string {
    let text = '';
    for (const [name, value] of this.entries) {
      text += `${text === '' ? '' : '&'}${encode(name)}=${encode(value)}`;
    }
    return text;
  }
}

// No control characters and no octet beyond ASCII: all that a well-behaved client sends.
const PLAIN = /^[\x20-\x7e]*$/;
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * Reads application/x-www-form-urlencoded (WHATWG URL section 5) strictly: `&` alone separates, names and values are
 * UTF-8, nothing is trimmed. `text` holds octets as UTF-16 code units below 256 (a request target or a latin1 body).
 */
export function parseParameters(text: string): ParsedParameters {
  const entries: [string, string][] = [];
  const seen = new Set<string>();
  let problem: ParameterProblem | undefined;
  let lossless = true;
  let hidden = false;
  if (text !== '') {
    for (const segment of text.split('&')) {
      if (segment === '') continue;
      if (segment.includes(';')) hidden ||= hidesParameter(segment);
      const equals = segment.indexOf('=');
      const name = decode(equals === -1 ? segment : segment.slice(0, equals));
      const value = decode(equals === -1 ? '' : segment.slice(equals + 1));
      if (name === undefined || value === undefined) {
        problem = 'parameter_malformed';
        lossless = false;
        hidden ||= name === undefined || CONTROL.test(name) || needsValue(canonicalName(name));
        continue;
      }
      // UTF-16 among them, which some servers know by its NULs.
      hidden ||= CONTROL.test(name);
      // A raw control octet: a body that ends in CRLF is one value to some servers and another to others.
      if (isMalformed(name, value) || CONTROL.test(segment)) problem = 'parameter_malformed';
      if (seen.has(name) && !mayRepeat(name)) problem ??= 'parameter_repeated';
      seen.add(name);
      entries.push([name, value]);
    }
  }
  return { parameters: new Parameters(entries), problem, lossless, hidden };
}

/** To a server that splits there, what stands behind is another parameter, and what stands before another value. */
const CUT_SHORT: ReadonlySet<string> = new Set(['client_id', 'code', 'grant_type']);

/** HTML 4.01 B.2.2 had servers take `;` for a separator, and some still do. */
function hidesParameter(segment: string): boolean {
  const [own = '', ...hidden] = segment
    .split(';')
    .map((piece) => canonicalName(decode(piece.split('=', 1)[0] ?? '') ?? ''));
  return CUT_SHORT.has(own) || hidden.some(isProtocolParameter);
}

/** A value of nothing, or with space around it, is another one to servers that trim, or that take empty for absent. */
function isMalformed(name: string, value: string): boolean {
  if (isLookalike(name) || CONTROL.test(name)) return true;
  if (needsValue(name) && (value === '' || value !== value.trim())) return true;
  if (isProtocolParameter(name)) return CONTROL.test(value);
  // C servers cut a value at NUL. Tabs and line ends are legitimate in, say, pretty-printed `claims`.
  return value.includes('\u0000');
}

function decode(text: string): string | undefined {
  if (text.includes('+')) text = text.replaceAll('+', ' ');
  try {
    if (PLAIN.test(text)) return text.includes('%') ? decodeURIComponent(text) : text;
    // Raw octets beyond ASCII are not allowed, yet every server reads them as UTF-8.
    const octets = Buffer.from(text, 'latin1');
    return decodeURIComponent(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets));
  } catch {
    return undefined;
  }
}

function encode(text: string): string {
  if (/^[A-Za-z0-9\-._~]*$/.test(text)) return text;
  // encodeURIComponent leaves !'()* alone; RFC 3986 reserves them. Half a surrogate pair, which JSON can hold, makes it throw.
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
