import { checkPlaces } from './check-places.ts';
import { checkPolicies } from './check-policies.ts';
import { checkSealedPolicies } from './check-sealed-policies.ts';
import type { FileSettings } from './config.ts';
import type { Diagnostics } from './diagnostics.ts';
import type { ValuePath } from './problem.ts';
import { patternFits, patternsOverlap } from './schema/endpoint-pattern.ts';
import type { Draft } from './settings.ts';
import { nodeAt, type YamlNode } from './yaml-tree.ts';

type Issuer = Draft<FileSettings['issuers'][number]>;

const ENDPOINTS = [
  ['authorization', 'authorization'],
  ['token', 'token'],
  ['pushed_authorization', 'pushedAuthorization'],
  ['metadata', 'metadata'],
] as const;

export function checkIssuers(
  { issuers = [], store }: Draft<FileSettings>,
  root: YamlNode,
  diagnostics: Diagnostics,
): void {
  checkNames(issuers, diagnostics);
  checkPlaces(issuers, diagnostics);
  for (const [index, issuer] of issuers.entries()) {
    if (issuer === undefined) continue;
    const path = ['issuers', index];
    const forwardPkce = nodeAt(root, [...path, 'forward_pkce']);
    if (forwardPkce?.kind === 'scalar' && forwardPkce.value === 'auto') {
      diagnostics.warning([...path, 'forward_pkce'], '`auto` is `always` now: leave the key out');
    }
    checkUpstream(issuer, path, diagnostics);
    checkEndpoints(issuer, path, diagnostics);
    checkEndpointPlaces(issuer, path, diagnostics);
    checkPolicies(issuer, path, diagnostics);
    if (store?.kind === 'sealed') checkSealedPolicies(issuer, path, diagnostics);
  }
}

function checkNames(issuers: readonly (Issuer | undefined)[], diagnostics: Diagnostics): void {
  const seen = new Set<string>();
  for (const [index, issuer] of issuers.entries()) {
    if (issuer?.name === undefined) continue;
    if (seen.has(issuer.name)) {
      diagnostics.problem(['issuers', index, 'name'], 'another issuer has this name');
    }
    seen.add(issuer.name);
  }
}

function checkUpstream({ upstream }: Issuer, issuerPath: ValuePath, diagnostics: Diagnostics): void {
  const path = [...issuerPath, 'upstream', 'tls'];
  const { tls, url } = upstream ?? {};
  if (tls === undefined) return;
  if (url?.startsWith('http:')) diagnostics.problem(path, 'has no effect: the upstream is not https');
  if (tls.insecureSkipVerify) {
    diagnostics.warning(
      [...path, 'insecure_skip_verify'],
      'anybody between the gateway and the upstream can read every code and secret',
    );
  }
}

function checkEndpoints(
  { endpoints, discovery }: Issuer,
  issuerPath: ValuePath,
  diagnostics: Diagnostics,
): void {
  if (endpoints === undefined || endpoints === 'auto') return;
  if (discovery !== undefined) {
    const message = 'is for `endpoints: auto`: name the documents under `endpoints.metadata`';
    diagnostics.problem([...issuerPath, 'discovery'], message);
  }
  const seen: { kind: string; pattern: string }[] = [];
  for (const [kind, name] of ENDPOINTS) {
    for (const [index, pattern] of endpoints[name]?.entries() ?? []) {
      if (pattern === undefined) continue;
      const other = seen.find((earlier) => patternsOverlap(earlier.pattern, pattern));
      if (other !== undefined) {
        diagnostics.problem(
          [...issuerPath, 'endpoints', kind, index],
          `matches the same paths as ${other.pattern} of ${other.kind}`,
        );
      }
      seen.push({ kind, pattern });
    }
  }
}

/** A path of another issuer is not judged by this one. */
function checkEndpointPlaces(
  { endpoints, paths }: Issuer,
  issuerPath: ValuePath,
  diagnostics: Diagnostics,
): void {
  if (endpoints === undefined || endpoints === 'auto' || paths === undefined || paths.includes(undefined))
    return;
  for (const [kind, name] of ENDPOINTS) {
    if (name === 'metadata') continue;
    for (const [index, pattern] of endpoints[name]?.entries() ?? []) {
      if (pattern === undefined || paths.some((path) => patternFits(pattern, path as string))) continue;
      diagnostics.problem(
        [...issuerPath, 'endpoints', kind, index],
        'is not below any of the `paths` of this issuer',
      );
    }
  }
}
