import { hash } from 'node:crypto';

/** The store key of a flow. `state` is the flow prefix, or with `state: preserve` what the client's state is found by. */
export function flowKey(issuer: string, state: string): string {
  return `flow:${digest('flow', issuer, state)}`;
}

/** The store key of an issued code's binding. `scope`: the endpoint path parameters that the code's flow began under. */
export function codeKey(issuer: string, scope: string, code: string): string {
  return `code:${digest('code', issuer, scope, code)}`;
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
