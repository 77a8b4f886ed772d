import { generateKeyPairSync } from 'node:crypto';
import { page } from '../pages.ts';
import type { TestClient } from '../test-client.ts';
import { createMemoryAdapter } from './memory-adapter.ts';

export type ProviderConfiguration = {
  readonly clients: readonly TestClient[];
  readonly pkce: 'off' | 'optional';
  readonly features: Readonly<Record<string, unknown>>;
  readonly extra: Readonly<Record<string, unknown>>;
};

let signingKey: Record<string, unknown> | undefined;

/** One key for all servers of a process: making RSA keys is slow. */
function signingJwk(): Record<string, unknown> {
  signingKey ??= {
    ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
    kid: 'test',
    use: 'sig',
    alg: 'RS256',
  };
  return signingKey;
}

const HOUR = 3600;

/**
 * The configuration of the real oidc-provider. It sets every hook whose default would print a warning.
 */
export function buildProviderConfiguration(options: ProviderConfiguration): Record<string, unknown> {
  const cookie = { httpOnly: true, sameSite: 'lax', secure: false, signed: true };
  return {
    adapter: createMemoryAdapter({ forgetChallenges: options.pkce === 'off' }),
    clients: options.clients.map(buildClient),
    jwks: { keys: [signingJwk()] },
    cookies: { keys: ['for tests only'], long: cookie, short: cookie },
    pkce: { required: () => false },
    scopes: ['openid', 'profile', 'offline_access'],
    claims: { openid: ['sub'], profile: ['name'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false }, ...options.features },
    findAccount: (_ctx: unknown, sub: string) => ({
      accountId: sub,
      claims: async () => ({ sub, name: sub }),
    }),
    interactions: { url: (_ctx: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}` },
    issueRefreshToken: async (_ctx: unknown, client: { grantTypeAllowed(type: string): boolean }) =>
      client.grantTypeAllowed('refresh_token'),
    clientBasedCORS: () => true,
    renderError: async (ctx: { type: string; body: unknown }, out: Record<string, string>) => {
      ctx.type = 'html';
      ctx.body = page('Error', `<pre>${JSON.stringify(out, null, 2).replaceAll('<', '&lt;')}</pre>`);
    },
    ttl: {
      AccessToken: HOUR,
      AuthorizationCode: 60,
      ClientCredentials: HOUR,
      Grant: HOUR,
      IdToken: HOUR,
      Interaction: HOUR,
      RefreshToken: HOUR,
      Session: HOUR,
    },
    ...options.extra,
  };
}

function buildClient(client: TestClient): Record<string, unknown> {
  return {
    client_id: client.clientId,
    ...(client.clientSecret === undefined ? {} : { client_secret: client.clientSecret }),
    token_endpoint_auth_method: client.authMethod,
    redirect_uris: client.redirectUris,
    response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token'],
    ...client.metadata,
  };
}
