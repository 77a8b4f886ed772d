import type { EndpointPaths } from '../config/config.ts';
import { documentsOf, isBelow, subjectOfPath } from '../oauth/metadata-paths.ts';
import { type Discovered, DiscoveryFault, findMetadata } from './discovery.ts';
import type { UpstreamClient } from './upstream-client.ts';

/**
 * Reads the metadata of an issuer with `paths`: one document for each path, because the document at the root may be another
 * issuer's. Throws a `DiscoveryFault`, also if a path has no document, or an `UpstreamFault`.
 */
export async function discoverPaths(
  upstream: UpstreamClient,
  host: string,
  configured: readonly string[],
  paths: readonly string[],
): Promise<Discovered> {
  const found: Discovered[] = [];
  for (const path of paths) {
    const own = configured.filter((document) => isBelow(subjectOfPath(document), path));
    found.push((await findMetadata(upstream, host, [...own, ...documentsOf(path)])).discovered);
  }
  return { ...(found[0] as Discovered), endpoints: mergeEndpoints(found, paths) };
}

function mergeEndpoints(found: readonly Discovered[], paths: readonly string[]): EndpointPaths {
  const all = (kind: keyof EndpointPaths) => [...new Set(found.flatMap(({ endpoints }) => endpoints[kind]))];
  return {
    authorization: all('authorization'),
    token: all('token'),
    pushedAuthorization: all('pushedAuthorization'),
    metadata: [...new Set([...all('metadata'), ...paths.flatMap(documentsOf)])],
  };
}

/** Throws a `DiscoveryFault` for an endpoint outside the issuer's paths: its requests would not be judged. */
export function requireBelow(paths: readonly string[], endpoints: EndpointPaths): void {
  if (paths.length === 0) return;
  const { authorization, token, pushedAuthorization } = endpoints;
  const outside = [...authorization, ...token, ...pushedAuthorization].find(
    (endpoint) => !paths.some((path) => isBelow(endpoint, path)),
  );
  if (outside !== undefined) throw new DiscoveryFault([`${outside} is outside of the issuer's \`paths\``]);
}
