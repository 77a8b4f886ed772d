import { decodeUtf8 } from './octets.ts';
import {
  beforeNul,
  canonicalName,
  isLookalike,
  namesParameter,
  ONE_LINE,
  PROTOCOL_PARAMETERS,
  REPEATABLE,
  VALUE_NEEDED,
} from './parameter-names.ts';
import { percentEncode } from './percent-encode.ts';

/** Why a list of parameters is ambiguous. */
export type ParameterProblem = {
  readonly reason: 'parameter_malformed' | 'parameter_repeated';
  /** The name of the parameter, safe to log; `undefined` if it is unreadable. */
  readonly detail: string | undefined;
};

/** The parameters of application/x-www-form-urlencoded text, in order, and all of its problems: not each of them matters everywhere. */
export type ParsedParameters = {
  readonly parameters: Parameters;
  readonly problems: readonly ParameterProblem[];
  /** Whether serialising preserves the meaning: false if a name or value could not be decoded. */
  readonly lossless: boolean;
  /** Whether a server that decodes broken escapes, drops control characters, or splits at `;` may find another protocol parameter in it. */
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

  /** All values of a name, in order. */
  all(name: string): string[] {
    const values: string[] = [];
    for (const entry of this.entries) if (entry[0] === name) values.push(entry[1]);
    return values;
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

  /** In one canonical form: all bytes except unreserved ones percent-encoded, a space as `%20`. */
  serialize(): string {
    let text = '';
    for (const [name, value] of this.entries) {
      if (text !== '') text += '&';
      text += `${percentEncode(name)}=${percentEncode(value)}`;
    }
    return text;
  }
}

// No control characters and no bytes beyond ASCII, as well-behaved clients send.
const PRINTABLE = /^[\x20-\x7e]*$/;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
// Raw bytes from 0x80 on are parts of UTF-8 sequences.
const RAW_CONTROL = /[\u0000-\u001f\u007f]/;
// Control characters other than tabs and line ends, and those from U+0080 on: text that was encoded twice contains them.
const NO_TEXT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** The most parameters of a text: a request of a protocol has a few dozen, and each costs time. */
export const MOST_PARAMETERS = 500;

/**
 * Reads application/x-www-form-urlencoded (WHATWG URL section 5) strictly: only `&` separates, names and values are
 * UTF-8, nothing is trimmed. `text`: bytes as UTF-16 code units below 256 (a request target or a latin1 body). A parameter with
 * an empty value that needs one counts as absent (RFC 6749 3.1).
 */
export function parseParameters(text: string): ParsedParameters {
  const entries: [string, string][] = [];
  const seen = new Set<string>();
  const problems: ParameterProblem[] = [];
  let lossless = true;
  let hidden = false;
  const found = (reason: ParameterProblem['reason'], name: string | undefined): void => {
    problems.push({ reason, detail: name === undefined ? undefined : nameToShow(name) });
  };
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  // Most texts are printable and have no `;`: one test covers all their parameters.
  const printable = PRINTABLE.test(spaced);
  const cuttable = spaced.includes(';');
  let equals = -1;
  let percent = -1;
  let count = 0;
  for (let start = 0, end = 0; start < spaced.length; start = end + 1) {
    end = indexOrEnd(spaced, '&', start);
    if (end === start) continue;
    count += 1;
    if (count > MOST_PARAMETERS) {
      problems.push({ reason: 'parameter_malformed', detail: `more than ${MOST_PARAMETERS} parameters` });
      return { parameters: new Parameters(entries), problems, lossless: false, hidden: true };
    }
    // The search continues after the last match, so that no text is scanned twice.
    if (equals < start) equals = indexOrEnd(spaced, '=', start);
    if (percent < start) percent = indexOrEnd(spaced, '%', start);
    const split = Math.min(equals, end);
    let name: string | undefined = spaced.slice(start, split);
    let value: string | undefined = spaced.slice(split + 1, end);
    if (cuttable) hidden ||= hidesParameter(spaced.slice(start, end));
    // Other text needs no decoding and contains no control characters.
    if (!printable || percent < end) {
      name = decode(name);
      value = decode(value);
      if (name === undefined || value === undefined) {
        found('parameter_malformed', name);
        lossless = false;
        hidden ||= name === undefined || CONTROL.test(name) || VALUE_NEEDED.has(canonicalName(name));
        continue;
      }
      // This includes UTF-16, which some servers recognise by its NULs.
      hidden ||= CONTROL.test(name);
      // A raw control character: servers disagree on the value of a body that ends with CRLF.
      if (hasMisreadControl(name, value) || RAW_CONTROL.test(spaced.slice(start, end)))
        found('parameter_malformed', name);
    }
    if (PROTOCOL_PARAMETERS.has(name)) {
      if (value === '' && VALUE_NEEDED.has(name)) continue;
      if (isMisreadValue(name, value)) found('parameter_malformed', name);
    } else if (isLookalike(name)) {
      found('parameter_malformed', name);
    }
    if (seen.has(name) && !REPEATABLE.has(name)) found('parameter_repeated', name);
    seen.add(name);
    entries.push([name, value]);
  }
  return { parameters: new Parameters(entries), problems, lossless, hidden };
}

function indexOrEnd(text: string, character: string, from: number): number {
  const index = text.indexOf(character, from);
  return index === -1 ? text.length : index;
}

/** A body in an unexpected charset or format is one long name, which contains secrets: only its first word is shown. */
function nameToShow(name: string): string {
  if (/^[\w.-]{1,40}$/.test(name) || namesParameter(name)) return name;
  return `${/[A-Za-z_]{1,40}/.exec(name)?.[0] ?? ''}…`;
}

/** Checks both parts for a server that splits at `;`: the text after it is another parameter, the text before it another value. */
const CUT_SHORT: ReadonlySet<string> = new Set(['client_id', 'code', 'grant_type']);

/** HTML 4.01 B.2.2 made `;` a separator too, and some servers still accept it. */
function hidesParameter(segment: string): boolean {
  if (!segment.includes(';')) return false;
  const [own = '', ...hidden] = segment.split(';', MOST_PARAMETERS + 1);
  return CUT_SHORT.has(canonicalName(nameOf(own))) || hasProtocolName(hidden);
}

/** Too many to look at count as one. */
function hasProtocolName(pieces: readonly string[]): boolean {
  return pieces.length >= MOST_PARAMETERS || pieces.some((piece) => namesParameter(nameOf(piece)));
}

function nameOf(piece: string): string {
  return beforeNul(decode(piece.split('=', 1)[0] ?? '') ?? '');
}

/** Servers that trim read a value with surrounding spaces differently. A client_id is compared as they do. */
function isMisreadValue(name: string, value: string): boolean {
  return VALUE_NEEDED.has(name) && name !== 'client_id' && value !== value.trim();
}

/** Whether a text of another format would have a protocol parameter if a server read it as a form. */
export function holdsFormParameter(text: string): boolean {
  return text.includes('=') && hasProtocolName(text.replaceAll('+', ' ').split(/[&;]/, MOST_PARAMETERS + 1));
}

function hasMisreadControl(name: string, value: string): boolean {
  if (CONTROL.test(name)) return true;
  // Passwords may contain tabs (RFC 6749 A.16); base64 assertions and formatted `claims` contain line ends.
  return (PROTOCOL_PARAMETERS.has(name) || ONE_LINE.has(name) ? CONTROL : NO_TEXT).test(value);
}

const ESCAPE = /%([0-9a-f]{2})/gi;
const BROKEN_ESCAPE = /%(?![0-9a-f]{2})/i;
const ESCAPE_BEYOND_ASCII = /%[89a-f]/i;

/** `+` was replaced by spaces before. Throws and catches nothing: see `decodeUtf8`. */
function decode(text: string): string | undefined {
  const printable = PRINTABLE.test(text);
  const escaped = text.includes('%');
  if (printable && !escaped) return text;
  if (escaped && BROKEN_ESCAPE.test(text)) return undefined;
  if (printable && !ESCAPE_BEYOND_ASCII.test(text)) return decodeURIComponent(text);
  // Raw bytes beyond ASCII are not allowed, but every server reads them as UTF-8.
  const octets = Buffer.from(text, 'latin1');
  const raw = decodeUtf8(octets);
  if (!escaped || raw === undefined) return raw;
  const unescaped = text.replace(ESCAPE, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return decodeUtf8(Buffer.from(unescaped, 'latin1'));
}

/** A name or value as lenient servers read it: a broken one stays unchanged. */
export function decodeFormText(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  return decode(spaced) ?? spaced;
}
