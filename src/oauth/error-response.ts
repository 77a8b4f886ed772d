import { Parameters } from './parameters.ts';

/** The fields of an error response (RFC 6749 4.1.2.1), serialised. */
export function buildErrorParameters(
  error: { readonly error: string; readonly description: string },
  state: string | undefined,
  iss: string | undefined,
): string {
  const entries: [string, string][] = [
    ['error', error.error],
    ['error_description', error.description],
  ];
  if (state !== undefined) entries.push(['state', state]);
  // RFC 9207 2: also an error response names its issuer.
  if (iss !== undefined) entries.push(['iss', iss]);
  return new Parameters(entries).serialize();
}
