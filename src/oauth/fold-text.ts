/**
 * A name as the most lenient servers compare it: up to a NUL, in compatibility form, without combining marks and invisible
 * characters, with single spaces, and case-folded. Two texts that are equal here may be one there.
 */
export function foldText(written: string): string {
  const [text = ''] = written.split('\0', 1);
  // Visible ASCII has none of all that, and it is what most names are made of.
  if (/^[!-~]*$/.test(text)) return text.toLowerCase();
  return (
    text
      .normalize('NFKD')
      .replace(/[\p{M}\p{Default_Ignorable_Code_Point}\p{Cc}]/gu, '')
      .trim()
      .replace(/\s+/gu, ' ')
      // Through upper case, so that `ß` equals `SS`, `ς` equals `σ`, and `ſ` equals `s`.
      .toUpperCase()
      .toLowerCase()
      .normalize('NFKC')
  );
}

/** Bytes in UTF-8. Longer ids would fill the store, and no real client has one. */
export const LONGEST_CLIENT_ID = 2048;

/** A client_id as servers may compare it. Text after `LONGEST_CLIENT_ID` does not count, because no longer id is valid. */
export function foldClientId(clientId: string): string {
  return foldText(clientId.slice(0, LONGEST_CLIENT_ID));
}
