import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as oauth from 'oauth4webapi';
import { type Listener, listen } from '../../test/support/listener.ts';
import { redeemAsThief, type TokenResponse } from '../../test/support/token-request.ts';
import { escapeHtml, page } from '../../test/support/upstreams/pages.ts';
import type { TestClient } from '../../test/support/upstreams/test-client.ts';
import { type Journey, renderJourneys } from './journeys-page.ts';
import type { Way, Ways } from './ways.ts';

type Setting = {
  readonly client: TestClient;
  readonly ways: Ways;
  /** Further pages, by name. */
  readonly links: Readonly<Record<string, string>>;
  readonly host: string;
  readonly port: number;
};
type Attempt = {
  readonly way: Way;
  readonly watched: boolean;
  readonly verifier: string;
  readonly nonce: string;
};

const INSECURE = { [oauth.allowInsecureRequests]: true };

/** The demo's client, for a browser: it uses PKCE correctly, and can let a thief see its codes. */
export async function startClientSite(setting: Setting): Promise<Listener> {
  const attempts = new Map<string, Attempt>();
  /** The last login by each way. */
  const journeys = new Map<Way, Journey>();
  const server = createServer((req, res) => {
    handle(req, res, setting, attempts, journeys).catch((cause: unknown) => {
      sendPage(res, 'An error occurred', `<pre>${escapeHtml(String(cause))}</pre>`);
    });
  });
  return listen(server, setting.host, setting.port);
}

async function handle(
  req: IncomingMessage,
  res: ServerResponse,
  setting: Setting,
  attempts: Map<string, Attempt>,
  journeys: Map<Way, Journey>,
): Promise<void> {
  const url = new URL(req.url ?? '/', `http://${setting.host}:${setting.port}`);
  switch (url.pathname) {
    case '/':
      return send(res, renderJourneys(journeys, setting.links));
    case '/login':
      return startLogin(res, url, setting, attempts);
    case '/callback':
      return finishLogin(res, url, setting, attempts, journeys);
  }
  res.writeHead(404).end();
}

async function startLogin(
  res: ServerResponse,
  asked: URL,
  { client, ways }: Setting,
  attempts: Map<string, Attempt>,
): Promise<void> {
  const way: Way = asked.searchParams.get('way') === 'server' ? 'server' : 'gateway';
  const state = oauth.generateRandomState();
  const verifier = oauth.generateRandomCodeVerifier();
  const nonce = oauth.generateRandomNonce();
  attempts.set(state, { way, watched: asked.searchParams.has('watched'), verifier, nonce });
  const url = new URL(ways[way].authorization_endpoint ?? '');
  url.search = new URLSearchParams({
    client_id: client.clientId,
    response_type: 'code',
    redirect_uri: client.redirectUris[0] ?? '',
    scope: 'openid profile',
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }).toString();
  res.writeHead(303, { location: url.href }).end();
}

async function finishLogin(
  res: ServerResponse,
  url: URL,
  setting: Setting,
  attempts: Map<string, Attempt>,
  journeys: Map<Way, Journey>,
): Promise<void> {
  const state = url.searchParams.get('state') ?? '';
  const attempt = attempts.get(state);
  if (attempt === undefined) {
    return sendPage(res, 'This login is unknown', '<p><a href="/">Start again</a></p>');
  }
  attempts.delete(state);
  const { way, verifier } = attempt;
  const thefts = attempt.watched ? await stealCode(url, setting, way) : [];
  journeys.set(way, {
    verifier,
    challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code: url.searchParams.get('code') ?? '',
    thefts,
    own: await redeem(url, attempt, setting),
  });
  res.writeHead(303, { location: '/' }).end();
}

/** The thief saw the address, and is faster than the app. After getting tokens, the thief stops. */
async function stealCode(redirectUrl: URL, { client, ways }: Setting, way: Way): Promise<TokenResponse[]> {
  const theft = { tokenEndpoint: ways[way].token_endpoint, redirectUrl, client };
  const first = await redeemAsThief(theft);
  return first.status === 200 ? [first] : [first, await redeemAsThief({ ...theft, verifier: 'made_up' })];
}

async function redeem(
  url: URL,
  { way, verifier, nonce }: Attempt,
  { client, ways }: Setting,
): Promise<{ ok: boolean; shown: unknown }> {
  const library = { client_id: client.clientId };
  const server = ways[way];
  try {
    const callback = oauth.validateAuthResponse(server, library, url, oauth.skipStateCheck);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      library,
      oauth.None(),
      callback,
      client.redirectUris[0] ?? '',
      verifier,
      INSECURE,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, library, response, {
      expectedNonce: nonce,
    });
    return { ok: true, shown: oauth.getValidatedIdTokenClaims(tokens) };
  } catch (error) {
    const { error: code, error_description: description } = error as Record<string, unknown>;
    return { ok: false, shown: code === undefined ? String(error) : { error: code, description } };
  }
}

function sendPage(res: ServerResponse, title: string, body: string): void {
  send(res, page(title, body));
}

function send(res: ServerResponse, html: string): void {
  res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
}
