/**
 * Characters that end a line, move the cursor or reverse the direction of text (Unicode Cc, line separators, bidi controls,
 * zero-width characters), and halves of a surrogate pair.
 */
const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/gu;

const DEFAULT_LIMIT = 200;

/** What a stranger sent, as text that can be shown: what is unprintable is escaped (`\u202e`), what is too long is cut. */
export function printable(text: string, limit = DEFAULT_LIMIT): string {
  // Cut before as well: a stranger decides how long it is.
  const escaped = escapeUnprintable(text.slice(0, limit + 1));
  return escaped.length > limit ? `${escaped.slice(0, limit - 1)}…` : escaped;
}

/** For text inside JSON strings this changes the writing, not the value. */
export function escapeUnprintable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
