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
    if (this.#narrowed === undefined) return this.#asWritten.finds(decoded, !isMarked(decoded));
    // Without its NULs, a text has every mark that it has with them.
    const narrow = decoded.replaceAll('\0', '');
    const plain = !isMarked(narrow);
    const asWritten = this.#asWritten.finds(decoded, plain);
    return this.#narrowed.finds(narrow, plain) || asWritten;
  }
}

/** The end of a text that comes in pieces. */
class Window {
  #tail = '';
  #tailIsPlain = true;

  copy(): Window {
    const copy = new Window();
    copy.#tail = this.#tail;
    copy.#tailIsPlain = this.#tailIsPlain;
    return copy;
  }

  /** `plain`: the piece is known to bear no mark. */
  finds(piece: string, plain: boolean): boolean {
    // Most pieces are plain, and so is what they touch: they need not even be joined, and the tail is kept as it is.
    if (plain && this.#tailIsPlain && !isMarked(this.#tail.slice(1 - MARK) + piece.slice(0, MARK - 1))) {
      this.#tail = piece.length < OVERLAP ? (this.#tail + piece).slice(-OVERLAP) : piece.slice(-OVERLAP);
      return false;
    }
    const text = this.#tail + piece;
    const namesGrant = mayName(text);
    const isQuoted = mayBeQuoted(text);
    const isUtf7 = mayHoldUtf7(text);
    // No word has white space: whether there is one can be asked before that is undone.
    const isSuspect = isQuoted || isUtf7 || (namesGrant && hasWords(text));
    const squeezed = isSuspect ? squeeze(text) : undefined;
    this.#tail = squeezed?.slice(-OVERLAP) ?? (namesGrant ? squeezeEnd(text) : text.slice(-OVERLAP));
    this.#tailIsPlain = !isMarked(this.#tail);
    // As it is, and as it reads without the codings of mail.
    return (
      squeezed !== undefined &&
      ((namesGrant && redeems(squeezed)) ||
        (isUtf7 && UTF7_RUNS.some((run) => redeems(undoUtf7(squeezed, run)))) ||
        (isQuoted && redeems(undoQuotedPrintable(squeezed))))
    );
  }
}

/** Characters of the longest mark: `quoted-printable`. */
const MARK = 16;

/**
 * Whether a text must be looked at. A redemption names its grant as it is, or stands in a text in which a coding of mail is
 * named or begins. A mark that two pieces share lies within `MARK - 1` characters of where they meet.
 */
function isMarked(text: string): boolean {
  return mayName(text) || mayBeQuoted(text) || mayHoldUtf7(text);
}

// A plain search for one character finds out several times faster than the pattern that there is none.

function mayName(text: string): boolean {
  return (text.includes('g') || text.includes('G')) && /grant/i.test(text);
}

function mayBeQuoted(text: string): boolean {
  return text.includes('-') && /quoted-printable/i.test(text);
}

/** In base64, an ASCII letter in UTF-16 begins so. */
function mayHoldUtf7(text: string): boolean {
  return text.includes('+A') && /\+A[A-H]/.test(text);
}

function namesValue(text: string): boolean {
  return text.includes('_') && /authorization_code/i.test(text);
}

function namesCoding(text: string): boolean {
  return text.includes('-') && /transfer-encoding/i.test(text);
}

function hasWords(text: string): boolean {
  return namesValue(text) || namesCoding(text);
}

function redeems(text: string): boolean {
  return (namesValue(text) && REDEMPTION.test(text)) || (namesCoding(text) && CODED_PART.test(text));
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('\\')) return text;
  // IIS also knows `%u0074`.
  return text.replace(/(?:%(?:u00)?|\\u00)([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
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

/** The end of a text in which white space is undone: only as much of it is looked at as that takes. */
function squeezeEnd(text: string): string {
  for (let size = 2 * OVERLAP; size < text.length; size *= 4) {
    const end = squeeze(text.slice(-size));
    // The cut may go through white space, of which two characters remain at most.
    if (end.length >= OVERLAP + 2) return end.slice(-OVERLAP);
  }
  return squeeze(text).slice(-OVERLAP);
}
