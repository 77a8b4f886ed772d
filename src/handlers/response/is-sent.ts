import { decodeFormText } from '../../oauth/parameters.ts';
import type { Exchange } from '../exchange.ts';

/** How many times a code may be escaped in a URL inside a parameter. */
const DEPTH = 3;
const ENDS = /[&#;\s"'<>]/;

/** Whether the request being answered contains the code as the value of a parameter. */
export function isSent({ target, sentText }: Pick<Exchange, 'target' | 'sentText'>, code: string): boolean {
  return [target.query ?? '', sentText].some((text) => holdsValue(text, code));
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
