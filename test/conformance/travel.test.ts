import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuthorizationResponse } from '../support/browser.ts';
import { type ClientApp, startClientApp } from '../support/client-app.ts';
import { freePort } from '../support/free-port.ts';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import type { LoginOptions } from '../support/logins/login-attempt.ts';
import { logInWithOauth4webapi } from '../support/logins/oauth4webapi-login.ts';
import { logInWithOpenidClient } from '../support/logins/openid-client-login.ts';
import { postTokenRequest } from '../support/token-request.ts';
import { type OidcProviderServer, startOidcProvider } from '../support/upstreams/oidc-provider.ts';
import { readClaims } from '../support/upstreams/scripted/jwts.ts';
import { type TestClient, testClients } from '../support/upstreams/test-client.ts';

const HTTPS_REDIRECT = 'https://client.example/callback';

type Travel = Pick<LoginOptions, 'responseMode' | 'responseType' | 'usePushedRequest'>;

const TRAVELS: readonly (readonly [what: string, travel: Travel, via: string, wrapped: boolean])[] = [
  ['a redirect', {}, 'query', true],
  ['response_mode fragment', { responseMode: 'fragment' }, 'fragment', true],
  ['response_mode form_post', { responseMode: 'form_post' }, 'form_post', true],
  ['a pushed request', { usePushedRequest: true }, 'query', true],
  ['a pushed request, form_post', { usePushedRequest: true, responseMode: 'form_post' }, 'form_post', true],
  ['JARM', { responseMode: 'jwt' }, 'query', false],
  ['JARM by fragment', { responseMode: 'fragment.jwt' }, 'fragment', false],
  ['JARM by form_post', { responseMode: 'form_post.jwt' }, 'form_post', false],
  ['JARM of a pushed request', { usePushedRequest: true, responseMode: 'jwt' }, 'query', false],
  ['hybrid', { responseType: 'code id_token' }, 'fragment', false],
  ['hybrid by form_post', { responseType: 'code id_token', responseMode: 'form_post' }, 'form_post', false],
  ['hybrid, pushed', { responseType: 'code id_token', usePushedRequest: true }, 'fragment', false],
];

const WRAPPED = TRAVELS.filter(([, , , wrapped]) => wrapped);

const LIBRARIES = { 'openid-client': logInWithOpenidClient, oauth4webapi: logInWithOauth4webapi };

let app: ClientApp;
let upstream: OidcProviderServer;
let gateway: GatewayUnderTest;
let clients: { readonly plain: TestClient; readonly hybrid: TestClient };

beforeEach(async () => {
  app = await startClientApp();
  const port = await freePort('localhost');
  const plain = testClients(app.redirectUri).publicClient;
  clients = {
    plain,
    hybrid: {
      ...plain,
      clientId: 'hybrid',
      redirectUris: [HTTPS_REDIRECT],
      metadata: { response_types: ['code id_token'], grant_types: ['authorization_code', 'implicit'] },
    },
  };
  upstream = await startOidcProvider({
    clients: Object.values(clients),
    issuer: `http://localhost:${port}`,
    features: { jwtResponseModes: { enabled: true }, pushedAuthorizationRequests: { enabled: true } },
  });
  gateway = await startGatewayUnderTest({
    upstream: upstream.url,
    port,
    issuer: `clients:
  ${plain.clientId}: {redirect_uris: ["${app.redirectUri}"]}
  hybrid: {redirect_uris: ["${HTTPS_REDIRECT}"], response_types: [code id_token]}`,
  });
});
afterEach(async () => {
  for (const part of [gateway, upstream, app]) await part[Symbol.asyncDispose]();
});

function optionsFor(travel: Travel): LoginOptions {
  const isHybrid = travel.responseType === 'code id_token';
  return {
    issuer: gateway.url,
    ...travel,
    ...(isHybrid ? { client: clients.hybrid } : { client: clients.plain, app }),
  };
}

describe.each(Object.entries(LIBRARIES))(
  '%s against oidc-provider without PKCE, in enforce',
  (_library, logIn) => {
    describe.each(TRAVELS)('%s', (_, travel, via, wrapped) => {
      test('logs in', async () => {
        const { tokens, response } = await logIn(optionsFor(travel));
        expect(tokens.id_token).toEqual(expect.any(String));
        expect(response.via).toBe(via);
        expect(codeIn(response).startsWith('pgc_')).toBe(wrapped);
        expect(refusals()).toEqual([]);
      });

      test.each(['wrong_verifier', 'missing_verifier'] as const)('%s is refused', async (pkce) => {
        await expect(logIn({ ...optionsFor(travel), pkce })).rejects.toMatchObject({
          error: 'invalid_grant',
        });
        expect(upstream.tokenRequests).toEqual([]);
        expect(refusals()).toEqual([pkce === 'wrong_verifier' ? 'verifier_mismatch' : 'verifier_missing']);
      });

      test('without a challenge no flow begins', async () => {
        const attempt = logIn({ ...optionsFor(travel), pkce: 'none' });
        // Only the server can sign a refusal, and an unsigned one is no response for a client that requested JARM.
        const isSigned = travel.responseMode?.endsWith('jwt') === true && travel.usePushedRequest !== true;
        await expect(attempt).rejects.toMatchObject(isSigned ? {} : { error: 'invalid_request' });
        expect(refusals()).toEqual(['challenge_missing']);
        expect(upstream.requests.to('/auth').concat(upstream.requests.to('/request'))).toEqual([]);
      });
    });

    test.each(WRAPPED)(
      "%s: the browser's code cannot be redeemed at the server itself",
      async (_, travel) => {
        const { client } = optionsFor(travel);
        const stolen: unknown[] = [];
        await logIn({
          ...optionsFor(travel),
          beforeRedemption: async (response) => {
            const code = codeIn(response);
            const redirect_uri = client.redirectUris[0] ?? '';
            const theft = { grant_type: 'authorization_code', code, redirect_uri };
            stolen.push(await postTokenRequest(`${upstream.url}/token`, theft, client));
          },
        });
        expect(stolen).toMatchObject([{ status: 400, body: { error: 'invalid_grant' } }]);
      },
    );
  },
);

function codeIn({ parameters }: AuthorizationResponse): string {
  const jwt = parameters.get('response');
  return jwt === null ? (parameters.get('code') ?? '') : String(readClaims(jwt)['code']);
}

function refusals(): unknown[] {
  return gateway.logLines.filter(({ event }) => event === 'refusal').map(({ reason }) => reason);
}
