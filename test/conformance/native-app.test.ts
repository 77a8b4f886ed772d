import { createServer } from 'node:http';
import * as openidClient from 'openid-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AuthorizationResponse, Browser } from '../support/browser.ts';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { canListenOn, type Listener, listen } from '../support/listener.ts';
import { RequestLog, recordRequest } from '../support/request-log.ts';
import { send } from '../support/simple-client.ts';
import { redeemAsThief } from '../support/token-request.ts';
import { type OidcProviderServer, startOidcProvider } from '../support/upstreams/oidc-provider.ts';
import type { TestClient } from '../support/upstreams/test-client.ts';

// An app on a desktop or a phone (RFC 8252), based on openid-client, which logs in with the system's browser.

const REGISTERED = ['http://127.0.0.1/cb', 'http://[::1]/cb', 'com.example.app:/cb'];
const CLIENT: TestClient = {
  clientId: 'native',
  authMethod: 'none',
  redirectUris: REGISTERED,
  metadata: { application_type: 'native' },
};
const LOOPBACKS = ['127.0.0.1', ...((await canListenOn('::1')) ? ['::1'] : [])];

let stack: AsyncDisposableStack;
let upstream: OidcProviderServer;
let gateway: GatewayUnderTest;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  upstream = stack.use(await startOidcProvider({ clients: [CLIENT] }));
  gateway = stack.use(
    await startGatewayUnderTest({
      upstream: upstream.url,
      issuer: `clients: {native: {redirect_uris: ${JSON.stringify(REGISTERED)}}}`,
    }),
  );
  upstream.useIssuer(gateway.url);
});
afterEach(() => stack.disposeAsync());

type Receiver = Listener & { readonly redirectUri: string; readonly requests: RequestLog };

/** A desktop app's listener during one login (RFC 8252 7.3), on any free port. */
async function startReceiver(host: string): Promise<Receiver> {
  const requests = new RequestLog();
  const server = createServer((req, res) => {
    requests.add(recordRequest(req, ''));
    res.end('You may close this window.');
  });
  const listener = await listen(server, host);
  const literal = host.includes(':') ? `[${host}]` : host;
  return stack.use({ ...listener, redirectUri: `http://${literal}:${listener.port}/cb`, requests });
}

type Attempt = {
  readonly configuration: openidClient.Configuration;
  readonly authorizationUrl: URL;
  readonly checks: { readonly pkceCodeVerifier: string; readonly expectedState: string };
};

async function begin(redirectUri: string): Promise<Attempt> {
  const configuration = await openidClient.discovery(
    new URL(gateway.url),
    CLIENT.clientId,
    {},
    openidClient.None(),
    { execute: [openidClient.allowInsecureRequests] },
  );
  const pkceCodeVerifier = openidClient.randomPKCECodeVerifier();
  const expectedState = openidClient.randomState();
  const authorizationUrl = openidClient.buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    scope: 'openid',
    code_challenge: await openidClient.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
  });
  return { configuration, authorizationUrl, checks: { pkceCodeVerifier, expectedState } };
}

/** The user logs in, up to the redirect to the app. */
async function logIn({ authorizationUrl }: Attempt): Promise<AuthorizationResponse> {
  await using browser = new Browser();
  const response = await browser.login(authorizationUrl, { username: 'alice' });
  if (response.url.protocol === 'http:') await browser.deliver(response);
  return response;
}

const redeem = ({ configuration, checks }: Attempt, callbackUrl: URL) =>
  openidClient.authorizationCodeGrant(configuration, callbackUrl, checks);

test('the metadata tells the app that the server supports PKCE', async () => {
  const { configuration } = await begin(REGISTERED[0] ?? '');
  expect(configuration.serverMetadata().supportsPKCE()).toBe(true);
});

