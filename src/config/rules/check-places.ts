import type { IssuerDraft } from '../config.ts';
import type { Diagnostics } from '../diagnostics.ts';

type Claim = { readonly index: number; readonly path: string | undefined };

/** Represents every host that no issuer names. */
const ANY = '*';

/** Checks that every request belongs to one issuer: by its host, then by its path. */
export function checkPlaces(issuers: readonly (IssuerDraft | undefined)[], diagnostics: Diagnostics): void {
  const claims = new Map<string, Claim>();
  for (const [index, issuer] of issuers.entries()) {
    if (issuer === undefined) continue;
    const paths = 'paths' in issuer ? (issuer.paths ?? []) : [undefined];
    for (const [position, path] of paths.entries()) {
      if (path === undefined && 'paths' in issuer) continue;
      let isReported = false;
      for (const host of new Set(hostsOf(issuer))) {
        // Some servers treat paths that differ only in case as the same.
        const key = `${host} ${path?.toLowerCase() ?? ''}`;
        const other = claims.get(key);
        if (other === undefined) claims.set(key, { index, path });
        else if (path === undefined) reportHost(issuer, host, other, diagnostics.below(index, 'hosts'));
        else if (!isReported) {
          diagnostics.problem([index, 'paths', position], clashText(index, path, other));
          isReported = true;
        }
      }
    }
  }
  warnOfGaps(issuers, claims, diagnostics);
}

function hostsOf(issuer: IssuerDraft): readonly string[] {
  if (!('hosts' in issuer)) return [ANY];
  return (issuer.hosts ?? []).filter((host) => host !== undefined);
}

function clashText(index: number, path: string, other: Claim): string {
  if (other.path !== path) return `some servers treat this path as ${other.path} of issuers[${other.index}]`;
  return other.index === index ? 'is listed twice' : `is already a path of issuers[${other.index}]`;
}

function reportHost({ hosts }: IssuerDraft, host: string, other: Claim, diagnostics: Diagnostics): void {
  if (host === ANY) {
    const message = `is required: issuers[${other.index}] has no hosts either, so both match every request`;
    diagnostics.problem([], message);
  } else {
    diagnostics.problem([hosts?.indexOf(host) ?? 0], `is already a host of issuers[${other.index}]`);
  }
}

/** The styles and scripts of login pages are often at other paths. */
function warnOfGaps(
  issuers: readonly (IssuerDraft | undefined)[],
  claims: ReadonlyMap<string, Claim>,
  diagnostics: Diagnostics,
): void {
  const warned = new Set<string>();
  for (const [index, issuer] of issuers.entries()) {
    if (issuer?.paths === undefined) continue;
    for (const host of hostsOf(issuer)) {
      if (claims.has(`${host} `) || warned.has(host)) continue;
      warned.add(host);
      const where = host === ANY ? 'the hosts that no issuer lists' : host;
      diagnostics.warning(
        [index, 'paths'],
        `no issuer serves the other paths of ${where}: requests for them, such as the assets of a login page, get a 404`,
      );
    }
  }
}
