import { Buffer } from 'node:buffer';

/**
 * A copy of a text from a message, for whoever keeps it: V8 cuts a text out of another by pointing into that one, so that a
 * name of few characters would keep a whole request target or head in memory, with the secrets that stand there. Of Latin-1
 * only, as everything is that Node's parser gives out.
 */
export function ownText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
