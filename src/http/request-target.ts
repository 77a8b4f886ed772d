import { withoutRootDot } from './host.ts';

/** A request target in origin form (RFC 9112 3.2.1), split at the first `?`, neither half decoded. */
export type RequestTarget = {
  readonly path: string;
  /** Without the `?`; `undefined` where there was none. */
  readonly query: string | undefined;
};

const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)/i;
// A fragment never travels; a backslash is a slash to some servers only; the rest is no URI character at all.
const FORBIDDEN = /[#\\\s\u0000-\u001f\u007f]/;

/**
 * Reads a request target. Absolute form (RFC 9112 3.2.2) is taken only where it names the host of the Host header:
 * servers disagree on which of the two counts. `undefined`: not a target that can be read in one way only.
 */
export function parseRequestTarget(target: string, host: string): RequestTarget | undefined {
  if (FORBIDDEN.test(target)) return undefined;
  let rest = target;
  if (!target.startsWith('/')) {
    const authority = ABSOLUTE_FORM.exec(target);
    if (authority === null) return undefined;
    if (withoutRootDot(authority[1] ?? '').toLowerCase() !== host.toLowerCase()) return undefined;
    rest = target.slice(authority[0].length);
    if (!rest.startsWith('/')) rest = `/${rest}`;
  }
  const question = rest.indexOf('?');
  return question === -1
    ? { path: rest, query: undefined }
    : { path: rest.slice(0, question), query: rest.slice(question + 1) };
}