describe.each(LOOPBACKS)('on %s', (host) => {
  test('a login, on any free port', async () => {
    const receiver = await startReceiver(host);
    const attempt = await begin(receiver.redirectUri);
    await logIn(attempt);
    const [arrived] = receiver.requests.to('/cb');
    const tokens = await redeem(attempt, new URL(arrived?.target ?? '', receiver.redirectUri));
    expect(tokens.claims()).toMatchObject({ iss: gateway.url, aud: 'native', sub: 'alice' });
    expect(upstream.tokenRequests[0]?.form.get('redirect_uri')).toBe(receiver.redirectUri);
  });

  test('two logins at once, each on its own port', async () => {
    const receivers = [await startReceiver(host), await startReceiver(host)];
    const attempts = await Promise.all(receivers.map(({ redirectUri }) => begin(redirectUri)));
    const responses = await Promise.all(attempts.map(logIn));
    const redeemed = attempts.map((attempt, i) => redeem(attempt, responses[i]?.url as URL));
    expect(await Promise.all(redeemed)).toMatchObject([
      { access_token: expect.any(String) },
      { access_token: expect.any(String) },
    ]);
  });

  test('any port in the authorization request, but the same one in the token request', async () => {
    const [receiver, other] = [await startReceiver(host), await startReceiver(host)];
    const attempt = await begin(receiver.redirectUri);
    const { url } = await logIn(attempt);
    const elsewhere = new URL(url);
    elsewhere.port = String(other.port);
    await expect(redeem(attempt, elsewhere)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(upstream.tokenRequests).toEqual([]);
    await expect(redeem(attempt, url)).resolves.toHaveProperty('id_token');
  });

  test('without PKCE, the app gets the error on its port', async () => {
    const receiver = await startReceiver(host);
    const attempt = await begin(receiver.redirectUri);
    attempt.authorizationUrl.searchParams.delete('code_challenge');
    attempt.authorizationUrl.searchParams.delete('code_challenge_method');
    const { url } = await logIn(attempt);
    expect(url.origin).toBe(new URL(receiver.redirectUri).origin);
    expect(url.searchParams.get('error')).toBe('invalid_request');
    expect(url.searchParams.get('state')).toBe(attempt.checks.expectedState);
    await expect(redeem(attempt, url)).rejects.toThrow();
    expect(upstream.requests.to('/auth')).toEqual([]);
  });
});

describe('com.example.app:/cb', () => {
  test('a login', async () => {
    const attempt = await begin('com.example.app:/cb');
    const { url } = await logIn(attempt);
    expect(url.protocol).toBe('com.example.app:');
    const tokens = await redeem(attempt, url);
    expect(tokens.claims()).toMatchObject({ sub: 'alice' });
  });

  // RFC 7636 1: the attack that PKCE prevents.
  test('another app with the same scheme gets the code, but no tokens', async () => {
    const attempt = await begin('com.example.app:/cb');
    const { url } = await logIn(attempt);
    for (const origin of [gateway.url, upstream.url]) {
      for (const verifier of ['none', 'made_up'] as const) {
        const theft = { tokenEndpoint: `${origin}/token`, redirectUrl: url, client: CLIENT, verifier };
        expect(await redeemAsThief(theft)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
      }
    }
    await expect(redeem(attempt, url)).resolves.toHaveProperty('id_token');
  });
});

// RFC 8252 7.3 and 8.3: any port is allowed, but not the name `localhost`, another address, path or scheme.
test.each([
  'http://localhost:4711/cb',
  'http://127.0.0.2:4711/cb',
  'http://127.0.0.1:4711/other',
  'http://127.0.0.1:4711/cb?more=1',
  'https://127.0.0.1:4711/cb',
  'http://127.0.0.1.example.com:4711/cb',
  'http://127.0.0.1:4711@example.com/cb',
  'com.example.app:/other',
  'com.example.other:/cb',
])('%s is another redirect_uri', async (redirectUri) => {
  const { authorizationUrl } = await begin(redirectUri);
  const answer = await send(authorizationUrl, { headers: { accept: 'application/json' } });
  expect(answer).toMatchObject({ status: 400, location: undefined });
  expect(answer.text).toContain('redirect_uri_not_allowed');
  expect(upstream.requests.to('/auth')).toEqual([]);
});
