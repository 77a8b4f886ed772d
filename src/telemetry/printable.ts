/**
 * Characters that end a line, move the cursor or reverse the direction of text (Unicode Cc, line separators, bidi controls,
 * zero-width characters), and halves of a surrogate pair.
 */
const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/gu;

const DEFAULT_LIMIT = 200;

/** What a stranger sent, as text that can be shown: what is unprintable is escaped (`\u202e`), the rest is cut. */
export function printable(text: string, limit = DEFAULT_LIMIT): string {
  const cut = text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
  return escapeUnprintable(cut);
}

/** For text inside JSON strings this changes the writing, not the value. */
export function escapeUnprintable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
