import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import express from 'express';
import oauth2orize from 'oauth2orize';
import type { AuthorizationServer } from 'oauth4webapi';
import { type Listener, listen } from '../listener.ts';
import { type RecordedRequest, RequestLog } from '../request-log.ts';
import { readClientCredentials } from './client-credentials.ts';
import { recordInto } from './express-recording.ts';
import { consentPage, loginPage } from './pages.ts';
import type { TestClient } from './test-client.ts';

export type Oauth2orizeOptions = {
  readonly clients: readonly TestClient[];
  readonly host?: string;
  readonly port?: number;
};

export type Oauth2orizeServer = Listener & {
  readonly requests: RequestLog;
  readonly tokenRequests: RecordedRequest[];
  /** It publishes none itself. */
  metadataAt(publicUrl: string): AuthorizationServer;
};

export const OAUTH2ORIZE_PATHS = { authorization: '/dialog/authorize', token: '/oauth/token' } as const;

type User = { readonly id: string };
type Code = { readonly clientId: string; readonly redirectUri: string; readonly user: User };
type Session = { user?: User; returnTo?: string; authorize?: unknown };
type SessionRequest = express.Request & { session: Session; user?: User | TestClient };

/**
 * An express app with oauth2orize, as in its README: a cookie session, a login that sends the browser back to the
 * authorization endpoint, and a decision form that issues the code. The library does not support PKCE.
 */
export async function startOauth2orize({
  clients,
  host,
  port,
}: Oauth2orizeOptions): Promise<Oauth2orizeServer> {
  const requests = new RequestLog();
  const oauth = buildGrants(clients);
  const app = express();
  app.use(recordInto(requests), sessions());

  app.get('/login', (_req, res) => void res.send(loginPage('/login')));
  app.post('/login', (req, res) => {
    const { session } = req as SessionRequest;
    session.user = { id: req.body.username || 'alice' };
    res.redirect(session.returnTo ?? '/');
  });
  app.get(
    OAUTH2ORIZE_PATHS.authorization,
    (req, res, next) => {
      const { session } = req as SessionRequest;
      if (session.user !== undefined) return next();
      session.returnTo = req.originalUrl;
      res.redirect('/login');
    },
    oauth.authorize(
      (clientId: string, redirectUri: string, done: oauth2orize.ValidateDoneFunction<TestClient>) => {
        const client = findClient(clients, clientId);
        done(null, client?.redirectUris.includes(redirectUri) ? client : false, redirectUri);
      },
    ),
    (req, res) => {
      const { transactionID, client } = (req as unknown as { oauth2: oauth2orize.OAuth2<TestClient> }).oauth2;
      res.send(
        consentPage(`${OAUTH2ORIZE_PATHS.authorization}/decision`, client.clientId, [
          ['transaction_id', transactionID],
        ]),
      );
    },
  );
  app.post(`${OAUTH2ORIZE_PATHS.authorization}/decision`, oauth.decision());
  app.use(
    OAUTH2ORIZE_PATHS.authorization,
    oauth.errorHandler({ mode: 'indirect' }) as express.ErrorRequestHandler,
  );
  app.post(OAUTH2ORIZE_PATHS.token, authenticateClient(clients), oauth.token());
  app.use(OAUTH2ORIZE_PATHS.token, oauth.errorHandler() as express.ErrorRequestHandler);

  const listener = await listen(createServer(app), host, port);
  return {
    ...listener,
    requests,
    get tokenRequests() {
      return requests.to(OAUTH2ORIZE_PATHS.token);
    },
    metadataAt: (publicUrl) => ({
      issuer: publicUrl,
      authorization_endpoint: `${publicUrl}${OAUTH2ORIZE_PATHS.authorization}`,
      token_endpoint: `${publicUrl}${OAUTH2ORIZE_PATHS.token}`,
    }),
  };
}

function buildGrants(clients: readonly TestClient[]): oauth2orize.OAuth2Server<TestClient, User> {
  const oauth = oauth2orize.createServer<TestClient, User>();
  const codes = new Map<string, Code>();
  oauth.serializeClient((client, done) => done(null, client.clientId));
  oauth.deserializeClient((id, done) => done(null, findClient(clients, id) ?? false));
  oauth.grant(
    oauth2orize.grant.code<TestClient, User>(
      (client, redirectUri, user, done: oauth2orize.IssueGrantCodeDoneFunction) => {
        const code = randomBytes(12).toString('hex');
        codes.set(code, { clientId: client.clientId, redirectUri, user });
        done(null, code);
      },
    ),
  );
  oauth.exchange(
    oauth2orize.exchange.authorizationCode<TestClient>(
      (client, code, redirectUri, done: oauth2orize.ExchangeDoneFunction) => {
        const issued = codes.get(code);
        if (issued?.clientId !== client.clientId || issued.redirectUri !== redirectUri)
          return done(null, false);
        codes.delete(code);
        done(null, `access-${randomBytes(9).toString('hex')}`, undefined, { sub: issued.user.id });
      },
    ),
  );
  return oauth;
}

function findClient(clients: readonly TestClient[], clientId: string | undefined): TestClient | undefined {
  return clients.find((client) => client.clientId === clientId);
}

function sessions(): express.RequestHandler {
  const known = new Map<string, Session>();
  return (req, res, next) => {
    const sent = /(?:^|; )connect\.sid=([^;]+)/.exec(req.headers.cookie ?? '')?.[1];
    const id = sent !== undefined && known.has(sent) ? sent : randomBytes(12).toString('hex');
    const session = known.get(id) ?? {};
    if (id !== sent) res.cookie('connect.sid', id, { httpOnly: true });
    known.set(id, session);
    Object.assign(req, { session, user: session.user });
    next();
  };
}

function authenticateClient(clients: readonly TestClient[]): express.RequestHandler {
  return (req, res, next) => {
    const { clientId, clientSecret } = readClientCredentials(req.headers, new URLSearchParams(req.body));
    const client = findClient(clients, clientId);
    if (client === undefined || client.clientSecret !== clientSecret) {
      res.status(401).json({ error: 'invalid_client' });
      return;
    }
    (req as SessionRequest).user = client;
    next();
  };
}
