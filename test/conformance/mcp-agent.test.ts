import { auth } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AuthorizationResponse, Browser } from '../support/browser.ts';
import { startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { Agent } from '../support/mcp/agent.ts';
import { type ProtectedResource, startProtectedResource } from '../support/mcp/protected-resource.ts';
import { redeemAsThief } from '../support/token-request.ts';
import {
  type Quirks,
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';
import type { TestClient } from '../support/upstreams/test-client.ts';

// An AI agent of the MCP SDK, and an MCP server whose authorization server has no RFC 8414 document, does not advertise
// PKCE and does not verify it. Desktop agents register localhost, and use any port.

const CLIENT_ID = 'agent';
const REGISTERED_URL = 'http://localhost/callback';
const REDIRECT_URL = 'http://localhost:33418/callback';
const CLIENT: TestClient = { clientId: CLIENT_ID, authMethod: 'none', redirectUris: [REDIRECT_URL] };

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

type Scene = {
  readonly upstream: ScriptedLegacyServer;
  readonly resource: ProtectedResource;
  /** The agent's authorization server. */
  readonly authorizationServer: string;
  readonly agent: Agent;
  readonly browser: Browser;
};

async function start(
  behind: 'the gateway' | 'nothing',
  quirks: Partial<Quirks> = {},
  issuer = '',
): Promise<Scene> {
  const upstream = stack.use(await startScriptedLegacyServer({ login: 'return_to', ...quirks }));
  let authorizationServer = upstream.url;
  if (behind === 'the gateway') {
    const gateway = await startGatewayUnderTest({
      upstream: upstream.url,
      issuer: `${issuer}\nclients: {${CLIENT_ID}: {redirect_uris: ["${REGISTERED_URL}"]}}`,
    });
    authorizationServer = stack.use(gateway).url;
  }
  const resource = stack.use(await startProtectedResource(authorizationServer));
  // A manually registered client: the server has no registration endpoint.
  const agent = new Agent({ redirectUrl: REDIRECT_URL, client: { client_id: CLIENT_ID } });
  return { upstream, resource, authorizationServer, agent, browser: stack.use(new Browser()) };
}

/** The user logs in at the agent's URL; returns the response to the agent. */
async function logIn({ agent, browser }: Scene): Promise<AuthorizationResponse> {
  const response = await browser.login(agent.authorizationUrl ?? '', { username: 'alice' });
  expect(response.parameters.get('state')).toBe('agent-state-1');
  return response;
}

const codeOf = (response: AuthorizationResponse) => response.parameters.get('code') ?? '';

describe('behind the gateway', () => {
  test.each([
    // RFC 8707: the MCP server of the tokens.
    { server: 'accepts the resource parameter', resourceParameter: 'ignored', issuer: '', sent: true },
    {
      server: 'refuses it',
      resourceParameter: 'rejected',
      issuer: 'drop_parameters: [resource]',
      sent: false,
    },
  ] as const)('a server that $server: login, tool call and refresh', async (row) => {
    const { resourceParameter, issuer } = row;
    const scene = await start('the gateway', { resourceParameter }, issuer);
    const { agent, resource, upstream } = scene;
    const serverUrl = resource.mcpUrl;
    expect(await auth(agent, { serverUrl })).toBe('REDIRECT');
    expect(agent.authorizationUrl?.searchParams.get('code_challenge_method')).toBe('S256');
    expect(agent.authorizationUrl?.searchParams.get('resource')).toBe(serverUrl);
    const authorizationCode = codeOf(await logIn(scene));
    expect(await auth(agent, { serverUrl, authorizationCode })).toBe('AUTHORIZED');
    const tokens = agent.tokens();

    const client = new Client({ name: 'agent', version: '1.0.0' });
    // The SDK's types do not know exactOptionalPropertyTypes.
    await client.connect(
      new StreamableHTTPClientTransport(new URL(serverUrl), { authProvider: agent }) as Transport,
    );
    const result = await client.callTool({ name: 'whoami' });
    await client.close();
    expect(result['content']).toEqual([{ type: 'text', text: 'alice' }]);

    expect(await auth(agent, { serverUrl })).toBe('AUTHORIZED');
    expect(agent.tokens()?.access_token).not.toBe(tokens?.access_token);
    expect(upstream.tokenRequests.map(({ form }) => form.get('grant_type'))).toEqual([
      'authorization_code',
      'refresh_token',
    ]);
    const resourceSent = row.sent ? serverUrl : null;
    expect(upstream.tokenRequests.map(({ form }) => form.get('resource'))).toEqual([
      resourceSent,
      resourceSent,
    ]);
  });

  test('a server that refuses the resource parameter refuses the agent, unless the gateway drops it', async () => {
    const { agent, browser, resource } = await start('the gateway', { resourceParameter: 'rejected' });
    await auth(agent, { serverUrl: resource.mcpUrl });
    const page = await browser.visit(agent.authorizationUrl ?? '');
    expect([page.status, page.text]).toEqual([400, expect.stringContaining('unknown parameter: resource')]);
  });

  test('the agent finds an RFC 8414 document with S256, although the server has none', async () => {
    const { agent, resource, upstream, authorizationServer } = await start('the gateway');
    expect((await fetch(`${upstream.url}/.well-known/oauth-authorization-server`)).status).toBe(404);
    const asked: string[] = [];
    await auth(agent, {
      serverUrl: resource.mcpUrl,
      fetchFn: (url, init) => {
        asked.push(String(url));
        return fetch(url, init);
      },
    });
    expect(asked).toEqual([
      `${resource.url}/.well-known/oauth-protected-resource/mcp`,
      `${authorizationServer}/.well-known/oauth-authorization-server`,
    ]);
    const response = await fetch(asked[1] ?? '');
    expect(await response.json()).toMatchObject({
      issuer: authorizationServer,
      code_challenge_methods_supported: ['S256'],
    });
  });

  test('an intercepted code of an agent is worthless', async () => {
    const scene = await start('the gateway');
    const { agent, resource, upstream, authorizationServer } = scene;
    const serverUrl = resource.mcpUrl;
    await auth(agent, { serverUrl });
    const response = await logIn(scene);
    for (const tokenEndpoint of [`${authorizationServer}/oauth2/token`, `${upstream.url}/oauth2/token`]) {
      const stolen = await redeemAsThief({ tokenEndpoint, redirectUrl: response.url, client: CLIENT });
      expect(stolen).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    }
    expect(await auth(agent, { serverUrl, authorizationCode: codeOf(response) })).toBe('AUTHORIZED');
  });

  test('a server that advertises plain only: the agent logs in with S256', async () => {
    const scene = await start('the gateway', PLAIN_ONLY);
    const { agent, resource } = scene;
    const serverUrl = resource.mcpUrl;
    expect(await auth(agent, { serverUrl })).toBe('REDIRECT');
    const authorizationCode = codeOf(await logIn(scene));
    expect(await auth(agent, { serverUrl, authorizationCode })).toBe('AUTHORIZED');
  });
});

const PLAIN_ONLY = { metadataOverrides: { code_challenge_methods_supported: ['plain'] } };

// The specification requires an agent to refuse a server that does not advertise S256 (MCP 2025-11-25, Authorization Code
// Protection). The SDK refuses only if the server advertises other methods.
describe('without the gateway', () => {
  test('a server that advertises plain only is refused by the SDK', async () => {
    const { agent, resource } = await start('nothing', PLAIN_ONLY);
    await expect(auth(agent, { serverUrl: resource.mcpUrl })).rejects.toThrow(
      'does not support code challenge method S256',
    );
  });

  test('a server without metadata about PKCE is accepted, and a thief gets the tokens', async () => {
    const scene = await start('nothing');
    const { agent, resource, upstream } = scene;
    const serverUrl = resource.mcpUrl;
    expect(await auth(agent, { serverUrl })).toBe('REDIRECT');
    const response = await logIn(scene);
    const tokenEndpoint = `${upstream.url}/oauth2/token`;
    const stolen = await redeemAsThief({ tokenEndpoint, redirectUrl: response.url, client: CLIENT });
    expect(stolen).toMatchObject({ status: 200, body: { access_token: expect.any(String) } });
  });
});
