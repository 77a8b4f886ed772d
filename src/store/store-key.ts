import { hash } from 'node:crypto';

/** The digest that names a flow among all flows of its upstream. The key of its record is made of it. */
export function flowIdOf(upstream: string, prefix: string): string {
  return digest('flow', upstream, prefix);
}

export function flowKey(id: string): string {
  return `flow:${id}`;
}

/** A flow whose state goes upstream unchanged is found by its client and that state. */
export function preservedFlowKey(upstream: string, clientId: string, state: string): string {
  return `flow:${digest('preserved', upstream, clientId, state)}`;
}

/** The same state may begin another flow once the first has ended: what tells them apart belongs to the name. */
export function preservedFlowId(key: string, identity: string): string {
  return digest('preserved-id', key, identity);
}

export function codeKey(upstream: string, code: string): string {
  return `code:${digest('code', upstream, code)}`;
}

/** What a process remembers of a code whose record travels with the client. */
export function claimedCodeKey(upstream: string, code: string): string {
  return `code:${digest('claimed', upstream, code)}`;
}

/** What a process remembers of a code that it has passed on as it came, of which no record is kept. */
export function deliveredCodeKey(upstream: string, code: string): string {
  return `code:${digest('delivered', upstream, code)}`;
}

/** The key of a pushed authorization request (RFC 9126). */
export function pushedRequestKey(upstream: string, requestUri: string): string {
  return `par:${digest('par', upstream, requestUri)}`;
}

/** What a client's server has shown: beside what is counted of the client. */
export function traitKey(upstream: string, clientId: string, trait: string): string {
  return `stats:${digest('trait', upstream, clientId, trait)}`;
}

/**
 * A copy of the store must not give away codes and states, so that only digests are keys. JSON keeps the parts apart
 * whatever they contain, and escapes lone surrogates, which UTF-8 alone would all turn into the same U+FFFD.
 */
function digest(...parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(['pkce-gateway/store-key/2', ...parts]), 'base64url');
}
