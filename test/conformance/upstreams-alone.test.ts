import type { AuthorizationServer } from 'oauth4webapi';
import { afterEach, describe, expect, test } from 'vitest';
import { type ClientApp, startClientApp } from '../support/client-app.ts';
import type { LoginOptions } from '../support/logins/login-attempt.ts';
import { logInWithOauth4webapi } from '../support/logins/oauth4webapi-login.ts';
import { logInWithOpenidClient } from '../support/logins/openid-client-login.ts';
import type { RecordedRequest } from '../support/request-log.ts';
import { postTokenRequest, redeemAsThief, type TokenResponse } from '../support/token-request.ts';
import { startNodeOauth2Server } from '../support/upstreams/node-oauth2-server.ts';
import { startOauth2orize } from '../support/upstreams/oauth2orize.ts';
import { startOidcProvider } from '../support/upstreams/oidc-provider.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { type TestClient, testClients } from '../support/upstreams/test-client.ts';

// The premise of the project, without the gateway: clients do everything right, but a stolen code can be redeemed, because
// these servers ignore the verifier.

type Upstream = AsyncDisposable & { readonly url: string; readonly tokenRequests: RecordedRequest[] };
type Started = Upstream & { readonly metadata?: AuthorizationServer; readonly scope: string };

const UPSTREAMS: Record<string, (clients: readonly TestClient[]) => Promise<Started>> = {
  async 'oidc-provider'(clients) {
    return Object.assign(await startOidcProvider({ clients }), { scope: 'openid' });
  },
  async oauth2orize(clients) {
    const server = await startOauth2orize({ clients });
    return Object.assign(server, { scope: 'read', metadata: server.metadataAt(server.url) });
  },
  async '@node-oauth/oauth2-server'(clients) {
    const server = await startNodeOauth2Server({ clients });
    return Object.assign(server, { scope: 'read', metadata: server.metadataAt(server.url) });
  },
  async 'scripted server'() {
    const server = await startScriptedLegacyServer({ login: 'return_to' });
    return Object.assign(server, { scope: 'read' });
  },
};

const CLIENT_LIBRARIES = { 'openid-client': logInWithOpenidClient, oauth4webapi: logInWithOauth4webapi };

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

