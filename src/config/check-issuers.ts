import { checkPlaces } from './check-places.ts';
import { checkPolicies } from './check-policies.ts';
import type { Findings } from './findings.ts';
import type { ValuePath } from './problem.ts';
import { patternFits, patternsOverlap } from './schema/endpoint-pattern.ts';
import type { FileConfig, IssuerEntry } from './schema/gateway.ts';
import { valueAt } from './schema-walk.ts';
import type { ValidPart } from './valid-part.ts';

type Issuer = ValidPart<IssuerEntry>;

export function checkIssuers(
  { issuers = [] }: ValidPart<FileConfig>,
  raw: unknown,
  findings: Findings,
): void {
  checkNames(issuers, findings);
  checkPlaces(issuers, findings);
  for (const [index, issuer] of issuers.entries()) {
    if (issuer === undefined) continue;
    const path = ['issuers', index];
    if (valueAt(raw, [...path, 'forward_pkce']) === 'auto') {
      findings.warning([...path, 'forward_pkce'], '`auto` is `always` now: leave the key out');
    }
    checkUpstream(issuer, path, findings);
    checkEndpoints(issuer, path, findings);
    checkEndpointPlaces(issuer, path, findings);
    checkPolicies(issuer, { path, raw }, findings);
  }
}

function checkNames(issuers: readonly (Issuer | undefined)[], findings: Findings): void {
  const seen = new Set<string>();
  for (const [index, issuer] of issuers.entries()) {
    if (issuer?.name === undefined) continue;
    if (seen.has(issuer.name)) {
      findings.problem(['issuers', index, 'name'], 'another issuer has this name');
    }
    seen.add(issuer.name);
  }
}

function checkUpstream({ upstream }: Issuer, issuerPath: ValuePath, findings: Findings): void {
  const path = [...issuerPath, 'upstream', 'tls'];
  const { tls, url } = upstream ?? {};
  if (tls === undefined) return;
  if (url?.startsWith('http:')) findings.problem(path, 'has no effect: the upstream is not https');
  if (tls.insecure_skip_verify) {
    findings.warning(
      [...path, 'insecure_skip_verify'],
      'whoever is between gateway and upstream can read every code and secret',
    );
  }
}

function checkEndpoints({ endpoints }: Issuer, issuerPath: ValuePath, findings: Findings): void {
  if (endpoints === undefined || endpoints === 'auto') return;
  const seen: { kind: string; pattern: string }[] = [];
  for (const [kind, patterns] of Object.entries(endpoints)) {
    for (const [index, pattern] of patterns?.entries() ?? []) {
      if (pattern === undefined) continue;
      const other = seen.find((earlier) => patternsOverlap(earlier.pattern, pattern));
      if (other !== undefined) {
        findings.problem(
          [...issuerPath, 'endpoints', kind, index],
          `matches the same paths as ${other.pattern} of ${other.kind}`,
        );
      }
      seen.push({ kind, pattern });
    }
  }
}

/** What another issuer's path leads to, nobody judges here. */
function checkEndpointPlaces({ endpoints, paths }: Issuer, issuerPath: ValuePath, findings: Findings): void {
  if (endpoints === undefined || endpoints === 'auto' || paths === undefined || paths.includes(undefined))
    return;
  for (const kind of ['authorization', 'token', 'pushed_authorization'] as const) {
    for (const [index, pattern] of endpoints[kind]?.entries() ?? []) {
      if (pattern === undefined || paths.some((path) => patternFits(pattern, path as string))) continue;
      findings.problem(
        [...issuerPath, 'endpoints', kind, index],
        'is not below any of the `paths` of this issuer',
      );
    }
  }
}
