import { issuerSchema } from '../schema/issuer.ts';
import { endpointPathsSchema, patternFits, patternsOverlap } from '../schema/paths.ts';
import { upstreamSchema } from '../schema/upstream.ts';
import { checkPolicies } from './check-policies.ts';
import { withRule } from './rule.ts';

/** The endpoints by key, and the names of their settings. */
const ENDPOINT_KEYS = [
  ['authorization', 'authorization'],
  ['token', 'token'],
  ['pushed_authorization', 'pushedAuthorization'],
  ['metadata', 'metadata'],
] as const;

withRule(issuerSchema, (issuer, diagnostics, written) => {
  const { hosts, paths, endpoints, discovery } = issuer;
  for (const [index, host] of hosts?.entries() ?? []) {
    if (host !== undefined && hosts?.indexOf(host) !== index)
      diagnostics.problem(['hosts', index], 'is listed twice');
  }
  const forward = written.get('forward_pkce')?.value;
  if (forward?.kind === 'scalar' && forward.value === 'auto') {
    diagnostics.warning(['forward_pkce'], '`auto` is `always` now: leave the key out');
  }
  checkPolicies(issuer, diagnostics);
  if (endpoints === undefined || endpoints === 'auto') return;
  if (discovery !== undefined) {
    const message = 'is for `endpoints: auto`: name the documents under `endpoints.metadata`';
    diagnostics.problem(['discovery'], message);
  }
  if (paths === undefined || paths.includes(undefined)) return;
  // A path of another issuer is not judged by this one.
  for (const [kind, name] of ENDPOINT_KEYS) {
    if (name === 'metadata') continue;
    for (const [index, pattern] of endpoints[name]?.entries() ?? []) {
      if (pattern === undefined || paths.some((path) => patternFits(pattern, path as string))) continue;
      diagnostics.problem(['endpoints', kind, index], 'is not below any of the `paths` of this issuer');
    }
  }
});

withRule(endpointPathsSchema, (endpoints, diagnostics) => {
  const seen: { kind: string; pattern: string }[] = [];
  for (const [kind, name] of ENDPOINT_KEYS) {
    for (const [index, pattern] of endpoints[name]?.entries() ?? []) {
      if (pattern === undefined) continue;
      const other = seen.find((earlier) => patternsOverlap(earlier.pattern, pattern));
      if (other !== undefined) {
        diagnostics.problem([kind, index], `matches the same paths as ${other.pattern} of ${other.kind}`);
      }
      seen.push({ kind, pattern });
    }
  }
});

withRule(upstreamSchema, ({ url, tls }, diagnostics) => {
  if (tls === undefined) return;
  if (url?.startsWith('http:')) diagnostics.problem(['tls'], 'has no effect: the upstream is not https');
  if (tls.insecureSkipVerify) {
    diagnostics.warning(
      ['tls', 'insecure_skip_verify'],
      'anybody between the gateway and the upstream can read every code and secret',
    );
  }
});
