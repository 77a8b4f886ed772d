import type OAuth2Server from '@node-oauth/oauth2-server';
import type { TestClient } from '../test-client.ts';

type Model = OAuth2Server.AuthorizationCodeModel & OAuth2Server.RefreshTokenModel;

/** The model that @node-oauth/oauth2-server requires, in memory. */
export function createMemoryModel(clients: readonly TestClient[]): Model {
  const codes = new Map<string, OAuth2Server.AuthorizationCode>();
  const accessTokens = new Map<string, OAuth2Server.Token>();
  const refreshTokens = new Map<string, OAuth2Server.RefreshToken>();
  return {
    async getClient(clientId: string, clientSecret: string | null | undefined) {
      const client = clients.find((candidate) => isSame(candidate.clientId, clientId));
      if (client === undefined) return false;
      // null: at the authorization endpoint, where no client authenticates.
      if (clientSecret !== null && !isSecretOf(client, clientSecret)) return false;
      return {
        id: client.clientId,
        redirectUris: [...client.redirectUris],
        grants: ['authorization_code', 'refresh_token'],
      };
    },
    async saveAuthorizationCode(code, client, user) {
      const saved = { ...code, client, user };
      codes.set(code.authorizationCode, saved);
      return saved;
    },
    getAuthorizationCode: async (code) => codes.get(code),
    revokeAuthorizationCode: async (code) => codes.delete(code.authorizationCode),
    async saveToken(token, client, user) {
      const saved = { ...token, client, user };
      accessTokens.set(token.accessToken, saved);
      const { refreshToken } = token;
      if (refreshToken !== undefined) refreshTokens.set(refreshToken, { ...saved, refreshToken });
      return saved;
    },
    getAccessToken: async (token) => accessTokens.get(token),
    getRefreshToken: async (token) => refreshTokens.get(token),
    revokeToken: async (token) => refreshTokens.delete(token.refreshToken),
  };
}

function isSecretOf({ clientSecret }: TestClient, given: string | undefined): boolean {
  if (clientSecret === undefined || given === undefined) return clientSecret === given;
  return isSame(clientSecret, given);
}

/**
 * The library does not decode Basic credentials; a client that follows RFC 6749 2.3.1 percent-encodes them (oauth4webapi
 * even the hyphen).
 */
function isSame(known: string, given: string): boolean {
  return given === known || new URLSearchParams(`given=${given}`).get('given') === known;
}
