import { readClaims } from './jwts.ts';
import type { State } from './state.ts';

/** An encoded authorization request as the server reads it: by reference, by value, or directly. */
export function resolveRequest(asked: string, state: State): string {
  const requestUri = new URLSearchParams(asked).get('request_uri');
  const pushed = requestUri === null ? undefined : state.pushed.get(requestUri);
  if (requestUri !== null && state.quirks.requestUris === 'single_use') state.pushed.delete(requestUri);
  return withRequestObject(pushed ?? asked);
}

/** The object's parameters win (RFC 9101 5, OpenID Connect Core 6.1). This server ignores its signature. */
function withRequestObject(encoded: string): string {
  const parameters = new URLSearchParams(encoded);
  const jwt = parameters.get('request');
  if (jwt === null) return encoded;
  parameters.delete('request');
  for (const [name, value] of Object.entries(readClaims(jwt))) parameters.set(name, String(value));
  return parameters.toString();
}
