import type { AuthorizationServer } from 'oauth4webapi';
import { type ClientApp, startClientApp } from '../support/client-app.ts';
import { freePort } from '../support/free-port.ts';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import type { LoginOptions } from '../support/logins/login-attempt.ts';
import { startRedis } from '../support/redis-server.ts';
import type { RecordedRequest, RequestLog } from '../support/request-log.ts';
import { NODE_OAUTH2_SERVER_PATHS, startNodeOauth2Server } from '../support/upstreams/node-oauth2-server.ts';
import { OAUTH2ORIZE_PATHS, startOauth2orize } from '../support/upstreams/oauth2orize.ts';
import { startOidcProvider } from '../support/upstreams/oidc-provider.ts';
import { type TestClient, testClients } from '../support/upstreams/test-client.ts';

type Upstream = AsyncDisposable & {
  readonly url: string;
  readonly requests: RequestLog;
  readonly tokenRequests: RecordedRequest[];
};

type Started = {
  readonly server: Upstream;
  readonly paths: { readonly authorization: string; readonly token: string };
  /** Metadata for clients if the server publishes none. */
  readonly metadata?: AuthorizationServer;
};

type Server = {
  readonly scope: string;
  /** Whether its tokens can be refreshed. */
  readonly refreshes: boolean;
  readonly hasUserinfo: boolean;
  readonly start: (clients: readonly TestClient[], publicUrl: string) => Promise<Started>;
};

const startOidc = (pkce: 'off' | 'optional'): Server['start'] => {
  return async (clients, issuer) => ({
    server: await startOidcProvider({ clients, pkce, issuer }),
    paths: { authorization: '/auth', token: '/token' },
  });
};
const OIDC = { scope: 'openid', refreshes: true, hasUserinfo: true };
const OAUTH = { scope: 'read', hasUserinfo: false };

/** Third-party authorization servers. */
export const SERVERS: Readonly<Record<string, Server>> = {
  'oidc-provider, pkce off': { ...OIDC, start: startOidc('off') },
  'oidc-provider, pkce optional': { ...OIDC, start: startOidc('optional') },
  oauth2orize: {
    ...OAUTH,
    refreshes: false,
    async start(clients, publicUrl) {
      const server = await startOauth2orize({ clients });
      return { server, paths: OAUTH2ORIZE_PATHS, metadata: server.metadataAt(publicUrl) };
    },
  },
  '@node-oauth/oauth2-server': {
    ...OAUTH,
    refreshes: true,
    async start(clients, publicUrl) {
      const server = await startNodeOauth2Server({ clients });
      return { server, paths: NODE_OAUTH2_SERVER_PATHS, metadata: server.metadataAt(publicUrl) };
    },
  },
};

export type Behind = AsyncDisposable & {
  readonly gateway: GatewayUnderTest;
  readonly upstream: Upstream;
  readonly paths: Started['paths'];
  readonly app: ClientApp;
  readonly clients: ReturnType<typeof testClients>;
  /** The common options of all logins. */
  readonly options: Pick<LoginOptions, 'issuer' | 'app' | 'scope' | 'metadata'>;
  readonly tokenEndpoint: string;
};

/** One of the servers, behind a gateway that enforces every client. */
export async function startBehind({ start, scope }: Server, store: 'memory' | 'redis'): Promise<Behind> {
  await using stack = new AsyncDisposableStack();
  const host = 'localhost';
  const port = await freePort(host);
  const publicUrl = `http://${host}:${port}`;
  const app = stack.use(await startClientApp());
  const clients = testClients(app.redirectUri);
  const { server, paths, metadata } = await start(Object.values(clients), publicUrl);
  const upstream = stack.use(server);
  const endpoints = `{authorization: [${paths.authorization}], token: [${paths.token}]}`;
  const redis = store === 'redis' ? stack.use(await startRedis()) : undefined;
  const gateway = stack.use(
    await startGatewayUnderTest({
      upstream: upstream.url,
      issuer: metadata === undefined ? 'endpoints: auto' : `endpoints: ${endpoints}`,
      top: redis?.store ?? '',
      host,
      port,
    }),
  );
  const owned = stack.move();
  return {
    gateway,
    upstream,
    paths,
    app,
    clients,
    options: { issuer: gateway.url, app, scope, ...(metadata !== undefined && { metadata }) },
    tokenEndpoint: `${gateway.url}${paths.token}`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
