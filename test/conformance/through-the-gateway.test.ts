import * as oauth4webapi from 'oauth4webapi';
import * as openidClient from 'openid-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LoginStuck } from '../support/browser.ts';
import { logInWithOauth4webapi } from '../support/logins/oauth4webapi-login.ts';
import { logInWithOpenidClient } from '../support/logins/openid-client-login.ts';
import { redeemAsThief, type TokenResponse } from '../support/token-request.ts';
import { type Behind, SERVERS, startBehind } from './servers-behind.ts';

const LIBRARIES = { 'openid-client': logInWithOpenidClient, oauth4webapi: logInWithOauth4webapi };
const CLIENTS = ['publicClient', 'basicClient', 'postClient'] as const;
/** Every store passes one suite of its own: test/contract/store. */
const TABLE = Object.entries(SERVERS).map(
  ([name, server], i) => [name, i === 0 ? 'redis' : 'memory', server] as const,
);

describe.each(TABLE)('%s behind the gateway, %s store', (_server, store, server) => {
  let behind: Behind;
  beforeAll(async () => {
    behind = await startBehind(server, store);
  });
  afterAll(() => behind[Symbol.asyncDispose]());
  beforeEach(() => behind.upstream.requests.clear());

  const refusals = () =>
    behind.gateway.logLines.filter(({ event }) => event === 'refusal').map(({ reason }) => reason);
  /** The reasons of refusals. */
  async function refusedDuring(step: () => Promise<unknown>): Promise<readonly unknown[]> {
    const before = refusals().length;
    await step();
    return refusals().slice(before);
  }

  describe.each(Object.entries(LIBRARIES))('%s', (_library, logIn) => {
    test.each(CLIENTS)('%s logs in with S256', async (kind) => {
      const { options, clients, upstream, paths } = behind;
      const { tokens, response } = await logIn({ ...options, client: clients[kind] });
      expect(tokens.access_token).toEqual(expect.any(String));
      if (server.hasUserinfo) expect(tokens.id_token).toEqual(expect.any(String));

      expect(upstream.tokenRequests).toHaveLength(1);
      const [redemption] = upstream.tokenRequests;
      // The client had a wrapped code.
      expect(redemption?.form.get('code')).not.toBe(response.parameters.get('code'));
      expect(redemption?.form.has('code_verifier')).toBe(true);
      const [asked] = upstream.requests.to(paths.authorization);
      expect(asked?.query.has('code_challenge')).toBe(true);
    });

    test.each([
      ['wrong_verifier', 'verifier_mismatch'],
      ['missing_verifier', 'verifier_missing'],
    ] as const)('%s: refused, and the server does not see it', async (pkce, reason) => {
      const { options, clients, upstream } = behind;
      const reasons = await refusedDuring(async () => {
        const login = logIn({ ...options, client: clients.publicClient, pkce });
        await expect(login).rejects.toMatchObject({ error: 'invalid_grant' });
      });
      expect(reasons).toEqual([reason]);
      expect(upstream.tokenRequests).toEqual([]);
    });

    test.each([
      ['none', 'challenge_missing'],
      ['plain', 'method_not_allowed'],
      ['unasked_verifier', 'challenge_missing'],
    ] as const)('pkce %s: refused before the login page', async (pkce, reason) => {
      const { options, clients, upstream, paths } = behind;
      const reasons = await refusedDuring(async () => {
        const login = logIn({ ...options, client: clients.publicClient, pkce });
        await expect(login).rejects.toThrow(LoginStuck);
      });
      expect(reasons).toEqual([reason]);
      expect(upstream.requests.to(paths.authorization)).toEqual([]);
    });
  });

  test.each([
    ['none', 'verifier_missing'],
    ['made_up', 'verifier_mismatch'],
  ] as const)('a thief (verifier: %s) gets nothing, and the victim logs in', async (verifier, reason) => {
    const { options, clients, tokenEndpoint, upstream } = behind;
    const client = clients.publicClient;
    const stolen: TokenResponse[] = [];
    const reasons = await refusedDuring(async () => {
      const { tokens } = await logInWithOauth4webapi({
        ...options,
        client,
        beforeRedemption: async ({ url }) => {
          stolen.push(await redeemAsThief({ tokenEndpoint, redirectUrl: url, client, verifier }));
          // At the server itself, the code is invalid.
          const behindBack = tokenEndpoint.replace(behind.gateway.url, upstream.url);
          stolen.push(await redeemAsThief({ tokenEndpoint: behindBack, redirectUrl: url, client, verifier }));
        },
      });
      expect(tokens.access_token).toEqual(expect.any(String));
    });
    // oauth2orize answers a 403.
    expect(stolen.map(({ body }) => body.error)).toEqual(['invalid_grant', 'invalid_grant']);
    expect(stolen[0]?.status).toBe(400);
    expect(reasons).toEqual([reason]);
  });

  test('a thief after the victim gets nothing', async () => {
    const { options, clients, tokenEndpoint, upstream } = behind;
    const client = clients.publicClient;
    const { response } = await logInWithOpenidClient({ ...options, client });
    const reasons = await refusedDuring(async () => {
      const stolen = await redeemAsThief({ tokenEndpoint, redirectUrl: response.url, client });
      expect(stolen).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    });
    expect(reasons).toEqual(['code_replayed']);
    expect(upstream.tokenRequests).toHaveLength(1);
  });

  const refreshing = server.refreshes ? CLIENTS : [];
  test.each(refreshing)('%s refreshes its tokens', async (kind) => {
    const { options, clients } = behind;
    const { tokens, configuration } = await logInWithOpenidClient({ ...options, client: clients[kind] });
    const refreshed = await openidClient.refreshTokenGrant(configuration, tokens.refresh_token ?? '');
    expect(refreshed.access_token).toEqual(expect.any(String));
    expect(refreshed.access_token).not.toBe(tokens.access_token);
  });

  test.each(server.hasUserinfo ? ['/userinfo'] : [])('%s identifies the user', async () => {
    const { options, clients } = behind;
    const client = clients.publicClient;
    const first = await logInWithOpenidClient({ ...options, client, username: 'bob' });
    const { sub } = await openidClient.fetchUserInfo(first.configuration, first.tokens.access_token, 'bob');
    expect(sub).toBe('bob');

    const second = await logInWithOauth4webapi({ ...options, client, username: 'carol' });
    const request = oauth4webapi.userInfoRequest(
      second.metadata,
      { client_id: client.clientId },
      second.tokens.access_token,
      { [oauth4webapi.allowInsecureRequests]: true },
    );
    expect(await (await request).json()).toMatchObject({ sub: 'carol' });
    expect(second.metadata.userinfo_endpoint).toContain(behind.gateway.url);
  });
});
