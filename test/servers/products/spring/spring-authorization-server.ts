import { consentScreen, loginScreen } from '../../stage/screen.ts';
import { springApplication } from './spring.ts';

export const springAuthorizationServer = springApplication({
  name: 'Spring Authorization Server',
  release: '1.5.3',
  shows:
    'its consent form posts `client_id`, `scope` and a `state` of its own to the authorization endpoint, without a `response_type`',
  source: './authorization-server',
  paths: {
    authorization: '/oauth2/authorize',
    token: '/oauth2/token',
    metadata: '/.well-known/openid-configuration',
  },
  properties: ({ clients, users }) => ({
    servers: { users: Object.fromEntries(users.map(({ username, password }) => [username, password])) },
    spring: {
      security: {
        oauth2: { authorizationserver: { client: Object.fromEntries(clients.map(registration)) } },
      },
    },
  }),
  screens: [
    loginScreen({ username: '[name=username]', password: '[name=password]', submit: '[type=submit]' }),
    {
      ...consentScreen({ allow: '#submit-consent', deny: '#cancel-consent' }),
      async act(page, { consents }) {
        if (consents) await page.locator('[name=scope]').check();
        await page.locator(consents ? '#submit-consent' : '#cancel-consent').click();
      },
    },
  ],
  // It asks for consent to all scopes except `openid`.
  authorizationParameters: { scope: 'openid profile' },
  random: [
    { what: 'the session cookie', pattern: /JSESSIONID=(\w+)/g },
    { what: 'the anti-CSRF token', pattern: /_csrf(?:=|" type="hidden" value=")([\w-]+)/g },
    {
      what: 'the state of the consent form',
      pattern: /(?:name="state" value="|\bstate=)([\w-]{43}(?:=|%3D))/g,
    },
    { what: 'the tokens', pattern: /"(?:access|refresh|id)_token":"([^"]+)"/g },
    { what: 'how long the token lives, in seconds that have begun', pattern: /"expires_in":(\d+)/g },
  ],
  can: {
    denyConsent: true,
    refresh: true,
    formPost: false,
    loginWithoutPkce: true,
    verifyPkce: true,
    coverCode: false,
    discovery: true,
  },
});

function registration({ id, secret, redirectUri }: { id: string; secret: string; redirectUri: string }) {
  const client = {
    registration: {
      'client-id': id,
      'client-secret': `{noop}${secret}`,
      'client-authentication-methods': ['client_secret_basic'],
      'authorization-grant-types': ['authorization_code', 'refresh_token'],
      'redirect-uris': [redirectUri],
      scopes: ['openid', 'profile'],
    },
    'require-authorization-consent': true,
    // As for sites with old clients: codes without PKCE.
    'require-proof-key': false,
  };
  return [id, client];
}
