import * as oauth from 'oauth4webapi';
import type { AuthorizationResponse } from '../browser.ts';
import type { TestClient } from '../upstreams/test-client.ts';
import { type LoginOptions, logInAtBrowser, prepareLogin } from './login-attempt.ts';

export type Oauth4webapiLogin = {
  readonly tokens: oauth.TokenEndpointResponse;
  readonly response: AuthorizationResponse;
  readonly metadata: oauth.AuthorizationServer;
};

const INSECURE = { [oauth.allowInsecureRequests]: true };

/** A complete login with oauth4webapi. Rejects with the library's own error if the server or the gateway refuses. */
export async function logInWithOauth4webapi(options: LoginOptions): Promise<Oauth4webapiLogin> {
  const attempt = prepareLogin(options);
  const metadata = options.metadata ?? (await discover(options));
  const client: oauth.Client = { client_id: options.client.clientId };
  const authentication = clientAuthentication(options.client);

  const authorizationUrl = new URL(metadata.authorization_endpoint ?? '');
  if (options.usePushedRequest) {
    const pushed = await oauth.processPushedAuthorizationResponse(
      metadata,
      client,
      await oauth.pushedAuthorizationRequest(
        metadata,
        client,
        authentication,
        { ...attempt.parameters },
        INSECURE,
      ),
    );
    authorizationUrl.searchParams.set('client_id', client.client_id);
    authorizationUrl.searchParams.set('request_uri', pushed.request_uri);
  } else {
    for (const [name, value] of Object.entries(attempt.parameters)) {
      authorizationUrl.searchParams.set(name, value);
    }
  }
  const { response, callbackUrl } = await logInAtBrowser(options, attempt, authorizationUrl);

  const callback = await validate(options, attempt, metadata, client, callbackUrl);
  const tokenResponse = await oauth.authorizationCodeGrantRequest(
    metadata,
    client,
    authentication,
    callback,
    attempt.redirectUri,
    attempt.codeVerifier ?? oauth.nopkce,
    INSECURE,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(metadata, client, tokenResponse, {
    ...(attempt.nonce !== undefined && { expectedNonce: attempt.nonce, requireIdToken: true }),
  });
  return { tokens, response, metadata };
}

async function discover({ issuer, discovery = 'oidc' }: LoginOptions): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  const response = await oauth.discoveryRequest(url, { algorithm: discovery, ...INSECURE });
  return oauth.processDiscoveryResponse(url, response);
}

async function validate(
  { responseMode, responseType }: LoginOptions,
  { state, nonce }: { state: string; nonce: string | undefined },
  metadata: oauth.AuthorizationServer,
  client: oauth.Client,
  callbackUrl: URL,
): Promise<URLSearchParams> {
  if (responseMode?.endsWith('jwt')) {
    return oauth.validateJwtAuthResponse(metadata, client, callbackUrl, state, INSECURE);
  }
  if (responseType === 'code id_token') {
    return oauth.validateCodeIdTokenResponse(
      metadata,
      client,
      callbackUrl,
      nonce ?? '',
      state,
      undefined,
      INSECURE,
    );
  }
  return oauth.validateAuthResponse(metadata, client, callbackUrl, state);
}

function clientAuthentication({ authMethod, clientSecret = '' }: TestClient): oauth.ClientAuth {
  switch (authMethod) {
    case 'none':
      return oauth.None();
    case 'client_secret_basic':
      return oauth.ClientSecretBasic(clientSecret);
    case 'client_secret_post':
      return oauth.ClientSecretPost(clientSecret);
  }
}
