import { type Parsed, textAs } from './scalars.ts';

/** Characters that every server interprets alike at any position in a path. */
const SEGMENT = /^[A-Za-z0-9_.~@:+-]*[A-Za-z0-9_~@:+-]$/;

/** The path of an issuer below its host: whole segments, without a slash at the end. */
function parsePathPrefix(text: string): Parsed<string> {
  if (!text.startsWith('/')) return { problem: 'must be a path that starts with /' };
  if (text === '/') return { problem: 'leave `paths` out to get every path that no other issuer lists' };
  if (text.endsWith('/')) return { problem: 'must not end with /' };
  const segments = text.slice(1).split('/');
  if (segments[0] === '.well-known') {
    return {
      problem:
        'belongs to all issuers: leave it out; documents about the paths of this issuer are found without it',
    };
  }
  return segments.every((segment) => SEGMENT.test(segment))
    ? { value: text }
    : { problem: 'segments may contain only letters, digits and _ . ~ @ : + -, and must not end with a dot' };
}

export const pathPrefix = textAs(parsePathPrefix, { 'x-type': 'path', pattern: '^/[A-Za-z0-9_.~@:+/-]*$' });
