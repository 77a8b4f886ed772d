import { createServer } from 'node:http';
import OAuth2Server from '@node-oauth/oauth2-server';
import express from 'express';
import type { AuthorizationServer } from 'oauth4webapi';
import { type Listener, listen } from '../listener.ts';
import { type RecordedRequest, RequestLog } from '../request-log.ts';
import { recordInto } from './express-recording.ts';
import { createMemoryModel } from './node-oauth2-server/memory-model.ts';
import { loginPage } from './pages.ts';
import type { TestClient } from './test-client.ts';

export type NodeOauth2ServerOptions = {
  readonly clients: readonly TestClient[];
  /** `off` (default): the app drops the PKCE parameters before the library. `optional`: the library's own behaviour. */
  readonly pkce?: 'off' | 'optional';
  readonly host?: string;
  readonly port?: number;
};

export type NodeOauth2Server = Listener & {
  readonly requests: RequestLog;
  readonly tokenRequests: RecordedRequest[];
  /** It publishes none itself. */
  metadataAt(publicUrl: string): AuthorizationServer;
};

export const NODE_OAUTH2_SERVER_PATHS = { authorization: '/oauth/authorize', token: '/oauth/token' } as const;

type Handler = (request: OAuth2Server.Request, response: OAuth2Server.Response) => Promise<unknown>;

/**
 * An express app with @node-oauth/oauth2-server. The authorization endpoint shows the login form itself; the form contains
 * the authorization parameters and POSTs them, with name and password, to the same endpoint.
 */
export async function startNodeOauth2Server({
  clients,
  pkce = 'off',
  host,
  port,
}: NodeOauth2ServerOptions): Promise<NodeOauth2Server> {
  const requests = new RequestLog();
  const oauth = new OAuth2Server({
    model: createMemoryModel(clients),
    allowEmptyState: true,
    requireClientAuthentication: { authorization_code: false, refresh_token: false },
  });
  const authenticateHandler = {
    handle: (request: OAuth2Server.Request) => ({ id: request.body.username || 'alice' }),
  };
  const authorize: Handler = (request, response) =>
    oauth.authorize(request, response, { authenticateHandler, authorizationCodeLifetime: 60 });
  const token: Handler = (request, response) => oauth.token(request, response);

  const app = express();
  app.use(recordInto(requests));
  app.get(NODE_OAUTH2_SERVER_PATHS.authorization, (req, res) => {
    const parameters = new URL(req.originalUrl, 'http://localhost').searchParams;
    res.send(loginPage(NODE_OAUTH2_SERVER_PATHS.authorization, parameters));
  });
  app.post(NODE_OAUTH2_SERVER_PATHS.authorization, answerWith(authorize, pkce));
  app.post(NODE_OAUTH2_SERVER_PATHS.token, answerWith(token, pkce));

  const listener = await listen(createServer(app), host, port);
  return {
    ...listener,
    requests,
    get tokenRequests() {
      return requests.to(NODE_OAUTH2_SERVER_PATHS.token);
    },
    metadataAt: (publicUrl) => ({
      issuer: publicUrl,
      authorization_endpoint: `${publicUrl}${NODE_OAUTH2_SERVER_PATHS.authorization}`,
      token_endpoint: `${publicUrl}${NODE_OAUTH2_SERVER_PATHS.token}`,
    }),
  };
}

function answerWith(handler: Handler, pkce: 'off' | 'optional'): express.RequestHandler {
  return async (req, res) => {
    const response = new OAuth2Server.Response();
    const request = new OAuth2Server.Request({
      headers: req.headers as Record<string, string>,
      method: req.method,
      query: withoutPkce(req.query as Record<string, string>, pkce),
      body: withoutPkce(req.body, pkce),
    });
    try {
      await handler(request, response);
      res.set(response.headers).status(response.status ?? 200);
    } catch (error) {
      // As in @node-oauth/express-oauth-server: the status of the error, together with a Location.
      const { code = 500 } = error as OAuth2Server.OAuthError;
      res.set(response.headers).status(code);
    }
    if (response.headers?.location === undefined) res.json(response.body);
    else res.end();
  };
}

function withoutPkce(
  { ...parameters }: Record<string, string>,
  pkce: 'off' | 'optional',
): Record<string, string> {
  if (pkce === 'optional') return parameters;
  const { code_challenge, code_challenge_method, code_verifier, ...rest } = parameters;
  return rest;
}
