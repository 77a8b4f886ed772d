import { Parameters } from './parameters.ts';

/** The fields of an error response (RFC 6749 4.1.2.1), serialised. */
export function buildErrorParameters(
  error: { readonly error: string; readonly description: string },
  state: string | undefined,
): string {
  const entries: [string, string][] = [
    ['error', error.error],
    ['error_description', error.description],
  ];
  if (state !== undefined) entries.push(['state', state]);
  return new Parameters(entries).serialize();
}
