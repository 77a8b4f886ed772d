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
    const hosts = [...new Set(hostsOf(issuer))];
    const paths = 'paths' in issuer ? (issuer.paths ?? []) : [undefined];
    for (const [position, path] of paths.entries()) {
      if (path === undefined && 'paths' in issuer) continue;
      const clashes = hosts.flatMap((host) => claim(claims, host, { index, path }) ?? []);
      const [first] = clashes;
      if (first === undefined) continue;
      if (path !== undefined)
        diagnostics.problem([index, 'paths', position], clashText(index, path, first.other));
      else for (const clash of clashes) reportHost(issuer, clash, diagnostics.below(index, 'hosts'));
    }
  }
  warnOfGaps(issuers, claims, diagnostics);
}

function hostsOf(issuer: IssuerDraft): readonly string[] {
  if (!('hosts' in issuer)) return [ANY];
  return (issuer.hosts ?? []).filter((host) => host !== undefined);
}

type Clash = { readonly host: string; readonly other: Claim };

/** Some servers treat paths that differ only in case as the same. */
function claim(claims: Map<string, Claim>, host: string, wanted: Claim): Clash | undefined {
  const key = `${host} ${wanted.path?.toLowerCase() ?? ''}`;
  const other = claims.get(key);
  if (other === undefined) claims.set(key, wanted);
  return other && { host, other };
}

function clashText(index: number, path: string, other: Claim): string {
  if (other.path !== path) return `some servers treat this path as ${other.path} of issuers[${other.index}]`;
  return other.index === index ? 'is listed twice' : `is already a path of issuers[${other.index}]`;
}

function reportHost({ hosts }: IssuerDraft, { host, other }: Clash, diagnostics: Diagnostics): void {
  if (host === ANY) {
    diagnostics.problem(
      [],
      `is required: issuers[${other.index}] has no hosts either, so both match every request`,
    );
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
