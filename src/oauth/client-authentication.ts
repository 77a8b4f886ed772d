import type { Parameters } from './parameters.ts';

/** How a confidential client sends its secret (RFC 6749 2.3.1, RFC 7591 2). */
export type SecretMethod = 'client_secret_basic' | 'client_secret_post';

/** A token or revocation request with the credentials of its client. */
export type AuthenticatedRequest = {
  readonly parameters: Parameters;
  /** The Authorization header. */
  readonly authorization: string | undefined;
};

/** `supported`: as listed in the server's metadata; if it lists nothing, it supports Basic (RFC 8414 2). */
export function chooseSecretMethod(supported: readonly string[] | undefined): SecretMethod {
  const basic =
    supported === undefined || supported.length === 0 || supported.includes('client_secret_basic');
  return basic ? 'client_secret_basic' : 'client_secret_post';
}

/** Only one method at a time (RFC 6749 2.3): with Basic, the client_id is removed from the body, as servers expect. */
export function authenticateRequest(
  parameters: Parameters,
  client: { readonly clientId: string; readonly secret: string; readonly method: SecretMethod },
): AuthenticatedRequest {
  const { clientId, secret, method } = client;
  if (method === 'client_secret_post') {
    const named = parameters.with('client_id', clientId);
    return { parameters: named.with('client_secret', secret), authorization: undefined };
  }
  const credentials = Buffer.from(`${formEncode(clientId)}:${formEncode(secret)}`).toString('base64');
  return { parameters: parameters.without('client_id'), authorization: `Basic ${credentials}` };
}

/** RFC 6749 2.3.1 and appendix B: both halves of Basic credentials are form-urlencoded. */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
