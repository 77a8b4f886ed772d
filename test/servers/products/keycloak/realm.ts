import type { StartOptions } from '../../product.ts';

export const REALM = 'shop';

/** A realm as Keycloak imports it. */
export function keycloakRealm({ clients, users }: StartOptions): string {
  return JSON.stringify({
    realm: REALM,
    enabled: true,
    // Otherwise every address except loopback would need TLS.
    sslRequired: 'none',
    registrationAllowed: true,
    // A hundred users are imported in each run: their passwords need no strength.
    passwordPolicy: 'hashAlgorithm(pbkdf2-sha256) and hashIterations(1)',
    clients: clients.map(({ id, secret, redirectUri }) => ({
      clientId: id,
      secret,
      redirectUris: [redirectUri],
      publicClient: false,
      consentRequired: true,
      standardFlowEnabled: true,
      // For the hybrid response types.
      implicitFlowEnabled: true,
    })),
    users: users.map(({ username, password }) => ({
      username,
      enabled: true,
      // Without these, the first login shows a form for them.
      email: `${username}@example.com`,
      emailVerified: true,
      firstName: username,
      lastName: username,
      // A role of all users who were not imported, which the account console requires.
      realmRoles: [`default-roles-${REALM}`],
      credentials: [{ type: 'password', value: password, temporary: false }],
    })),
  });
}
