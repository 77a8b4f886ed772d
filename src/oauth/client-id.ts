/** Characters. Longer ids would fill the store, and no real client has one. */
export const LONGEST_CLIENT_ID = 2048;

/**
 * A client_id as the most lenient of servers compare it: up to a NUL, in compatibility form, without combining marks and
 * characters that are not seen, with single blanks, and without case. Two ids that are alike here may be one client there.
 * What is behind `LONGEST_CLIENT_ID` does not count: no longer id is valid.
 */
export function foldClientId(clientId: string): string {
  const [text = ''] = clientId.slice(0, LONGEST_CLIENT_ID).split('\0', 1);
  return (
    text
      .normalize('NFKD')
      .replace(/[\p{M}\p{Default_Ignorable_Code_Point}\p{Cc}]/gu, '')
      .trim()
      .replace(/\s+/gu, ' ')
      // Through upper case, so that `ß` meets `SS`, and `ς` meets `σ`.
      .toUpperCase()
      .toLowerCase()
      .normalize('NFKC')
  );
}
