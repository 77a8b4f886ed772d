import { buildErrorParameters } from './error-response.ts';
import { type JwtClaims, parseJwtClaims } from './jwt.ts';

/** The outcome of an authorization request on its way to a client (RFC 6749 4.1.2, 4.2.2; OIDC Core 3.3.2.5; JARM 2.3). */
export type AuthorizationResponse = {
  /** Where it goes, as a browser reads it, with whatever parameters stand in the URL. */
  readonly target: URL;
  /** Every value of `code` and `state`, in a signed response also those inside, decoded. */
  readonly codes: readonly string[];
  readonly states: readonly string[];
  /** Whether it carries an id_token, whose `c_hash` covers the code (OIDC Core 3.3.2.11). */
  readonly hasIdToken: boolean;
  /** Whether that covers the state as well (`s_hash`). */
  readonly hasStateHash: boolean;
  readonly hasIss: boolean;
  /** Of a signed response (JARM): for whom it is. `unreadable`: encrypted, malformed, or more than one. */
  readonly jarm: { readonly audience: readonly string[] } | 'unreadable' | undefined;
};

/** What to change in a response on its way to the client; all else keeps every octet that the server wrote. */
export type ResponseChanges = {
  /** Comes off the front of the state; `undefined`: the state stays as it is. */
  readonly prefix: string | undefined;
  /** Whether the client sent a state at all; if not, the prefixed one goes altogether. */
  readonly hadState: boolean;
  /** Takes the place of the code. */
  readonly code: string | undefined;
  /** Added where the response has none (RFC 9207). */
  readonly iss: string | undefined;
};

const MARKERS: ReadonlySet<string> = new Set(['code', 'error', 'access_token', 'id_token', 'response']);

/** The response that these parameters make; `undefined` where they make none: some other redirect or form. */
export function readAuthorizationResponse(
  target: URL,
  parameters: Iterable<readonly [name: string, value: string]>,
): AuthorizationResponse | undefined {
  const codes: string[] = [];
  const states: string[] = [];
  const jwts: string[] = [];
  let marked = false;
  let hasIdToken = false;
  let hasStateHash = false;
  let hasIss = false;
  for (const [name, value] of parameters) {
    if (MARKERS.has(name)) marked = true;
    if (name === 'code') codes.push(value);
    else if (name === 'state') states.push(value);
    else if (name === 'response') jwts.push(value);
    else if (name === 'id_token') {
      hasIdToken = true;
      hasStateHash ||= coversState(value);
    } else if (name === 'iss') hasIss = true;
  }
  if (!marked) return undefined;
  const [jwt] = jwts;
  const claims = jwts.length === 1 && jwt !== undefined ? parseJwtClaims(jwt) : 'malformed';
  const readable = typeof claims === 'object';
  if (jwt !== undefined && readable) {
    codes.push(...textClaims(claims, 'code'));
    states.push(...textClaims(claims, 'state'));
  }
  const jarm =
    jwt === undefined ? undefined : readable ? { audience: textClaims(claims, 'aud') } : 'unreadable';
  return { target, codes, states, hasIdToken, hasStateHash, hasIss, jarm };
}

/** The parameters of a redirect: those of its query, then those of its fragment. */
export function* redirectParameters(target: URL): Generator<[string, string]> {
  for (const part of [target.search, target.hash]) {
    if (part.length > 1) yield* new URLSearchParams(part.slice(1));
  }
}

/** The same Location with the changes made in place. */
export function rewriteAuthorizationResponse(location: string, changes: ResponseChanges): string {
  // A browser ignores tabs and line ends in a URL; what was judged must be what it gets.
  const text = location.replace(/[\t\r\n]/g, '');
  const hash = text.indexOf('#');
  const beforeFragment = hash === -1 ? text : text.slice(0, hash);
  const question = beforeFragment.indexOf('?');
  const path = question === -1 ? beforeFragment : beforeFragment.slice(0, question);
  const query = question === -1 ? undefined : beforeFragment.slice(question + 1);
  const fragment = hash === -1 ? undefined : text.slice(hash + 1);
  const iss = changes.iss === undefined ? [] : [`iss=${encodeURIComponent(changes.iss)}`];
  // Servers write `#_`, or `#` alone, behind a query, so that no older fragment is inherited (RFC 9700 4.1).
  const inFragment = fragment !== undefined && isResponsePart(fragment);
  return (
    path +
    (query === undefined ? '' : rewritePart('?', query, changes, inFragment ? [] : iss)) +
    (fragment === undefined ? '' : rewritePart('#', fragment, changes, inFragment ? iss : []))
  );
}

export function isResponsePart(part: string): boolean {
  if (part === '') return false;
  return [...new URLSearchParams(part).keys()].some((name) => MARKERS.has(name));
}

function rewritePart(
  mark: '?' | '#',
  part: string,
  { prefix, hadState, code }: ResponseChanges,
  added: readonly string[],
): string {
  // To the parser that judged it, and to clients that take `#?code=…`, one `?` at the beginning says nothing.
  const before = part.startsWith('?') ? `${mark}?` : mark;
  const segments: string[] = [];
  for (const segment of part.slice(before.length - 1).split('&')) {
    const equals = segment.indexOf('=');
    const name = decodeFormText(equals === -1 ? segment : segment.slice(0, equals));
    const value = segment.slice(equals + 1);
    if (name === 'state' && prefix !== undefined && decodeFormText(value).startsWith(prefix)) {
      if (hadState) segments.push(`state=${withoutPrefix(value, prefix)}`);
    } else if (name === 'code' && code !== undefined) {
      segments.push(`code=${encodeURIComponent(code)}`);
    } else {
      segments.push(segment);
    }
  }
  segments.push(...added);
  if (segments.length === 0) return '';
  // What stands at the beginning only now keeps its own `?`.
  const lead = before === mark && segments[0]?.startsWith('?') ? `${mark}?` : before;
  return lead + segments.join('&');
}

/** The prefix has unreserved characters only, so that it usually stands there as it is, and the rest can stay as written. */
function withoutPrefix(encoded: string, prefix: string): string {
  if (encoded.startsWith(prefix)) return encoded.slice(prefix.length);
  return encodeURIComponent(decodeFormText(encoded).slice(prefix.length));
}

function decodeFormText(text: string): string {
  if (!/[%+]/.test(text)) return text;
  return new URLSearchParams(`v=${text}`).get('v') ?? '';
}

function coversState(idToken: string): boolean {
  const claims = parseJwtClaims(idToken);
  return typeof claims === 'object' && claims['s_hash'] !== undefined;
}

function textClaims(claims: JwtClaims, name: string): string[] {
  const value = claims[name];
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
}

/** An error response to the client's own redirect_uri (RFC 6749 4.1.2.1), in the fragment where the response type asks for it. */
export function buildErrorRedirect(
  redirectUri: string,
  error: { readonly error: string; readonly description: string },
  address: { readonly state: string | undefined; readonly inFragment: boolean },
  iss: string | undefined,
): string {
  const parameters = buildErrorParameters(error, address.state, iss);
  if (address.inFragment) return `${redirectUri}#${parameters}`;
  return redirectUri + (redirectUri.includes('?') ? '&' : '?') + parameters;
}
