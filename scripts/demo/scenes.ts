import { request } from 'undici';
import type { AuthorizationResponse } from '../../test/support/browser.ts';
import { logInWithOpenidClient } from '../../test/support/logins/openid-client-login.ts';
import { redeemAsThief, type TokenResponse } from '../../test/support/token-request.ts';
import type { Stage } from './stage.ts';
import { bad, good, heading, say, short, shortUrl, wire } from './terminal.ts';
import type { Way } from './ways.ts';

export type Outcome = {
  readonly summary: string;
  /** Whether the result is good for the user. */
  readonly well: boolean;
  /** Whether the scene had the expected result: the first theft must succeed. */
  readonly asExpected: boolean;
};

export async function theftAtTheServer(stage: Stage): Promise<Outcome> {
  heading('1. A theft, without the gateway');
  say('The app sends alice to the login server, with a code_challenge, as PKCE requires.');
  let loot: TokenResponse | undefined;
  const login = await logInAndTell(stage, 'server', async (response) => {
    tellWhatTheThiefSaw(response);
    loot = await steal(stage, stage.ways.server.token_endpoint, response);
  });
  const stolen = loot?.status === 200;
  if (stolen) {
    bad(
      `200: the thief has the tokens of ${subjectOf(loot)} (access_token ${short(String(loot?.body.access_token))})`,
    );
    say('The thief had no verifier. The server did not ask for one.');
  } else {
    say(`${loot?.status}: the server refused the thief, although it ignores PKCE.`);
  }
  if (!login.ok) bad(`The app comes second and gets an error: ${login.error}`);
  return {
    summary: stolen ? 'Without the gateway: the code was stolen.' : 'Without the gateway: the theft failed.',
    well: !stolen,
    asExpected: stolen,
  };
}

export async function theftThroughTheGateway(stage: Stage): Promise<Outcome> {
  heading('2. The same theft, through the gateway');
  say('The same app, server and thief, but another host: the gateway forwards the login to the server,');
  say('and stores the code_challenge.');
  const attempts: TokenResponse[] = [];
  const { gateway, server } = stage.ways;
  const login = await logInAndTell(stage, 'gateway', async (response) => {
    tellWhatTheThiefSaw(response);
    attempts.push(tell(await steal(stage, gateway.token_endpoint, response)));
    say('The thief makes up a verifier:');
    attempts.push(tell(await steal(stage, gateway.token_endpoint, response, 'made_up')));
    say('The thief bypasses the gateway and asks the server itself:');
    attempts.push(tell(await steal(stage, server.token_endpoint, response)));
    say('(The gateway made this code. The server does not know it.)');
  });
  say('The gateway counted the refusals, with their reasons:');
  for (const line of await rejections(stage.adminUrl)) wire(line);
  if (login.ok) good(`The app still gets its tokens: it has the verifier. Logged in: ${login.subject}`);
  else bad(`The app got no tokens: ${login.error}`);
  const refused = attempts.length === 3 && attempts.every(({ status }) => status >= 400 && status < 500);
  return {
    summary: refused
      ? 'Through the gateway: the thief was refused.'
      : 'Through the gateway: the theft was not stopped.',
    well: refused && login.ok,
    asExpected: refused && login.ok,
  };
}

export async function honestLogin(stage: Stage): Promise<Outcome> {
  heading('3. A login without a thief, through the gateway');
  say('The app redeems the code with its verifier.');
  const login = await logInAndTell(stage, 'gateway');
  if (login.ok) good(`200: tokens. Logged in: ${login.subject}`);
  else bad(`No tokens: ${login.error}`);
  return {
    summary: login.ok ? 'A normal login works as before.' : 'A normal login failed.',
    well: login.ok,
    asExpected: login.ok,
  };
}

type Login = { readonly ok: true; readonly subject: string } | { readonly ok: false; readonly error: string };

async function logInAndTell(
  { client, ways }: Stage,
  way: Way,
  beforeRedemption?: (response: AuthorizationResponse) => Promise<void>,
): Promise<Login> {
  try {
    const { tokens } = await logInWithOpenidClient({
      issuer: ways[way].issuer,
      metadata: ways[way],
      client,
      username: 'alice',
      scope: 'openid profile',
      ...(beforeRedemption !== undefined && { beforeRedemption }),
    });
    return { ok: true, subject: tokens.claims()?.sub ?? 'nobody' };
  } catch (error) {
    // An error from the server is a result; any other error is a bug of the demo.
    if (!(error instanceof Error) || !('error' in error)) throw error;
    return { ok: false, error: String(error.error) };
  }
}

function tellWhatTheThiefSaw({ url }: AuthorizationResponse): void {
  say('She logs in, and the server sends her back to the app with a code:');
  wire(shortUrl(url, ['code', 'state']));
  say('A thief sees this URL, in a log or a browser extension, and redeems the code:');
}

async function steal(
  { client }: Stage,
  tokenEndpoint: string,
  { url }: AuthorizationResponse,
  verifier: 'none' | 'made_up' = 'none',
): Promise<TokenResponse> {
  const code = short(url.searchParams.get('code') ?? '');
  wire(
    `POST ${tokenEndpoint}  grant_type=authorization_code code=${code} client_id=${client.clientId}${
      verifier === 'made_up' ? ' code_verifier=(made up)' : ''
    }`,
  );
  return redeemAsThief({ tokenEndpoint, redirectUrl: url, client, verifier });
}

function tell(response: TokenResponse): TokenResponse {
  const { error, error_description: description } = response.body;
  if (response.status === 200) bad('200: the thief has tokens');
  else good(`${response.status} ${error}${description === undefined ? '' : `: ${description}`}`);
  return response;
}

function subjectOf(response: TokenResponse | undefined): string {
  const payload = String(response?.body.id_token).split('.')[1] ?? '';
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub: string }).sub;
}

async function rejections(adminUrl: string): Promise<string[]> {
  const response = await request(`${adminUrl}/metrics`);
  const text = await response.body.text();
  return text.split('\n').filter((line) => line.startsWith('pkce_gateway_rejections_total{'));
}
