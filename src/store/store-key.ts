import { hash } from 'node:crypto';

/** The digest that identifies a flow among all flows of its upstream, and the key of its record. */
export function flowIdOf(upstream: string, prefix: string): string {
  return digest('flow', upstream, prefix);
}

export function flowKey(id: string): string {
  return `flow:${id}`;
}

export function preservedFlowKey(upstream: string, clientId: string, state: string): string {
  return `flow:${digest('preserved', upstream, clientId, state)}`;
}

/** The same state may begin another flow after the first ended, so the id includes what distinguishes them. */
export function preservedFlowId(key: string, identity: string): string {
  return digest('preserved-id', key, identity);
}

export function codeKey(upstream: string, code: string): string {
  return `code:${digest('code', upstream, code)}`;
}

/** The key of what a process remembers about a code that it passed on unchanged, without a record. */
export function deliveredCodeKey(upstream: string, code: string): string {
  return `code:${digest('delivered', upstream, code)}`;
}

export function pushedRequestKey(upstream: string, requestUri: string): string {
  return `par:${digest('par', upstream, requestUri)}`;
}

/** The key of a trait, beside the client's counts. */
export function traitKey(upstream: string, clientId: string, trait: string): string {
  return `stats:${digest('trait', upstream, clientId, trait)}`;
}

/**
 * A copy of the store must not reveal codes and states, so keys are digests. JSON separates parts of any content, and escapes
 * lone surrogates, which UTF-8 would all turn into the same U+FFFD.
 */
function digest(...parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(['pkce-gateway/store-key/2', ...parts]), 'base64url');
}
