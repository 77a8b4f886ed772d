import { Parameters } from './parameters.ts';

/** The fields of an error response (RFC 6749 4.1.2.1), serialised. */
function buildErrorParameters(
  error: { readonly error: string; readonly description: string },
  state: string | undefined,
  iss: string | undefined,
): string {
  const entries: [string, string][] = [
    ['error', error.error],
    ['error_description', error.description],
  ];
  if (state !== undefined) entries.push(['state', state]);
  // RFC 9207 2: an error response names its issuer too.
  if (iss !== undefined) entries.push(['iss', iss]);
  return new Parameters(entries).serialize();
}

/** An error response to the client's own redirect_uri (RFC 6749 4.1.2.1), in the fragment if the response type requires it. */
export function buildErrorRedirect(
  redirectUri: string,
  error: { readonly error: string; readonly description: string },
  address: { readonly state: string | undefined; readonly inFragment: boolean },
  iss: string | undefined,
): string {
  const parameters = buildErrorParameters(error, address.state, iss);
  if (address.inFragment) return `${redirectUri}#${parameters}`;
  return redirectUri + (redirectUri.includes('?') ? '&' : '?') + parameters;
}
