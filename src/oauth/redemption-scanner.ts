/**
 * The name and the value that redeem a code, close enough together to be one parameter: of a query or form
 * (`name=value`), of JSON (`"name": "value"`), or of a multipart part. `grant_types` is client registration, no grant.
 */
const REDEMPTION = /grant[_. ]type["'\])\s\0]*(?:[=:]["'\s[]*|;?[^&=]{0,200}?\n\r?\n\s*)authorization_code/;

/** Characters of the text so far that a match may begin in. */
const OVERLAP = 1024;

/**
 * Looks for a token request in a text that comes in pieces, as the most lenient server would read it: percent-encoding
 * and JSON escapes undone, case folded. It errs on the side of finding one.
 */
export class RedemptionScanner {
  #tail = '';

  /** Whether the text up to here would redeem a code. `piece`: octets as UTF-16 code units. */
  finds(piece: string): boolean {
    const text = this.#tail + piece;
    this.#tail = text.slice(-OVERLAP);
    return REDEMPTION.test(lenientlyDecoded(text));
  }
}

function lenientlyDecoded(text: string): string {
  return text
    .replace(/%([0-9a-f]{2})|\\u00([0-9a-f]{2})/gi, (_, percent?: string, escaped?: string) =>
      String.fromCharCode(Number.parseInt(percent ?? escaped ?? '0', 16)),
    )
    .toLowerCase();
}
