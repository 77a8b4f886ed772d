import type { Parameters } from './parameters.ts';

/** A token or revocation request with the credentials of its client. */
export type AuthenticatedRequest = {
  readonly parameters: Parameters;
  /** The Authorization header; `null`: none. */
  readonly authorization: string | null;
};

/**
 * Adds a confidential client's secret (RFC 6749 2.3.1). `methods`: as listed in the server's metadata; if it lists nothing, it
 * supports Basic (RFC 8414 2). Only one method at a time (RFC 6749 2.3): with Basic, the client_id is removed from the body, as
 * servers expect. An empty secret of the client's own is removed.
 */
export function authenticateRequest(
  parameters: Parameters,
  { clientId, secret }: { readonly clientId: string; readonly secret: string },
  methods: readonly string[] = [],
): AuthenticatedRequest {
  if (methods.length > 0 && !methods.includes('client_secret_basic')) {
    const named = parameters.without('client_secret').with('client_id', clientId);
    return { parameters: named.with('client_secret', secret), authorization: null };
  }
  const credentials = Buffer.from(`${formEncode(clientId)}:${formEncode(secret)}`).toString('base64');
  return {
    parameters: parameters.without('client_id', 'client_secret'),
    authorization: `Basic ${credentials}`,
  };
}

/** RFC 6749 2.3.1 and appendix B: both halves of Basic credentials are form-urlencoded. */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
