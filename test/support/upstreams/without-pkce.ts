import { IncomingMessage } from 'node:http';

const PKCE_PARAMETERS = new Set(['code_challenge', 'code_challenge_method', 'code_verifier']);

/** A query or form without the PKCE parameters; every other byte stays unchanged. */
export function stripPkce(encoded: string): string {
  return encoded
    .split('&')
    .filter((pair) => !PKCE_PARAMETERS.has(pair.split('=', 1)[0] ?? ''))
    .join('&');
}

/** A request target without the parameters of PKCE. */
export function stripPkceFromTarget(target: string): string {
  const [path = '', ...query] = target.split('?');
  if (query.length === 0) return target;
  return `${path}?${stripPkce(query.join('?'))}`;
}

/**
 * The same request with another target and body, for a handler that reads the body from the request itself: a body can be
 * read only once, and the original was already read for the record.
 */
export function replayRequest(original: IncomingMessage, target: string, body: string): IncomingMessage {
  const copy = new IncomingMessage(original.socket);
  copy.method = original.method;
  copy.url = target;
  copy.httpVersion = original.httpVersion;
  copy.rawHeaders = original.rawHeaders;
  copy.headers = { ...original.headers };
  if (copy.headers['content-length'] !== undefined) {
    copy.headers['content-length'] = String(Buffer.byteLength(body));
  }
  // Without it, the end of the copy would count as an aborted request and destroy the socket.
  copy.complete = true;
  copy.push(body);
  copy.push(null);
  return copy;
}
