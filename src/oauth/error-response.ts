import { Parameters } from './parameters.ts';

/** The fields of an error response (RFC 6749 4.1.2.1), in their order. */
export type ErrorResponse = {
  readonly error: string;
  readonly error_description: string;
  readonly state: string | undefined;
  /** RFC 9207 2: an error response names its issuer too. */
  readonly iss: string | undefined;
};

/** An error response to the client's own redirect_uri, in the fragment if the response type requires it. */
export function buildErrorRedirect(
  redirectUri: string,
  response: ErrorResponse,
  inFragment: boolean,
): string {
  const entries = Object.entries(response).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const parameters = new Parameters(entries).serialize();
  const separator = inFragment ? '#' : redirectUri.includes('?') ? '&' : '?';
  return redirectUri + separator + parameters;
}
