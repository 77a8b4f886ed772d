/** Bytes in UTF-8. Longer URIs would fill the store, and no real client has one. */
export const LONGEST_REDIRECT_URI = 2048;

const LOOPBACK_WITH_PORT = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d{1,5})?(?=[/?#]|$)/i;

/**
 * Whether a redirect_uri is registered, character by character (RFC 9700 4.1.3). Only the port of a loopback address may differ,
 * because a native app picks a new one each time (RFC 8252 7.3). Desktop agents also register localhost.
 */
export function isRegisteredRedirectUri(redirectUri: string, registered: readonly string[]): boolean {
  if (registered.includes(redirectUri)) return true;
  const portless = withoutLoopbackPort(redirectUri);
  return portless !== undefined && registered.some((uri) => withoutLoopbackPort(uri) === portless);
}

/** The URI without its port, if its host is a loopback IP literal or localhost; else `undefined`. */
export function withoutLoopbackPort(uri: string): string | undefined {
  const match = LOOPBACK_WITH_PORT.exec(uri);
  if (match === null) return undefined;
  if (Number(match[2]?.slice(1) ?? 0) > 65_535) return undefined;
  return `http://${match[1]?.toLowerCase()}${uri.slice(match[0].length)}`;
}

/** Whether a URL, as a browser reads it, leads to a port of the user's own machine, which any program there may open. */
export function isLoopbackPlace(target: URL): boolean {
  return withoutLoopbackPort(target.origin) !== undefined;
}

/** Whether a host, an IPv6 address with or without brackets, is the machine itself. */
export function isLoopbackHost(host: string): boolean {
  return /^(localhost|::1|\[::1\]|127(\.\d+){3})$/.test(host);
}

/**
 * Whether a response with this target goes exactly to this redirect_uri: scheme, authority, path and the redirect_uri's own query
 * are equal after RFC 3986 6.2.2 and 6.2.3. Additions of the server to the query are ignored.
 */
export function goesTo(target: URL | undefined, redirectUri: string): boolean {
  if (target === undefined) return false;
  if (isWrittenAlike(target.href, redirectUri)) return true;
  const expected = URL.parse(redirectUri);
  if (expected === null) return false;
  return (
    target.protocol === expected.protocol &&
    normaliseEscapes(target.username) === normaliseEscapes(expected.username) &&
    normaliseEscapes(target.password) === normaliseEscapes(expected.password) &&
    normalHost(target) === normalHost(expected) &&
    target.port === expected.port &&
    normalPath(target) === normalPath(expected) &&
    hasQueryOf(expected.searchParams, target.searchParams)
  );
}

/** Whether a URL is this redirect_uri character by character, with a query or fragment added: then nothing needs to be parsed. */
function isWrittenAlike(href: string, redirectUri: string): boolean {
  return (
    href.startsWith(redirectUri) &&
    (href.length === redirectUri.length || /^[?#]/.test(href.charAt(redirectUri.length))) &&
    !/[?#]/.test(redirectUri)
  );
}

/**
 * The place of a URL as a browser reads it: scheme, host, port and path, without the query. Looser than `goesTo`: user
 * information and the dot of a fully qualified host do not matter. Loopback places have no port.
 */
export function placeOf(target: URL): { readonly origin: string; readonly path: string } {
  const host = normalHost(target).replace(/\.$/, '');
  const port = target.port === '' ? '' : `:${target.port}`;
  const origin = `${target.protocol}//${host}${port}`;
  return { origin: withoutLoopbackPort(origin) ?? origin, path: normalPath(target) };
}

/** Hosts of private-use schemes keep their case in a URL, although it has no meaning there either (RFC 3986 6.2.2.1). */
function normalHost({ hostname }: URL): string {
  return normaliseEscapes(hostname).toLowerCase();
}

/** The URL parser already removed dot segments. An empty path with an authority is the root (RFC 3986 6.2.3). */
function normalPath({ pathname, href, protocol }: URL): string {
  if (pathname === '' && href.startsWith('//', protocol.length)) return '/';
  return normaliseEscapes(pathname);
}

/** RFC 3986 6.2.2.1 and 6.2.2.2: unreserved characters need no escape, and the digits of other escapes are in upper case. */
function normaliseEscapes(text: string): string {
  return text.replace(/%[0-9a-f]{2}/gi, (octet) => {
    const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : octet.toUpperCase();
  });
}

/** Servers add these, even if the redirect_uri has one itself. */
const ADDED: ReadonlySet<string> = new Set(['code', 'state', 'iss', 'error', 'response', 'id_token']);

/** Decoded, because servers that add to a query often rewrite all of it (`/` as `%2F`, `a` as `a=`). */
function hasQueryOf(expected: URLSearchParams, actual: URLSearchParams): boolean {
  for (const name of new Set(expected.keys())) {
    const own = expected.getAll(name);
    const found = actual.getAll(name);
    if (found.length !== own.length && !ADDED.has(name)) return false;
    if (own.some((value, index) => found[index] !== value)) return false;
  }
  return true;
}
