/**
 * Turns a redirect to one of the server's own origins to the public one: a browser cannot reach the server's origin, or would
 * bypass the gateway. Both schemes count: if `X-Forwarded-Proto` says that browsers use https, a server that speaks http itself
 * writes https before its own host. Everything else stays as written.
 */
export function mapLocation(location: string, ownOrigins: readonly string[], publicOrigin: string): string {
  if (location.startsWith('/') && !location.startsWith('//')) return location;
  const target = URL.parse(location, publicOrigin);
  if (target === null || target.origin === publicOrigin) return location;
  const { origin } = target;
  if (!ownOrigins.some((own) => origin === own || origin === withOtherScheme(own))) return location;
  const end = location[origin.length] ?? '/';
  const written = location.slice(0, origin.length).toLowerCase() === origin && '/?#'.includes(end);
  return written
    ? publicOrigin + location.slice(origin.length)
    : publicOrigin + target.pathname + target.search + target.hash;
}

function withOtherScheme(origin: string): string {
  return origin.startsWith('https:') ? `http:${origin.slice(6)}` : `https:${origin.slice(5)}`;
}
