import { createServer } from 'node:http';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import express from 'express';
import { type Listener, listen } from '../listener.ts';

export type ProtectedResource = Listener & {
  /** The URL of the MCP server. */
  readonly mcpUrl: string;
};

const METADATA_PATH = '/.well-known/oauth-protected-resource/mcp';

/**
 * A real MCP server with one tool, for clients with an access token of its authorization server. Its metadata (RFC 9728)
 * names that server; the server's userinfo endpoint decides whether a token is valid.
 */
export async function startProtectedResource(authorizationServer: string): Promise<ProtectedResource> {
  const app = express();
  const listener = await listen(createServer(app));
  const mcpUrl = `${listener.url}/mcp`;
  app.get(METADATA_PATH, (_req, res) => {
    res.json({ resource: mcpUrl, authorization_servers: [authorizationServer], scopes_supported: ['read'] });
  });
  const verifyAccessToken = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${authorizationServer}/userinfo`, { headers });
    if (!response.ok) throw new InvalidTokenError('unknown token');
    const { sub } = (await response.json()) as { sub: string };
    return { token, clientId: 'agent', scopes: ['read'], expiresAt: Date.now() / 1000 + 60, extra: { sub } };
  };
  const resourceMetadataUrl = `${listener.url}${METADATA_PATH}`;
  const bearer = requireBearerAuth({ verifier: { verifyAccessToken }, resourceMetadataUrl });
  app.post('/mcp', bearer, express.json(), async (req, res) => {
    const server = new McpServer({ name: 'protected', version: '1.0.0' });
    server.registerTool('whoami', { description: 'Who the agent acts for' }, ({ authInfo }) => ({
      content: [{ type: 'text', text: String(authInfo?.extra?.['sub']) }],
    }));
    // Stateless: a transport for each request. (The SDK's types do not know exactOptionalPropertyTypes.)
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    res.on('close', () => void server.close());
    await server.connect(transport as Transport);
    await transport.handleRequest(req, res, req.body);
  });
  // It starts no stream itself; agents treat any other status than 405 as a fault.
  app.get('/mcp', bearer, (_req, res) => void res.status(405).end());
  return { ...listener, mcpUrl };
}
