import * as openidClient from 'openid-client';
import type { AuthorizationResponse } from '../browser.ts';
import type { TestClient } from '../upstreams/test-client.ts';
import { type LoginOptions, logInAtBrowser, prepareLogin } from './login-attempt.ts';

export type OpenidClientLogin = {
  readonly tokens: Awaited<ReturnType<typeof openidClient.authorizationCodeGrant>>;
  readonly response: AuthorizationResponse;
  readonly configuration: openidClient.Configuration;
};

/** A complete login with openid-client. Rejects with the library's own error if the server or the gateway refuses. */
export async function logInWithOpenidClient(options: LoginOptions): Promise<OpenidClientLogin> {
  const attempt = prepareLogin(options);
  const configuration = await configure(options);
  const authorizationUrl = options.usePushedRequest
    ? await openidClient.buildAuthorizationUrlWithPAR(configuration, attempt.parameters)
    : openidClient.buildAuthorizationUrl(configuration, attempt.parameters);
  // Called last: with useJwtResponseMode, the URL would request `jwt` instead of the intended JWT mode.
  if (options.responseType === 'code id_token') openidClient.useCodeIdTokenResponseType(configuration);
  if (options.responseMode?.endsWith('jwt')) openidClient.useJwtResponseMode(configuration);
  const { response, callbackUrl } = await logInAtBrowser(options, attempt, authorizationUrl);

  const tokens = await openidClient.authorizationCodeGrant(configuration, callbackUrl, {
    expectedState: attempt.state,
    ...(attempt.nonce !== undefined && { expectedNonce: attempt.nonce }),
    ...(attempt.codeVerifier !== undefined && { pkceCodeVerifier: attempt.codeVerifier }),
  });
  return { tokens, response, configuration };
}

async function configure(options: LoginOptions): Promise<openidClient.Configuration> {
  const { client, issuer, metadata } = options;
  const authentication = clientAuthentication(client);
  if (metadata !== undefined) {
    const configuration = new openidClient.Configuration(metadata, client.clientId, {}, authentication);
    openidClient.allowInsecureRequests(configuration);
    return configuration;
  }
  return openidClient.discovery(new URL(issuer), client.clientId, {}, authentication, {
    algorithm: options.discovery ?? 'oidc',
    execute: [openidClient.allowInsecureRequests],
  });
}

function clientAuthentication(client: TestClient): openidClient.ClientAuth {
  switch (client.authMethod) {
    case 'none':
      return openidClient.None();
    case 'client_secret_basic':
      return openidClient.ClientSecretBasic(client.clientSecret);
    case 'client_secret_post':
      return openidClient.ClientSecretPost(client.clientSecret);
  }
}
