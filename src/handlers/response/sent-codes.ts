import { decodeFormText } from '../../oauth/parameters.ts';
import type { Exchange } from '../exchange.ts';

/** How many times a code may be escaped in a URL inside a parameter. */
const DEPTH = 3;
const ENDS = /[&#;\s"'<>]/;

/** The most different codes of a response that are searched: a real one has one, and anybody can send hundreds that a page repeats. */
const MOST_CODES = 8;

/** The codes of a response that the request being answered contains as the value of a parameter. */
export class SentCodes {
  readonly #exchange: Pick<Exchange, 'target' | 'sentText'>;
  readonly #known = new Map<string, boolean>();

  constructor(exchange: Pick<Exchange, 'target' | 'sentText'>) {
    this.#exchange = exchange;
  }

  /** Also `true` for a code too many. */
  has(code: string): boolean {
    const known = this.#known.get(code);
    if (known !== undefined) return known;
    const { target, sentText } = this.#exchange;
    const sent =
      this.#known.size >= MOST_CODES || [target.query ?? '', sentText].some((text) => holdsValue(text, code));
    this.#known.set(code, sent);
    return sent;
  }
}

function holdsValue(text: string, code: string): boolean {
  let read = text;
  for (let depth = 0; depth <= DEPTH; depth += 1) {
    for (let at = read.indexOf(code); at !== -1; at = read.indexOf(code, at + 1)) {
      const before = read[at - 1];
      const behind = read[at + code.length];
      if ((before === '=' || before === '"') && (behind === undefined || ENDS.test(behind))) return true;
    }
    const decoded = decodeFormText(read);
    if (decoded === read) return false;
    read = decoded;
  }
  return false;
}
