import { hash } from 'node:crypto';

/** The store key of a flow that is found by its prefix. */
export function flowKey(issuer: string, prefix: string): string {
  return `flow:${digest('flow', issuer, prefix)}`;
}

/**
 * The store key of a flow whose state goes upstream unchanged: it is found by whose it is and by that state. `client` is
 * the name of the configured entry.
 */
export function preservedFlowKey(issuer: string, client: string, state: string | undefined): string {
  return `flow:${state === undefined ? digest('preserved', issuer, client) : digest('preserved', issuer, client, state)}`;
}

/** The store key of an issued code's binding: of whatever realm, so that it is known for what it is at every other one. */
export function codeKey(issuer: string, code: string): string {
  // The empty part keeps the keys of running installations.
  return `code:${digest('code', issuer, '', code)}`;
}

/** The store key of a pushed authorization request (RFC 9126). */
export function pushedRequestKey(issuer: string, requestUri: string): string {
  return `par:${digest('par', issuer, requestUri)}`;
}

/**
 * A copy of the store must not give away codes and states, so that only digests are keys. JSON keeps the parts apart
 * whatever they contain, and escapes lone surrogates, which UTF-8 alone would all turn into the same U+FFFD.
 */
function digest(...parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(['pkce-gateway/store-key/1', ...parts]), 'base64url');
}
