/**
 * The name and the value that redeem a code, close enough together to be one parameter: of a query or form
 * (`name=value`), of JSON (`"name": "value"`), or of a multipart part, whose name may be followed by further headers.
 * `grant_types` is client registration, no grant. Every repetition is bounded: `OVERLAP` must hold the longest match.
 */
const REDEMPTION =
  /grant[_. +[]type(?:\0[^=&]{0,200}?)?(?:\[\w{0,20}\])?["'\])\s+]{0,40}(?:[=:]["'\s[+]{0,40}|(?:;[^\n]{0,300})?(?:\n[^\n]{1,300}){0,6}\n\n)authorization_code/i;

/** A part that is so named, its value in base64 (RFC 2045 6): no browser sends any, so that the value need not be looked at. */
const CODED_PART =
  /grant[_. +[]type["']?(?:;[^\n]{0,300})?(?:\n[^\n]{1,300}){0,6}\ncontent-transfer-encoding: ?base64|content-transfer-encoding: ?base64(?:\n[^\n]{1,300}){0,6}\n[^\n]{0,300}name\*?=[^\n;]{0,20}grant[_. +[]type[^s]/i;

/** Characters, decoded and squeezed, of the text so far that a match may begin in. */
const OVERLAP = 4096;

/** An escape that goes on in the next piece. */
const UNFINISHED = /(?:%(?:u(?:0(?:0[0-9a-f]?)?)?|[0-9a-f])?|\\(?:u(?:0(?:0[0-9a-f]?)?)?)?)$/i;

/**
 * Looks for a token request in a text that comes in pieces, as the most lenient server would read it: percent-encoding
 * and JSON escapes undone, case folded. It errs on the side of finding one. How the text is cut makes no difference.
 */
export class RedemptionScanner {
  #unfinished = '';
  readonly #asWritten = new Window();
  /** What is UTF-16 has a NUL at every other place. Until there is one, both windows would see the same. */
  #narrowed: Window | undefined;

  /** Whether the text up to here would redeem a code. `piece`: octets as UTF-16 code units. */
  finds(piece: string): boolean {
    const encoded = this.#unfinished + piece;
    this.#unfinished = UNFINISHED.exec(encoded.slice(-5))?.[0] ?? '';
    const decoded = decode(encoded.slice(0, encoded.length - this.#unfinished.length));
    if (decoded.includes('\0')) this.#narrowed ??= this.#asWritten.copy();
    const asWritten = this.#asWritten.finds(decoded);
    return this.#narrowed?.finds(decoded.replaceAll('\0', '')) || asWritten;
  }
}

/** The end of a text that comes in pieces. */
class Window {
  #tail = '';

  copy(): Window {
    const copy = new Window();
    copy.#tail = this.#tail;
    return copy;
  }

  finds(piece: string): boolean {
    let text = this.#tail + piece;
    const namesGrant = /grant/i.test(text);
    const isQuoted = /quoted-printable/i.test(text);
    const isUtf7 = mayHoldUtf7(text);
    if (namesGrant || isQuoted || isUtf7) text = squeeze(text);
    this.#tail = text.slice(-OVERLAP);
    // As it is, and as it reads without the codings of mail.
    return (
      (namesGrant && redeems(text)) ||
      (isUtf7 && UTF7_RUNS.some((run) => redeems(undoUtf7(text, run)))) ||
      (isQuoted && redeems(undoQuotedPrintable(text)))
    );
  }
}

function redeems(text: string): boolean {
  return (
    (/authorization_code/i.test(text) && REDEMPTION.test(text)) ||
    (/transfer-encoding/i.test(text) && CODED_PART.test(text))
  );
}

function decode(text: string): string {
  // IIS also knows `%u0074`.
  return text.replace(/(?:%(?:u00)?|\\u00)([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** In base64, an ASCII letter in UTF-16 begins so. A plain search finds out faster that there is none. */
function mayHoldUtf7(text: string): boolean {
  return text.includes('+A') && /\+A[A-H]/.test(text);
}

/**
 * RFC 2152: letters may come in base64, `_` as `+AF8-`. One run may hide the beginning of another, as base64 has a `+` of its
 * own; so those that begin with an ASCII letter are looked at, and then those that begin with anything (`+AOkAIgA7` is `é";`).
 */
const UTF7_RUNS = [/\+(A[A-H][A-Za-z0-9+/]{1,398})-?/g, /\+([A-Za-z0-9+/]{3,400})-?/g];

function undoUtf7(text: string, run: RegExp): string {
  return text.replace(run, (_, encoded: string) => {
    const octets = Buffer.from(encoded, 'base64');
    return octets.toString('latin1').replaceAll('\0', '');
  });
}

/** RFC 2045 6.7: some multipart parsers are mail parsers. */
function undoQuotedPrintable(text: string): string {
  return text
    .replaceAll('=\n', '')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** White space without end would push a name out of sight of its value. An empty line, which ends the headers of a part, stays one. */
function squeeze(text: string): string {
  // Single spaces and line ends, most of all white space, are left alone.
  return text.replace(/[^\S \n]\s*|[ \n]\s+/g, (run) => {
    const lineEnds = run.split('\n').length - 1;
    return lineEnds === 0 ? ' ' : lineEnds === 1 ? '\n' : '\n\n';
  });
}
