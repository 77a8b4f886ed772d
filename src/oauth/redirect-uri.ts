const LOOPBACK_WITH_PORT = /^http:\/\/(127\.0\.0\.1|\[::1\])(:\d{1,5})?(?=[/?#]|$)/i;

/**
 * Whether a redirect_uri is one of those registered: character by character (RFC 9700 4.1.3), but for the port of a
 * loopback IP literal, which a native app picks anew each time (RFC 8252 7.3).
 */
export function isRegisteredRedirectUri(redirectUri: string, registered: readonly string[]): boolean {
  if (registered.includes(redirectUri)) return true;
  const portless = withoutLoopbackPort(redirectUri);
  return portless !== undefined && registered.some((uri) => withoutLoopbackPort(uri) === portless);
}

/** The URI without its port, where it points at a loopback IP literal. */
export function withoutLoopbackPort(uri: string): string | undefined {
  const match = LOOPBACK_WITH_PORT.exec(uri);
  if (match === null) return undefined;
  if (Number(match[2]?.slice(1) ?? 0) > 65_535) return undefined;
  return `http://${match[1]?.toLowerCase()}${uri.slice(match[0].length)}`;
}

/**
 * Whether a response is on its way to this redirect_uri: the same scheme, authority and path as a browser reads them,
 * and every query parameter of the redirect_uri still there, in order, in front of what the server added.
 */
export function isAddressedTo(target: URL, redirectUri: string): boolean {
  const expected = URL.parse(redirectUri);
  if (expected === null) return false;
  if (
    target.protocol !== expected.protocol ||
    target.host !== expected.host ||
    target.pathname !== expected.pathname ||
    target.username !== expected.username ||
    target.password !== expected.password
  ) {
    return false;
  }
  if (expected.search === '') return true;
  // Decoded: servers that add to a query often write all of it anew (`/` as `%2F`, `a` as `a=`).
  const actual = [...target.searchParams];
  return [...expected.searchParams].every(
    ([name, value], index) => actual[index]?.[0] === name && actual[index][1] === value,
  );
}
