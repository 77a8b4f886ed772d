import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { FetchLike, Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { type GatewayUnderTest, startGatewayUnderTest } from '../gateway-under-test.ts';
import { Agent } from './agent.ts';

// The client that the MCP conformance suite runs: `node suite-client.ts <URL of the suite's MCP server>`. It is an agent
// of the SDK, with a gateway between it and the suite's authorization server. The suite says what it thinks of what
// arrives there; what the gateway has seen goes to stdout.

const REDIRECT_URL = 'http://127.0.0.1:33418/callback';
const { MCP_CONFORMANCE_CONTEXT: context = '{}', AGENT_FORGETS_VERIFIER: forgets } = process.env;
const mcpUrl = process.argv[2] ?? '';

let gateway: GatewayUnderTest | undefined;

/** As an operator would: the MCP server names the gateway as its authorization server. */
async function moveBehindGateway(authorizationServer: string): Promise<string> {
  const { origin, pathname } = new URL(authorizationServer);
  const path = pathname === '/' ? '' : pathname;
  const metadata = [
    `${path}/.well-known/openid-configuration`,
    `/.well-known/oauth-authorization-server${path}`,
  ];
  const endpoints = { authorization: [`${path}/authorize`], token: [`${path}/token`], metadata };
  // The metadata of an issuer with a path is not at the root, where the gateway would look by default.
  const issuer = path === '' ? '' : `endpoints: ${JSON.stringify(endpoints)}`;
  gateway ??= await startGatewayUnderTest({ upstream: origin, issuer });
  return gateway.url + path;
}

const fetchFn: FetchLike = async (url, init) => {
  if (forgets !== undefined && init?.body instanceof URLSearchParams) init.body.delete('code_verifier');
  const response = await fetch(url, init);
  if (response.status !== 200 || !/json/.test(response.headers.get('content-type') ?? '')) return response;
  const document = (await response.clone().json()) as Record<string, unknown>;
  if (!Array.isArray(document['authorization_servers'])) return response;
  const behind = document['authorization_servers'].map((server) => moveBehindGateway(String(server)));
  return Response.json({ ...document, authorization_servers: await Promise.all(behind) });
};

/** The suite's user consents at once, with one redirect back. */
async function visit(url: URL): Promise<string> {
  const response = await fetch(url, { redirect: 'manual' });
  const code = URL.parse(response.headers.get('location') ?? '')?.searchParams.get('code');
  if (code == null) throw new Error(`no code: ${response.status} ${await response.text()}`);
  return code;
}

const { client_id, client_secret } = JSON.parse(context) as { client_id?: string; client_secret?: string };
const agent = new Agent({
  redirectUrl: REDIRECT_URL,
  client:
    client_id === undefined
      ? undefined
      : { client_id, ...(client_secret !== undefined && { client_secret }) },
  clientMetadataUrl: 'https://conformance-test.local/client-metadata.json',
});
const connect = () =>
  new StreamableHTTPClientTransport(new URL(mcpUrl), { authProvider: agent, fetch: fetchFn });
let transport = connect();

/** Runs a step, and repeats it after a login if necessary, with at most three logins. */
async function withLogin<T>(act: () => Promise<T>): Promise<T> {
  for (let logins = 0; ; logins++) {
    try {
      return await act();
    } catch (error) {
      const url = agent.authorizationUrl;
      if (!(error instanceof UnauthorizedError) || url === undefined || logins === 3) throw error;
      await transport.finishAuth(await visit(url));
    }
  }
}

const client = new Client({ name: 'agent', version: '1.0.0' });
try {
  await withLogin(() => {
    transport = connect();
    // The SDK's types do not know exactOptionalPropertyTypes.
    return client.connect(transport as Transport);
  });
  await withLogin(() => client.listTools());
  await withLogin(() => client.callTool({ name: 'test-tool', arguments: {} }));
} finally {
  await client.close();
  const metrics = await gateway?.metrics();
  const verified = metrics?.value('redemptions_total', { result: 'verified' });
  const verifierMissing = metrics?.value('rejections_total', { reason: 'verifier_missing' });
  process.stdout.write(`${JSON.stringify({ verified, verifierMissing })}\n`);
  await gateway?.[Symbol.asyncDispose]();
}
