import { isCodeChallenge } from '../oauth/pkce.ts';

const NON_ASCII = /[\u0080-\uffff]/;

/**
 * JSON of ASCII only. So a record has as many bytes as characters, in Redis as in memory (V8 spends two bytes on every
 * character of a string that holds one beyond Latin-1), and no lone surrogate is lost on the way through UTF-8.
 */
export function stringifyFields(fields: readonly unknown[]): string {
  const text = JSON.stringify(fields);
  // Next to no record has such a character: that is cheaper to find out than to replace none.
  return NON_ASCII.test(text) ? text.replace(/[\u0080-\uffff]/g, escapeCharacter) : text;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The fields that a text holds; `undefined` where it is no JSON array of so many, or of up to `most` where that is given. */
export function parseFields(text: string, count: number, most = count): readonly unknown[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return Array.isArray(value) && value.length >= count && value.length <= most ? value : undefined;
}

/** A text, or 0 where there is none. */
export function isOptionalText(field: unknown): field is string | 0 {
  return field === 0 || typeof field === 'string';
}

/** A challenge in its S256 form, or 0 where there is none. */
export function isOptionalChallenge(field: unknown): field is string | 0 {
  return field === 0 || (typeof field === 'string' && isCodeChallenge(field, 'S256'));
}
