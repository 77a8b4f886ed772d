import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as oauth from 'oauth4webapi';
import { type Listener, listen } from '../../test/support/listener.ts';
import { redeemAsThief } from '../../test/support/token-request.ts';
import { escapeHtml, page } from '../../test/support/upstreams/pages.ts';
import type { TestClient } from '../../test/support/upstreams/test-client.ts';
import type { Way, Ways } from './ways.ts';

export type ClientSite = Listener & { readonly redirectUri: string };

type Setting = {
  readonly client: TestClient;
  readonly ways: Ways;
  /** What else there is to see, by its name. */
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

/** The client of the demo, for a browser: it does PKCE as it should, and can have a thief look over its shoulder. */
export async function startClientSite(setting: Setting): Promise<ClientSite> {
  const attempts = new Map<string, Attempt>();
  const server = createServer((req, res) => {
    handle(req, res, setting, attempts).catch((cause: unknown) => {
      sendPage(res, 'Something broke', `<pre>${escapeHtml(String(cause))}</pre>`);
    });
  });
  const listener = await listen(server, setting.host, setting.port);
  return { ...listener, redirectUri: `${listener.url}/callback` };
}

async function handle(
  req: IncomingMessage,
  res: ServerResponse,
  setting: Setting,
  attempts: Map<string, Attempt>,
): Promise<void> {
  const url = new URL(req.url ?? '/', `http://${setting.host}:${setting.port}`);
  switch (url.pathname) {
    case '/':
      return sendPage(res, 'A client app', HOME + renderLinks(setting.links));
    case '/login':
      return startLogin(res, url, setting, attempts);
    case '/callback':
      return finishLogin(res, url, setting, attempts);
  }
  res.writeHead(404).end();
}

const HOME = `
<p>This app does its part of PKCE. The login server behind it has never heard of it.</p>
<ul>
<li><a href="/login?way=gateway">Log in through the gateway</a></li>
<li><a href="/login?way=gateway&amp;watched=yes">Log in through the gateway, with a thief watching the redirect</a></li>
<li><a href="/login?way=server">Log in straight at the server</a></li>
<li><a href="/login?way=server&amp;watched=yes">Log in straight at the server, with a thief watching the redirect</a></li>
</ul>
<p>Any name and any password will do.</p>`;

function renderLinks(links: Setting['links']): string {
  const items = Object.entries(links).map(
    ([name, url]) => `<li><a href="${escapeHtml(url)}">${escapeHtml(name)}</a></li>`,
  );
  return `<ul>${items.join('')}</ul>`;
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
): Promise<void> {
  const attempt = attempts.get(url.searchParams.get('state') ?? '');
  if (attempt === undefined) {
    return sendPage(res, 'This login is unknown', '<p><a href="/">Start again</a></p>');
  }
  attempts.delete(url.searchParams.get('state') ?? '');
  const { client, ways } = setting;
  const tokenEndpoint = ways[attempt.way].token_endpoint;
  const thief = attempt.watched
    ? await redeemAsThief({ tokenEndpoint, redirectUrl: url, client })
    : undefined;
  const own = await redeem(url, attempt, setting);
  sendPage(
    res,
    own.ok ? 'Logged in' : 'Login failed',
    `<p>Way: ${attempt.way === 'gateway' ? 'through the gateway' : 'straight at the server'}.</p>
${thief === undefined ? '' : thiefReport(thief)}
<h2>${own.ok ? '✓ The app has tokens. Who they say you are:' : '✗ The app got no tokens:'}</h2>
<pre>${escapeHtml(JSON.stringify(own.shown, null, 2))}</pre>
<p><a href="/">Back</a></p>`,
  );
}

function thiefReport({ status, body }: Awaited<ReturnType<typeof redeemAsThief>>): string {
  const stole = status === 200;
  return `<h2>${stole ? '✗ The thief was faster, and has your tokens' : '✓ The thief tried, and was refused'}</h2>
<p>He saw the address of this page. He posted its code to the token endpoint, without a code_verifier. Answer ${status}:</p>
<pre>${escapeHtml(JSON.stringify(body, (_name, value) => (typeof value === 'string' ? value.slice(0, 60) : value), 2))}</pre>`;
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
  res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page(title, body));
}
