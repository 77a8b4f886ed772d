import { z } from 'zod';
import { textThat } from './scalars.ts';

const PLACEHOLDER = /^\{(?:[A-Za-z_][A-Za-z0-9_]*|\*)\}$/;
const PLAIN_SEGMENT = /^(?:[A-Za-z0-9\-._~!$&'()+,=:@]|%[0-9A-F]{2})*$/;

/** A path; a segment `{name}` or `{*}` matches any one segment. */
function problemOfPattern(text: string): string | undefined {
  if (!text.startsWith('/')) return 'must be a path that starts with /';
  if (/[?#]/.test(text)) return 'must be a path without query and fragment';
  if (text.replaceAll('{*}', '').includes('*'))
    return 'cannot contain the wildcard *: write {name} or {*} for any one segment';
  const segments = text.slice(1).split('/');
  return segments
    .map((segment, index) => problemOfSegment(segment, index === segments.length - 1))
    .find((problem) => problem !== undefined);
}

const endpointPattern = textThat(
  { 'x-type': 'path pattern', pattern: '^/(?:[^?#*]|\\{\\*\\})*$' },
  problemOfPattern,
);

export const literalPath = textThat({ 'x-type': 'path', pattern: '^/[^?#*{}]*$' }, (text) =>
  /[{}]/.test(text) ? 'must be a path without {name}' : problemOfPattern(text),
);

export const endpointPathsSchema = z.strictObject({
  authorization: z.array(endpointPattern).min(1).describe('Authorization endpoints.'),
  token: z.array(endpointPattern).min(1).describe('Token endpoints.'),
  pushed_authorization: z
    .array(endpointPattern)
    .prefault([])
    .describe(
      'Pushed authorization request endpoints (RFC 9126). The gateway does not recognise a `request_uri` from any other path.',
    ),
  metadata: z
    .array(endpointPattern)
    .prefault(['/.well-known/openid-configuration'])
    .describe('Discovery documents.'),
});

/** Characters that every server interprets alike at any position in a path. */
const SEGMENT = /^[A-Za-z0-9_.~@:+-]*[A-Za-z0-9_~@:+-]$/;

/** The path of an issuer below its host: whole segments, without a slash at the end. */
export const pathPrefix = textThat({ 'x-type': 'path', pattern: '^/[A-Za-z0-9_.~@:+/-]*$' }, (text) => {
  if (!text.startsWith('/')) return 'must be a path that starts with /';
  if (text === '/') return 'leave `paths` out to get every path that no other issuer lists';
  if (text.endsWith('/')) return 'must not end with /';
  const segments = text.slice(1).split('/');
  if (segments[0] === '.well-known')
    return 'belongs to all issuers: leave it out; documents about the paths of this issuer are found without it';
  if (segments.every((segment) => SEGMENT.test(segment))) return undefined;
  return 'segments may contain only letters, digits and _ . ~ @ : + -, and must not end with a dot';
});

/** Whether some path matches both patterns. */
export function patternsOverlap(a: string, b: string): boolean {
  const left = a.split('/');
  const right = b.split('/');
  if (left.length !== right.length) return false;
  return left.every((segment, index) => {
    const other = right[index] as string;
    if (segment === other) return true;
    return segment !== '' && other !== '' && (PLACEHOLDER.test(segment) || PLACEHOLDER.test(other));
  });
}

/** Whether a pattern matches some path below this one. */
export function patternFits(pattern: string, path: string): boolean {
  const depth = path.split('/').length;
  const head = pattern.split('/').slice(0, depth).join('/');
  return patternsOverlap(head, path);
}

function problemOfSegment(segment: string, isLast: boolean): string | undefined {
  if (segment === '') return isLast ? undefined : 'must not contain //';
  if (segment === '.' || segment === '..') return 'must not contain . or .. segments';
  if (PLACEHOLDER.test(segment)) return undefined;
  if (/[{}]/.test(segment)) return '{name} or {*} must be one whole segment';
  if (!PLAIN_SEGMENT.test(segment))
    return 'has a character that a path cannot have (percent-encode it as %XX)';
  for (const [triplet] of segment.matchAll(/%../g)) {
    const code = Number.parseInt(triplet.slice(1), 16);
    const character = String.fromCharCode(code);
    // Servers disagree on what these mean in a path: the upstream could see a different path than the gateway.
    if (code < 0x20 || code === 0x7f || /[A-Za-z0-9\-._~/\\%]/.test(character)) {
      return `must not contain ${triplet}`;
    }
  }
  return undefined;
}
