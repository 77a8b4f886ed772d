import { foldText } from './fold-text.ts';

/** Bytes in UTF-8. Longer ids would fill the store, and no real client has one. */
export const LONGEST_CLIENT_ID = 2048;

/** A client_id as servers may compare it. Text after `LONGEST_CLIENT_ID` does not count, because no longer id is valid. */
export function foldClientId(clientId: string): string {
  return foldText(clientId.slice(0, LONGEST_CLIENT_ID));
}
