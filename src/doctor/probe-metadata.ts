import type { MetadataDocument } from '../oauth/metadata.ts';
import { type ExaminedUpstream, forwardsPkce } from './examined-upstream.ts';
import { type Finding, ok, printable, warn } from './finding.ts';

/** What the upstream's metadata says about PKCE, and what the gateway does. */
export function probeMetadata(upstream: ExaminedUpstream, document: MetadataDocument | undefined): Finding[] {
  if (document === undefined) return [];
  const tried = 'metadata: code_challenge_methods_supported';
  const methods = document['code_challenge_methods_supported'];
  const names = Array.isArray(methods) ? methods.map(String) : [];
  const forwarded = forwardsPkce(upstream) ? 'go on to it' : 'stay at the gateway';
  if (names.length === 0) return [ok(tried, `says nothing of PKCE; challenge and verifier ${forwarded}`)];
  const seen = `${printable(names.join(', '))}; challenge and verifier ${forwarded}`;
  if (!names.includes('S256') && forwardsPkce(upstream)) {
    const advice = 'without S256 there it may refuse what clients send: set `forward_pkce: never`';
    return [warn(tried, seen, advice)];
  }
  return [ok(tried, seen)];
}
