import { normalizeResponseType } from '../../oauth/authorization-request.ts';
import { type Parsed, textAs } from './scalars.ts';

const WORDS = new Set(['code', 'id_token', 'token', 'none']);

/** Normalised: its words sorted and joined by one space, because their order has no meaning (OAuth Multiple Response Types 1). */
function parseResponseType(text: string): Parsed<string> {
  const words = text.split(' ').filter((word) => word !== '');
  const unknown = words.find((word) => !WORDS.has(word));
  if (unknown !== undefined || words.length === 0) {
    return { problem: 'must be made of the words code, id_token and token, or be none' };
  }
  if (new Set(words).size < words.length) return { problem: 'has a word twice' };
  if (words.includes('none') && words.length > 1)
    return { problem: '`none` cannot be combined with other types' };
  return { value: normalizeResponseType(text) };
}

export const responseType = textAs(parseResponseType, {
  'x-type': 'response type',
  'x-examples': ['code', 'code id_token'],
  pattern: '^(none|(code|id_token|token)( (code|id_token|token))*)$',
});
