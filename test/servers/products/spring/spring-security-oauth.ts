import { consentScreen, loginScreen } from '../../stage/screen.ts';
import { springApplication } from './spring.ts';

export const springSecurityOAuth = springApplication({
  name: 'Spring Security OAuth',
  release: '2.5.2',
  shows:
    'its approval is a POST of `user_oauth_approval=true` alone to the authorization endpoint, and its codes have six characters',
  source: './security-oauth',
  paths: { authorization: '/oauth/authorize', token: '/oauth/token' },
  properties: ({ clients: [client], users }) => ({
    servers: {
      users: Object.fromEntries(users.map(({ username, password }) => [username, password])),
      client,
    },
  }),
  screens: [
    loginScreen({ username: '[name=username]', password: '[name=password]', submit: '[type=submit]' }),
    {
      ...consentScreen({ allow: '[name=authorize]', deny: '[name=authorize]' }),
      async act(page, { consents }) {
        // Each scope has two radio buttons, with `false` selected.
        if (consents)
          for (const scope of await page.locator('[type=radio][value=true]').all()) await scope.check();
        await page.locator('[name=authorize]').click();
      },
    },
  ],
  authorizationParameters: { scope: 'read write' },
  // It does not encode a `+` in its redirects, which is read as a space.
  stateCharacters: ' ~/=&%',
  random: [
    { what: 'the session cookie', pattern: /JSESSIONID=(\w+)/g },
    { what: 'the anti-CSRF token', pattern: /_csrf(?:=|" (?:type="hidden" )?value=")([\w-]+)/g },
    { what: 'the tokens', pattern: /"(?:access|refresh)_token":"([^"]+)"/g },
    { what: 'how long the token lives, in seconds that have begun', pattern: /"expires_in":(\d+)/g },
  ],
  can: {
    denyConsent: true,
    refresh: true,
    formPost: false,
    loginWithoutPkce: true,
    verifyPkce: false,
    coverCode: false,
  },
});
