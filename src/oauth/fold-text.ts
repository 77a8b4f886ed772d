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
