const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;
const LEFT_ALONE = /[!'()*]/;

/** Every octet but unreserved ones percent-encoded (RFC 3986 2.3). */
export function percentEncode(text: string): string {
  if (UNRESERVED.test(text)) return text;
  // encodeURIComponent leaves !'()* alone; RFC 3986 reserves them. Half a surrogate pair, which JSON can hold, makes it throw.
  const encoded = encodeURIComponent(text.toWellFormed());
  return LEFT_ALONE.test(encoded) ? encoded.replace(/[!'()*]/g, encodeCharacter) : encoded;
}

function encodeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
