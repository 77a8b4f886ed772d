import { fileURLToPath } from 'node:url';
import { orNotInstallable } from '../install/install.ts';
import { installPackages } from '../install/install-packages.ts';
import { run } from '../install/run.ts';
import { startService } from '../install/service.ts';
import type { Product } from '../product.ts';
import { consentScreen } from '../stage/screen.ts';

const SITE = fileURLToPath(new URL('./doorkeeper/config.ru', import.meta.url));
const DOORKEEPER = 'ruby-doorkeeper';
const PACKAGES = [
  DOORKEEPER,
  'ruby-doorkeeper-openid-connect',
  'ruby-devise',
  'ruby-rails',
  'ruby-sqlite3',
  'puma',
];

export const doorkeeper: Product = {
  name: 'Doorkeeper',
  release: 'from Debian',
  shows:
    'for Ruby on Rails, with the login page of Devise: its consent page posts `_method=delete` to the authorization endpoint for a no',
  install: () =>
    orNotInstallable('apt', async () => {
      const version = async () => {
        const [, installed = ''] = (await run('dpkg-query', ['--show', DOORKEEPER])).trim().split('\t');
        return installed;
      };
      return version().catch(async () => {
        await installPackages(PACKAGES);
        return version();
      });
    }),
  async start({ data, port, publicOrigin, clients, users }) {
    const service = await startService({
      program: 'puma',
      args: ['--bind', `tcp://127.0.0.1:${port}`, SITE],
      env: {
        RAILS_ENV: 'production',
        SITE_DATA: data,
        SITE_ISSUER: publicOrigin,
        SITE_PLAN: JSON.stringify({ clients, users }),
      },
      data,
      port,
    });
    const paths = {
      authorization: '/oauth/authorize',
      token: '/oauth/token',
      metadata: '/.well-known/openid-configuration',
    };
    return { ...service, paths };
  },
  screens: [
    {
      name: 'login',
      selector: '#user_password',
      async act(page, { username, password }) {
        await page.locator('#user_email').fill(`${username}@example.com`);
        await page.locator('#user_password').fill(password);
        await page.locator('[type=submit]').click();
      },
    },
    consentScreen({ allow: '.btn-success', deny: '.btn-danger' }),
  ],
  authorizationParameters: { scope: 'openid read' },
  random: [
    { what: 'the session cookie', pattern: /_site_session=([\w%.-]+)/g },
    {
      what: 'the anti-CSRF token',
      pattern: /(?:authenticity_token(?:=|" value=")|"csrf-token" content=")([\w-]+)/g,
    },
    { what: 'the ETag of a page with an anti-CSRF token', pattern: /W\/"([0-9a-f]{32})"/g },
    { what: 'the duration of a request', pattern: /x-runtime: ([\d.]+)/g },
    { what: 'the time of a token', pattern: /"created_at":(\d+)/g },
    { what: 'tokens', pattern: /"(?:access|refresh|id)_token":"([\w.-]+)"/g },
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
};
