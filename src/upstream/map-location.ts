/**
 * A redirect to the upstream's own origin, turned to the public one: a browser cannot reach the former, or would reach
 * it around the gateway. All else stays as written.
 */
export function mapLocation(location: string, upstreamOrigin: string, publicOrigin: string): string {
  if (upstreamOrigin === publicOrigin) return location;
  if (location.startsWith('/') && !location.startsWith('//')) return location;
  const target = URL.parse(location, publicOrigin);
  if (target === null || target.origin !== upstreamOrigin) return location;
  const end = location[upstreamOrigin.length] ?? '/';
  const written =
    location.slice(0, upstreamOrigin.length).toLowerCase() === upstreamOrigin && '/?#'.includes(end);
  return written
    ? publicOrigin + location.slice(upstreamOrigin.length)
    : publicOrigin + target.pathname + target.search + target.hash;
}
