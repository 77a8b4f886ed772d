/** The login server and the app of `compose.yaml`. The gateway between them runs in its own container. */
import { parseArgs } from 'node:util';
import { startOidcProvider } from '../test/support/upstreams/oidc-provider.ts';
import { testClients } from '../test/support/upstreams/test-client.ts';
import { startClientSite } from './demo/client-site.ts';
import { metadataAt } from './demo/ways.ts';

const { values } = parseArgs({
  options: {
    listen: { type: 'string', default: '0.0.0.0' },
    app: { type: 'string', default: 'http://127.0.0.1:3000' },
    server: { type: 'string', default: 'http://127.0.0.1:9000' },
    /** As a browser reaches it; the host differs from the server's, because cookies ignore ports. */
    gateway: { type: 'string', default: 'http://localhost:8080' },
    /** As the app reaches it. */
    'gateway-inside': { type: 'string', default: 'http://gateway:8080' },
    status: { type: 'string', default: 'http://127.0.0.1:9090' },
    grafana: { type: 'string', default: 'http://127.0.0.1:3001' },
  },
});
const { listen: host, app, server, gateway } = values;
const portOf = (url: string) => Number(new URL(url).port);

const client = testClients(`${app}/callback`).publicClient;
await using stack = new AsyncDisposableStack();
stack.use(await startOidcProvider({ clients: [client], issuer: gateway, host, port: portOf(server) }));
const authorization_endpoint = `${gateway}/auth`;
stack.use(
  await startClientSite({
    client,
    ways: {
      server: metadataAt(server, gateway),
      gateway: { ...metadataAt(values['gateway-inside'], gateway), authorization_endpoint },
    },
    links: { 'Status page of the gateway': values.status, 'Dashboard in Grafana': values.grafana },
    host,
    port: portOf(app),
  }),
);
console.log(`An app that uses the gateway: ${app}/`);
await new Promise<void>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
});
