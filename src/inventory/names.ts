/**
 * The issuer itself, beside its clients. Like whatever begins with a control character, it is neither a client_id that is
 * taken up nor an entry of the configuration.
 */
export const ISSUER_ITSELF = '\u0001issuer';

/** RFC 6749 A.1: visible ASCII. What else a request may hold is nothing to be shown to people. */
const CLIENT_ID = /^[\x20-\x7e]{1,255}$/;

/**
 * A client_id, which anybody may make up, if it can stand in the inventory under its own name. As a text of its own: V8 cuts
 * a text out of another by pointing into that one, and what is kept of a request would keep all of it.
 */
export function presentable(clientId: string | undefined): string | undefined {
  if (clientId === undefined || !CLIENT_ID.test(clientId) || clientId.trim() !== clientId) return undefined;
  return Buffer.from(clientId, 'latin1').toString('latin1');
}
