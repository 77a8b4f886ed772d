import { isCodeChallenge } from '../oauth/pkce.ts';
import { type Judged, StoreFault } from './flow-store.ts';

/** The most characters of a record. The longest client_id and redirect_uri (2 KiB each) fit with any escaping. */
const MAX_LENGTH = 32_768;
const NON_ASCII = /[\u0080-\uffff]/;

/**
 * JSON in ASCII only. So a record has as many bytes as characters, in Redis and in memory (V8 uses two bytes for every
 * character of a string with one beyond Latin-1), and no lone surrogate is lost in UTF-8.
 */
export function stringifyFields(fields: readonly unknown[]): string {
  const text = JSON.stringify(fields);
  // Few records have such a character, and a test is cheaper than a replacement without a match.
  const ascii = NON_ASCII.test(text) ? text.replace(/[\u0080-\uffff]/g, escapeCharacter) : text;
  if (ascii.length > MAX_LENGTH) {
    throw new StoreFault('store_error', `a record of the store may have ${MAX_LENGTH} characters, not more`);
  }
  return ascii;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The fields of a text; `undefined` if it is not a JSON array of this length. */
export function parseFields(text: string, count: number): readonly unknown[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return Array.isArray(value) && value.length === count ? value : undefined;
}

/** The common part of all records as four fields; `readJudged` reads them. */
export function judgedFields({ mode, issuer, realm, clientId }: Judged): readonly string[] {
  return [mode === 'enforce' ? 'e' : 'r', issuer, realm, clientId];
}

/** `undefined` if a field is not one that `judgedFields` makes. */
export function readJudged(
  mode: unknown,
  issuer: unknown,
  realm: unknown,
  clientId: unknown,
): Judged | undefined {
  if (mode !== 'e' && mode !== 'r') return undefined;
  if (typeof issuer !== 'string' || typeof realm !== 'string' || typeof clientId !== 'string')
    return undefined;
  return { issuer, realm, clientId, mode: mode === 'e' ? 'enforce' : 'report' };
}

/** A text, or 0 for none. */
export function isOptionalText(field: unknown): field is string | 0 {
  return field === 0 || typeof field === 'string';
}

/** A challenge in its S256 form, or 0 for none. */
export function isOptionalChallenge(field: unknown): field is string | 0 {
  return field === 0 || (typeof field === 'string' && isCodeChallenge(field, 'S256'));
}
