import * as oauth from 'oauth4webapi';
import { expect, test } from 'vitest';
import { startClientApp } from '../support/client-app.ts';
import { startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { logInWithOauth4webapi } from '../support/logins/oauth4webapi-login.ts';
import { startOidcProvider } from '../support/upstreams/oidc-provider.ts';
import { type TestClient, testClients } from '../support/upstreams/test-client.ts';

const INSECURE = { [oauth.allowInsecureRequests]: true };

// A client that is confidential at the server, and public in the library.
test.each(['basicClient', 'postClient'] as const)(
  'oauth4webapi without a secret, oidc-provider with %s',
  async (kind) => {
    await using app = await startClientApp();
    const confidential = testClients(app.redirectUri)[kind];
    const { clientId, clientSecret = '', authMethod } = confidential;
    await using upstream = await startOidcProvider({
      clients: [confidential],
      features: { revocation: { enabled: true, allowedPolicy: async () => true } },
      configuration: { clientAuthMethods: [authMethod] },
    });
    await using gateway = await startGatewayUnderTest({
      upstream: upstream.url,
      issuer: `clients: {${clientId}: {redirect_uris: ["${app.redirectUri}"], inject_secret: "${clientSecret}"}}`,
    });
    upstream.useIssuer(gateway.url);

    const client: TestClient = { clientId, authMethod: 'none', redirectUris: [app.redirectUri] };
    const scope = 'openid offline_access';
    const { tokens, metadata } = await logInWithOauth4webapi({
      issuer: gateway.url,
      client,
      app,
      scope,
      parameters: { prompt: 'consent' },
    });
    expect(metadata.token_endpoint_auth_methods_supported).toEqual([authMethod, 'none']);

    const asClient: oauth.Client = { client_id: clientId };
    const refreshed = await oauth.processRefreshTokenResponse(
      metadata,
      asClient,
      await oauth.refreshTokenGrantRequest(
        metadata,
        asClient,
        oauth.None(),
        tokens.refresh_token ?? '',
        INSECURE,
      ),
    );
    expect(refreshed.access_token).toEqual(expect.any(String));

    const token = refreshed.refresh_token ?? tokens.refresh_token ?? '';
    const revocation = await oauth.revocationRequest(metadata, asClient, oauth.None(), token, INSECURE);
    await oauth.processRevocationResponse(revocation);
    await expect(
      oauth.processRefreshTokenResponse(
        metadata,
        asClient,
        await oauth.refreshTokenGrantRequest(metadata, asClient, oauth.None(), token, INSECURE),
      ),
    ).rejects.toMatchObject({ error: 'invalid_grant' });
  },
);
