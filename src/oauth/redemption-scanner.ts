/**
 * The name and the value that redeem a code, close enough together to be one parameter: of a query or form
 * (`name=value`), of JSON (`"name": "value"`), or of a multipart part, whose name may be followed by further headers.
 * `grant_types` is client registration, no grant. Every repetition is bounded: `OVERLAP` must hold the longest match.
 */
const REDEMPTION =
  /grant[_. ]type(?:\0[^=&]{0,200}?)?(?:\[\w{0,20}\])?["'\])\s+]{0,40}(?:[=:]["'\s[+]{0,40}|(?:;[^\n]{0,300})?(?:\n[^\n]{1,300}){0,6}\n\n)authorization_code/;

/** Characters, decoded and squeezed, of the text so far that a match may begin in. */
const OVERLAP = 4096;

/** An escape that goes on in the next piece. */
const UNFINISHED = /(?:%[0-9a-f]?|\\(?:u(?:0(?:0[0-9a-f]?)?)?)?)$/i;

/**
 * Looks for a token request in a text that comes in pieces, as the most lenient server would read it: percent-encoding
 * and JSON escapes undone, case folded. It errs on the side of finding one. How the text is cut makes no difference.
 */
export class RedemptionScanner {
  #unfinished = '';
  #tail = '';

  /** Whether the text up to here would redeem a code. `piece`: octets as UTF-16 code units. */
  finds(piece: string): boolean {
    const encoded = this.#unfinished + piece;
    this.#unfinished = UNFINISHED.exec(encoded.slice(-5))?.[0] ?? '';
    const decoded = decode(encoded.slice(0, encoded.length - this.#unfinished.length));
    const text = squeeze(this.#tail + decoded);
    this.#tail = text.slice(-OVERLAP);
    return REDEMPTION.test(text);
  }
}

function decode(text: string): string {
  return text
    .replace(/%([0-9a-f]{2})|\\u00([0-9a-f]{2})/gi, (_, percent?: string, escaped?: string) =>
      String.fromCharCode(Number.parseInt(percent ?? escaped ?? '0', 16)),
    )
    .toLowerCase();
}

/** White space without end would push a name out of sight of its value. An empty line, which ends the headers of a part, stays one. */
function squeeze(text: string): string {
  if (!text.includes('grant')) return text;
  return text.replace(/\s+/g, (run) => {
    const lineEnds = run.split('\n').length - 1;
    return lineEnds === 0 ? ' ' : lineEnds === 1 ? '\n' : '\n\n';
  });
}
