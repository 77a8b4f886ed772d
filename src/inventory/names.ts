/**
 * The issuer itself, beside its clients. Like whatever begins with a control character, it is neither a client_id that is
 * taken up nor an entry of the configuration.
 */
export const ISSUER_ITSELF = '\u0001issuer';

/** RFC 6749 A.1: visible ASCII. What else a request may hold is nothing to be shown to people. */
const CLIENT_ID = /^[\x20-\x7e]{1,255}$/;

/** Whether a client_id, which anybody may make up, can stand in the inventory under its own name. */
export function isPresentable(clientId: string | undefined): clientId is string {
  return clientId !== undefined && CLIENT_ID.test(clientId) && clientId.trim() === clientId;
}
