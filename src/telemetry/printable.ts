/**
 * Characters that end a line, move the cursor or reverse the direction of text (Unicode Cc, line separators, bidi controls,
 * zero-width characters), and halves of a surrogate pair.
 */
const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/gu;

const DEFAULT_LIMIT = 200;

/** Untrusted text made safe to show: unprintable characters are escaped (`\u202e`), and long text is cut. */
export function printable(text: string, limit = DEFAULT_LIMIT): string {
  // Cut first as well, because the length is untrusted.
  const escaped = escapeUnprintable(text.slice(0, limit + 1));
  return escaped.length > limit ? `${escaped.slice(0, limit - 1)}…` : escaped;
}

/** Inside JSON strings, this changes the notation, not the value. */
export function escapeUnprintable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
