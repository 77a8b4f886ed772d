import { request } from 'undici';
import { newVerifier } from './logins/login-attempt.ts';
import type { TestClient } from './upstreams/test-client.ts';

export type TokenResponse = { readonly status: number; readonly body: Readonly<Record<string, unknown>> };

/** A manual token request: for a thief, and for requests that no client library sends. */
export async function postTokenRequest(
  tokenEndpoint: string,
  parameters: Readonly<Record<string, string>>,
  client?: TestClient,
): Promise<TokenResponse> {
  const form = new URLSearchParams(parameters);
  const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
  if (client !== undefined && client.authMethod !== 'client_secret_basic') {
    form.set('client_id', client.clientId);
    if (client.clientSecret !== undefined) form.set('client_secret', client.clientSecret);
  } else if (client !== undefined) {
    const credentials = [client.clientId, client.clientSecret ?? ''].map(encodeURIComponent).join(':');
    headers.authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  }
  const response = await request(tokenEndpoint, { method: 'POST', headers, body: form.toString() });
  const text = await response.body.text();
  const isJson = String(response.headers['content-type']).includes('json');
  return { status: response.statusCode, body: isJson ? JSON.parse(text) : { text } };
}

export type Theft = {
  readonly tokenEndpoint: string;
  /** The redirect's URL, which is all that the thief saw. */
  readonly redirectUrl: URL;
  readonly client: TestClient;
  /** `none` (default), or a made-up one. */
  readonly verifier?: 'none' | 'made_up';
};

/**
 * The attack that PKCE prevents (RFC 7636 section 1): somebody who saw the redirect redeems its code. The client_id of a
 * public client is not secret: every authorization URL contains it.
 */
export async function redeemAsThief(theft: Theft): Promise<TokenResponse> {
  const { tokenEndpoint, redirectUrl, client, verifier = 'none' } = theft;
  const code =
    redirectUrl.searchParams.get('code') ?? new URLSearchParams(redirectUrl.hash.slice(1)).get('code');
  const redirectUri = new URL(redirectUrl);
  redirectUri.search = '';
  redirectUri.hash = '';
  return postTokenRequest(
    tokenEndpoint,
    {
      grant_type: 'authorization_code',
      code: code ?? '',
      redirect_uri: redirectUri.href,
      ...(verifier === 'made_up' && { code_verifier: newVerifier() }),
    },
    client,
  );
}
