import { parseConfig } from '../../src/config/load.ts';
import { startGateway } from '../../src/gateway.ts';
import { freePort } from '../../test/support/free-port.ts';
import { canListenOn, type Listener } from '../../test/support/listener.ts';
import { type OidcProviderServer, startOidcProvider } from '../../test/support/upstreams/oidc-provider.ts';
import { type TestClient, testClients } from '../../test/support/upstreams/test-client.ts';
import { startClientSite } from './client-site.ts';
import { metadataAt, type Ways } from './ways.ts';

/** All parties of the demo. */
export type Stage = AsyncDisposable & {
  readonly client: TestClient;
  readonly site: Listener;
  readonly server: OidcProviderServer;
  readonly gatewayUrl: string;
  readonly adminUrl: string;
  readonly ways: Ways;
};

/**
 * Server, gateway and client get different hosts, because cookies ignore ports: a session at one would also be a session at
 * the other.
 */
export async function setStage(): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const clientHost = (await canListenOn('127.0.0.2')) ? '127.0.0.2' : '127.0.0.1';
  const clientPort = await freePort(clientHost);
  const redirectUri = `http://${clientHost}:${clientPort}/callback`;
  const client = testClients(redirectUri).publicClient;

  const server = stack.use(await startOidcProvider({ clients: [client] }));
  const gateway = stack.use(await startGateway(await configure(server.url, client)));
  const gatewayUrl = `http://localhost:${new URL(gateway.url).port}`;
  // A legacy server behind a proxy uses its public name for all requests.
  server.useIssuer(gatewayUrl);
  const ways = { server: metadataAt(server.url, gatewayUrl), gateway: metadataAt(gatewayUrl, gatewayUrl) };
  const site = stack.use(
    await startClientSite({
      client,
      ways,
      links: { 'Status page of the gateway': gateway.adminUrl },
      host: clientHost,
      port: clientPort,
    }),
  );

  const cast = stack.move();
  return {
    client,
    site,
    server,
    gatewayUrl,
    adminUrl: gateway.adminUrl,
    ways,
    [Symbol.asyncDispose]: () => cast.disposeAsync(),
  };
}

async function configure(upstreamUrl: string, client: TestClient) {
  const yaml = `
listen: {address: "127.0.0.1:0"}
admin: {address: "127.0.0.1:0"}
log: {level: silent}
issuers:
  - name: demo
    upstream: {url: "${upstreamUrl}"}
    clients:
      ${client.clientId}: {mode: enforce, redirect_uris: ["${client.redirectUris[0]}"]}
`;
  const loaded = await parseConfig(yaml, 'demo.yaml', { env: {} });
  if (loaded.ok) return loaded.config;
  throw new Error(loaded.problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
}
