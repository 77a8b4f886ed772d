import { isMarked, MARK_LENGTH } from './redemption-marks.ts';
import { keepEnd } from './redemption-window.ts';
import { SuspiciousText } from './suspicious-text.ts';

/** An escape that goes on in the next piece. */
const UNFINISHED = /(?:%(?:u(?:0(?:0[0-9a-f]?)?)?|[0-9a-f])?|\\(?:u(?:0(?:0[0-9a-f]?)?)?)?)$/i;

/**
 * Looks for a token request in a text that comes in pieces, as the most lenient server would read it: percent-encoding
 * and JSON escapes undone, case folded. It errs on the side of finding one. How the text is cut makes no difference, nor
 * much of one to what it costs: anybody can send a body one octet at a time.
 */
export class RedemptionScanner {
  #unfinished = '';
  readonly #asWritten = new ScannedText();
  /** What is UTF-16 has a NUL at every other place. Until there is one, both would be the same. */
  #narrowed: ScannedText | undefined;

  /** Whether the text up to here would redeem a code. `piece`: octets as UTF-16 code units. */
  finds(piece: string): boolean {
    const encoded = this.#unfinished + piece;
    this.#unfinished = UNFINISHED.exec(encoded.slice(-5))?.[0] ?? '';
    const decoded = undoEscapes(encoded.slice(0, encoded.length - this.#unfinished.length));
    if (decoded.includes('\0')) this.#narrowed ??= this.#asWritten.copy();
    if (this.#narrowed === undefined) return this.#asWritten.finds(decoded, isMarked(decoded));
    // Without its NULs, a text has every mark that it has with them.
    const narrow = decoded.replaceAll('\0', '');
    const marked = isMarked(narrow);
    const asWritten = this.#asWritten.finds(decoded, marked);
    return this.#narrowed.finds(narrow, marked) || asWritten;
  }
}

function undoEscapes(text: string): string {
  if (!text.includes('%') && !text.includes('\\')) return text;
  // IIS also knows `%u0074`.
  return text.replace(/(?:%(?:u00)?|\\u00)([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Most texts have no mark, and are only kept until one comes. */
class ScannedText {
  #tail = '';
  /** The end as it was written: a mark may lie in two pieces. */
  #seam = '';
  #suspicious: SuspiciousText | undefined;
  #tailIsMarked = false;

  copy(): ScannedText {
    const copy = new ScannedText();
    copy.#tail = this.#suspicious?.text ?? this.#tail;
    copy.#seam = this.#seam;
    copy.#tailIsMarked = this.#suspicious !== undefined;
    return copy;
  }

  finds(piece: string, pieceIsMarked: boolean): boolean {
    const marked =
      this.#tailIsMarked || pieceIsMarked || isMarked(this.#seam + piece.slice(0, MARK_LENGTH - 1));
    this.#seam = keepEnd(this.#seam, piece, MARK_LENGTH - 1);
    if (this.#suspicious === undefined && !marked) {
      this.#tail = keepEnd(this.#tail, piece);
      return false;
    }
    const text = this.#suspicious === undefined ? this.#tail + piece : piece;
    this.#suspicious ??= new SuspiciousText();
    const found = this.#suspicious.finds(text, marked);
    this.#tailIsMarked = false;
    if (this.#suspicious.isOver) {
      this.#tail = this.#suspicious.text;
      this.#suspicious = undefined;
    }
    return found;
  }
}
