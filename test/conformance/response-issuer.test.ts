import { expect, test } from 'vitest';
import { startClientApp } from '../support/client-app.ts';
import { startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { logInWithOauth4webapi } from '../support/logins/oauth4webapi-login.ts';
import { logInWithOpenidClient } from '../support/logins/openid-client-login.ts';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { testClients } from '../support/upstreams/test-client.ts';

// RFC 9207 2.4: a client compares `iss` with the issuer of its metadata, and rejects a response of another issuer. Many
// servers take their issuer from the Host header (Keycloak without a fixed hostname), so clients see the public one, and
// direct requests another one.

const LIBRARIES = { 'openid-client': logInWithOpenidClient, oauth4webapi: logInWithOauth4webapi };

test.each(Object.entries(LIBRARIES))(
  '%s accepts the response of a login, and understands a refusal',
  async (_name, logIn) => {
    await using app = await startClientApp();
    const client = testClients(app.redirectUri).publicClient;
    await using upstream = await startScriptedLegacyServer({
      iss: true,
      metadataOverrides: { authorization_response_iss_parameter_supported: true },
    });
    await using gateway = await startGatewayUnderTest({
      upstream: upstream.url,
      issuer: `clients: {${client.clientId}: {redirect_uris: ["${app.redirectUri}"]}}`,
    });
    // Metadata under names that somebody made up must not take the place of the real one.
    for (let index = 0; index < 100; index += 1) {
      const host = `h${index}.example`;
      const path = '/.well-known/oauth-authorization-server';
      const { status } = await sendRaw(gateway.url, rawRequest(`GET ${path} HTTP/1.1`, [], '', host));
      expect(status).toBe(200);
    }
    const options = { issuer: gateway.url, app, client, scope: 'read' };
    const { response } = await logIn(options);
    expect(response.parameters.get('iss')).toBe(gateway.url);

    await expect(logIn({ ...options, pkce: 'none' })).rejects.toMatchObject({ error: 'invalid_request' });
  },
);