describe.each(Object.entries(UPSTREAMS))('%s alone', (_name, startUpstream) => {
  async function start(): Promise<{
    upstream: Started;
    app: ClientApp;
    clients: ReturnType<typeof testClients>;
    options: Pick<LoginOptions, 'issuer' | 'app' | 'scope' | 'metadata'>;
    tokenEndpoint: string;
  }> {
    const app = stack.use(await startClientApp());
    const clients = testClients(app.redirectUri);
    const upstream = stack.use(await startUpstream(Object.values(clients)));
    const { url, scope, metadata } = upstream;
    const options = { issuer: url, app, scope, ...(metadata !== undefined && { metadata }) };
    const tokenEndpoint = metadata?.token_endpoint ?? (await discoverTokenEndpoint(url));
    return { upstream, app, clients, options, tokenEndpoint };
  }

  describe.each(Object.entries(CLIENT_LIBRARIES))('%s', (_library, logIn) => {
    test.each(['publicClient', 'basicClient', 'postClient'] as const)('%s logs in', async (kind) => {
      const { upstream, clients, options } = await start();
      const { tokens } = await logIn({ ...options, client: clients[kind] });
      expect(tokens.access_token).toEqual(expect.any(String));
      expect(upstream.tokenRequests).toHaveLength(1);
      expect(upstream.tokenRequests[0]?.form.has('code_verifier')).toBe(true);
    });

    test.each(['wrong_verifier', 'missing_verifier', 'none', 'plain'] as const)(
      'pkce %s: accepted',
      async (pkce) => {
        const { clients, options } = await start();
        const { tokens } = await logIn({ ...options, client: clients.publicClient, pkce });
        expect(tokens.access_token).toEqual(expect.any(String));
      },
    );
  });

  test.each(['none', 'made_up'] as const)(
    'a thief redeems an intercepted code, verifier: %s',
    async (verifier) => {
      const { clients, options, tokenEndpoint } = await start();
      const client = clients.publicClient;
      const stolen: TokenResponse[] = [];
      const victim = logInWithOauth4webapi({
        ...options,
        client,
        beforeRedemption: async ({ url }) => {
          stolen.push(await redeemAsThief({ tokenEndpoint, redirectUrl: url, client, verifier }));
        },
      });
      // The victim is too late: the code is spent.
      await expect(victim).rejects.toThrow();
      expect(stolen).toMatchObject([{ status: 200, body: { access_token: expect.any(String) } }]);
    },
  );

  test('an unknown code is refused, so the server checks codes', async () => {
    const { clients, app, tokenEndpoint } = await start();
    const refused = await postTokenRequest(
      tokenEndpoint,
      { grant_type: 'authorization_code', code: 'never-issued', redirect_uri: app.redirectUri },
      clients.publicClient,
    );
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(refused.body).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('oidc-provider with pkce optional', () => {
  test.each([
    ['S256', 400],
    ['none', 200],
  ] as const)('client uses %s: the thief gets a %i', async (pkce, status) => {
    const app = stack.use(await startClientApp());
    const client = testClients(app.redirectUri).publicClient;
    const upstream = stack.use(await startOidcProvider({ clients: [client], pkce: 'optional' }));
    const tokenEndpoint = `${upstream.url}/token`;
    const stolen: TokenResponse[] = [];
    const login = logInWithOpenidClient({
      issuer: upstream.url,
      app,
      client,
      pkce,
      beforeRedemption: async ({ url }) => {
        stolen.push(await redeemAsThief({ tokenEndpoint, redirectUrl: url, client }));
      },
    });
    await login.catch(() => undefined);
    expect(stolen).toMatchObject([{ status }]);
  });

  test('a wrong verifier is refused', async () => {
    const app = stack.use(await startClientApp());
    const client = testClients(app.redirectUri).publicClient;
    const upstream = stack.use(await startOidcProvider({ clients: [client], pkce: 'optional' }));
    const login = logInWithOpenidClient({ issuer: upstream.url, app, client, pkce: 'wrong_verifier' });
    await expect(login).rejects.toMatchObject({ error: 'invalid_grant' });
  });
});

describe('oidc-provider supports', () => {
  async function start() {
    const app = stack.use(await startClientApp());
    const httpsRedirect = 'https://client.example/callback';
    const publicClient = testClients(app.redirectUri).publicClient;
    const hybridClient: TestClient = {
      ...publicClient,
      clientId: 'hybrid',
      redirectUris: [httpsRedirect],
      metadata: {
        response_types: ['code', 'code id_token'],
        grant_types: ['authorization_code', 'implicit'],
      },
    };
    const upstream = stack.use(
      await startOidcProvider({
        clients: [publicClient, hybridClient],
        features: { jwtResponseModes: { enabled: true }, pushedAuthorizationRequests: { enabled: true } },
      }),
    );
    return { upstream, app, publicClient, hybridClient };
  }

  test.each([
    ['fragment', 'fragment'],
    ['form_post', 'form_post'],
    ['jwt', 'query'],
    ['fragment.jwt', 'fragment'],
    ['form_post.jwt', 'form_post'],
  ])('response_mode %s', async (responseMode, via) => {
    const { upstream, app, publicClient: client } = await start();
    const options = { issuer: upstream.url, app, client, responseMode };
    for (const logIn of Object.values(CLIENT_LIBRARIES)) {
      const { tokens, response } = await logIn(options);
      expect(tokens.id_token).toEqual(expect.any(String));
      expect(response.via).toBe(via);
    }
  });

  test('a pushed authorization request', async () => {
    const { upstream, app, publicClient: client } = await start();
    for (const logIn of Object.values(CLIENT_LIBRARIES)) {
      await logIn({ issuer: upstream.url, app, client, usePushedRequest: true });
    }
    expect(upstream.requests.to('/request')).toHaveLength(2);
  });

  test('code id_token', async () => {
    const { upstream, hybridClient: client } = await start();
    for (const logIn of Object.values(CLIENT_LIBRARIES)) {
      const { response } = await logIn({ issuer: upstream.url, client, responseType: 'code id_token' });
      expect(response.parameters.has('id_token')).toBe(true);
    }
  });

  test('the public issuer of a gateway in front', async () => {
    const { upstream } = await start();
    upstream.useIssuer('http://login.example');
    const response = await fetch(`${upstream.url}/.well-known/openid-configuration`);
    expect(await response.json()).toMatchObject({ issuer: 'http://login.example' });
  });
});

async function discoverTokenEndpoint(issuer: string): Promise<string> {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`);
  return ((await response.json()) as { token_endpoint: string }).token_endpoint;
}
