import { createHash, randomBytes } from 'node:crypto';
import type { AuthorizationServer } from 'oauth4webapi';
import { type AuthorizationResponse, Browser } from '../browser.ts';
import type { ClientApp } from '../client-app.ts';
import type { TestClient } from '../upstreams/test-client.ts';

/**
 * The client's use of PKCE. `wrong_verifier` and `missing_verifier` begin like S256; `unasked_verifier` sends a verifier
 * for a request without a challenge.
 */
export type PkceUse = 'S256' | 'plain' | 'none' | 'wrong_verifier' | 'missing_verifier' | 'unasked_verifier';

export type LoginOptions = {
  /** Where discovery begins. */
  readonly issuer: string;
  readonly client: TestClient;
  /** The client's listener; without one the browser stops before the redirect URI, as for a native app. */
  readonly app?: ClientApp;
  /** Default: that of the app, else the client's first. */
  readonly redirectUri?: string;
  /** Default: a new one without a session. */
  readonly browser?: Browser;
  readonly username?: string;
  readonly pkce?: PkceUse;
  readonly scope?: string;
  readonly responseType?: 'code' | 'code id_token';
  readonly responseMode?: string;
  /** Default: a random one. */
  readonly state?: string;
  readonly usePushedRequest?: boolean;
  /** Further authorization parameters. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Default `oidc`. */
  readonly discovery?: 'oidc' | 'oauth2';
  /** Instead of discovery, for servers that have none. */
  readonly metadata?: AuthorizationServer;
  /** Called between the authorization response and its redemption, when a thief acts. */
  readonly beforeRedemption?: (response: AuthorizationResponse) => void | Promise<void>;
};

/** The data that a client keeps from its authorization request to the redemption. */
export type LoginAttempt = {
  readonly redirectUri: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly state: string;
  readonly nonce: string | undefined;
  /** The verifier that the client will send; none: it sends none. */
  readonly codeVerifier: string | undefined;
};

export function newVerifier(): string {
  return randomBytes(32).toString('base64url');
}

function s256Challenge(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

export function prepareLogin(options: LoginOptions): LoginAttempt {
  const { client, pkce = 'S256', scope = 'openid', responseType = 'code', responseMode } = options;
  const redirectUri = options.redirectUri ?? options.app?.redirectUri ?? client.redirectUris[0] ?? '';
  const state = options.state ?? randomBytes(9).toString('base64url');
  const nonce = scope.split(' ').includes('openid') ? randomBytes(9).toString('base64url') : undefined;
  const verifier = newVerifier();
  const parameters = {
    client_id: client.clientId,
    response_type: responseType,
    redirect_uri: redirectUri,
    scope,
    state,
    ...(nonce !== undefined && { nonce }),
    ...(responseMode !== undefined && { response_mode: responseMode }),
    ...challengeParameters(pkce, verifier),
    ...options.parameters,
  };
  return { redirectUri, parameters, state, nonce, codeVerifier: sentVerifier(pkce, verifier) };
}

function challengeParameters(pkce: PkceUse, verifier: string): Record<string, string> {
  switch (pkce) {
    case 'none':
    case 'unasked_verifier':
      return {};
    case 'plain':
      return { code_challenge: verifier, code_challenge_method: 'plain' };
    default:
      return { code_challenge: s256Challenge(verifier), code_challenge_method: 'S256' };
  }
}

function sentVerifier(pkce: PkceUse, verifier: string): string | undefined {
  if (pkce === 'none' || pkce === 'missing_verifier') return undefined;
  return pkce === 'wrong_verifier' ? newVerifier() : verifier;
}

/**
 * Takes the user through the login and back to the client. The URL is the redirect URI with the received parameters: in the
 * fragment for a hybrid response, else in the query, for any response mode.
 */
export async function logInAtBrowser(
  options: LoginOptions,
  attempt: LoginAttempt,
  authorizationUrl: URL,
): Promise<{ response: AuthorizationResponse; callbackUrl: URL }> {
  const { browser = new Browser(), username = 'alice', app } = options;
  const response = await browser.login(authorizationUrl, { username }, attempt.redirectUri);
  let received = response.parameters;
  if (app !== undefined && response.url.origin === app.url) {
    await browser.deliver(response);
    const callback = app.callbacks.at(-1);
    // A fragment stays in the browser, where the page's script reads it.
    if (callback !== undefined && response.via !== 'fragment') {
      received = response.via === 'form_post' ? callback.form : callback.query;
    }
  }
  if (options.browser === undefined) await browser[Symbol.asyncDispose]();
  await options.beforeRedemption?.(response);
  const callbackUrl = new URL(attempt.redirectUri);
  if (options.responseType === 'code id_token') callbackUrl.hash = received.toString();
  else callbackUrl.search = received.toString();
  return { response, callbackUrl };
}
