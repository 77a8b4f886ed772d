const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;
const LEFT_ALONE = /[!'()*]/;

/** Percent-encodes all bytes except unreserved ones (RFC 3986 2.3). */
export function percentEncode(text: string): string {
  if (UNRESERVED.test(text)) return text;
  // encodeURIComponent keeps !'()*, which RFC 3986 reserves, and throws for a lone surrogate, which JSON can contain.
  const encoded = encodeURIComponent(text.toWellFormed());
  return LEFT_ALONE.test(encoded) ? encoded.replace(/[!'()*]/g, encodeCharacter) : encoded;
}

function encodeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
