import { buildErrorParameters } from './error-response.ts';

/** A redirect that takes the outcome of an authorization request to a client (RFC 6749 4.1.2, 4.2.2; OIDC Core 3.3.2.5; JARM 2.3). */
export type AuthorizationResponse = {
  /** The Location as a browser resolves it. */
  readonly target: URL;
  /** Every value of these parameters in query and fragment, decoded. */
  readonly codes: readonly string[];
  readonly states: readonly string[];
  /** Whether it carries an id_token, whose `c_hash` covers the code (OIDC Core 3.3.2.11). */
  readonly hasIdToken: boolean;
};

/** What to change in a redirect on its way to the client; all else keeps every octet that the server wrote. */
export type ResponseChanges = {
  /** Comes off the front of the state. */
  readonly prefix: string;
  /** Whether the client sent a state at all; if not, the parameter goes. */
  readonly hadState: boolean;
  /** Takes the place of the code. */
  readonly code: string | undefined;
};

const MARKERS: ReadonlySet<string> = new Set(['code', 'error', 'access_token', 'id_token', 'response']);

/**
 * Reads a Location header as a browser would. `undefined`: not an authorization response but some other redirect.
 * `base` is the public URL of the request that is being answered.
 */
export function parseAuthorizationResponse(
  location: string,
  base: string,
): AuthorizationResponse | undefined {
  const target = URL.parse(location, base);
  if (target === null) return undefined;
  const codes: string[] = [];
  const states: string[] = [];
  let marked = false;
  let hasIdToken = false;
  for (const part of [target.search, target.hash]) {
    if (part.length < 2) continue;
    for (const [name, value] of new URLSearchParams(part.slice(1))) {
      if (MARKERS.has(name)) marked = true;
      if (name === 'code') codes.push(value);
      else if (name === 'state') states.push(value);
      else if (name === 'id_token') hasIdToken = true;
    }
  }
  return marked ? { target, codes, states, hasIdToken } : undefined;
}

/** The same Location with the changes made in place. */
export function rewriteAuthorizationResponse(location: string, changes: ResponseChanges): string {
  // A browser ignores tabs and line ends in a URL; what was judged must be what it gets.
  const text = location.replace(/[\t\r\n]/g, '');
  const hash = text.indexOf('#');
  const beforeFragment = hash === -1 ? text : text.slice(0, hash);
  const question = beforeFragment.indexOf('?');
  const path = question === -1 ? beforeFragment : beforeFragment.slice(0, question);
  const query = question === -1 ? '' : rewritePart('?', beforeFragment.slice(question + 1), changes);
  const fragment = hash === -1 ? '' : rewritePart('#', text.slice(hash + 1), changes);
  return path + query + fragment;
}

function rewritePart(mark: string, part: string, changes: ResponseChanges): string {
  const segments: string[] = [];
  for (const segment of part.split('&')) {
    const equals = segment.indexOf('=');
    const name = decodeFormText(equals === -1 ? segment : segment.slice(0, equals));
    const value = segment.slice(equals + 1);
    if (name === 'state' && decodeFormText(value).startsWith(changes.prefix)) {
      if (changes.hadState) segments.push(`state=${withoutPrefix(value, changes.prefix)}`);
    } else if (name === 'code' && changes.code !== undefined) {
      segments.push(`code=${encodeURIComponent(changes.code)}`);
    } else {
      segments.push(segment);
    }
  }
  return segments.length === 0 ? '' : mark + segments.join('&');
}

/** The prefix has unreserved characters only, so that it usually stands there as it is, and the rest can stay as written. */
function withoutPrefix(encoded: string, prefix: string): string {
  if (encoded.startsWith(prefix)) return encoded.slice(prefix.length);
  return encodeURIComponent(decodeFormText(encoded).slice(prefix.length));
}

function decodeFormText(text: string): string {
  return new URLSearchParams(`v=${text}`).get('v') ?? '';
}

/** An error response to the client's own redirect_uri (RFC 6749 4.1.2.1), in the fragment where the response type asks for it. */
export function buildErrorRedirect(
  redirectUri: string,
  error: { readonly error: string; readonly description: string },
  state: string | undefined,
  inFragment: boolean,
): string {
  const parameters = buildErrorParameters(error, state);
  if (inFragment) return `${redirectUri}#${parameters}`;
  return redirectUri + (redirectUri.includes('?') ? '&' : '?') + parameters;
}
