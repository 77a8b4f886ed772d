import { withoutRootDot } from './host.ts';

/** A request target in origin form (RFC 9112 3.2.1), split at the first `?`, neither half decoded. */
export type RequestTarget = {
  readonly path: string;
  /** Without the `?`; `undefined` if there is none. */
  readonly query: string | undefined;
};

const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)/i;
// A fragment is never sent; only some servers treat a backslash as a slash; the others are not URI characters.
const FORBIDDEN = /[#\\\s\u0000-\u001f\u007f]/;

/**
 * Reads a request target. Absolute form (RFC 9112 3.2.2) is accepted only if its host equals the Host header, because
 * servers disagree on which of the two counts. `undefined`: an ambiguous target.
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
