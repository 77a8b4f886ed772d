import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isThere, orNotInstallable } from '../install/install.ts';
import { installPythonPackages } from '../install/python.ts';
import { startService } from '../install/service.ts';
import type { Product } from '../product.ts';
import { consentScreen, type Screen, type Visitor } from '../stage/screen.ts';

const SERVE = fileURLToPath(new URL('./canaille/serve.py', import.meta.url));
const RELEASE = '0.3.6';
/** Of the time of its release. */
const BESIDE = ['authlib==1.9.10', 'flask==3.1.3', 'werkzeug==3.1.9', 'sqlalchemy==2.1.9'];

export const canaille: Product = {
  name: 'Canaille',
  release: RELEASE,
  shows:
    'it is built on Authlib and Flask; each of its forms is `multipart/form-data`, its consent page posts one to the authorization request itself, and it refuses a nonce that it has seen',
  async install(folder) {
    if (!(await isThere(join(folder, 'bin/canaille')))) {
      const packages = [`canaille[front,oidc,server,sqlite]==${RELEASE}`, ...BESIDE];
      await orNotInstallable('pip', () => installPythonPackages(folder, packages));
    }
    return RELEASE;
  },
  async start({ installation, data, port, publicOrigin, clients, users }) {
    const service = await startService({
      program: join(installation, 'bin/python'),
      args: [SERVE],
      env: {
        // Authlib refuses http otherwise.
        AUTHLIB_INSECURE_TRANSPORT: '1',
        PYTHONDONTWRITEBYTECODE: '1',
        PORT: String(port),
        SITE_DATA: data,
        SITE_NAME: new URL(publicOrigin).host,
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
    fieldScreen('login', ({ username }) => username),
    fieldScreen('password', ({ password }) => password),
    consentScreen({ allow: 'button[value=accept]', deny: 'button[value=deny]' }),
  ],
  authorizationParameters: { scope: 'openid profile' },
  random: [
    { what: 'the session cookie', pattern: /canaille=([\w.-]+)/g },
    { what: 'the cookie with the names of earlier logins', pattern: /canaille_login_history=([\w.-]+)/g },
    {
      what: 'the anti-CSRF token in forms',
      pattern: /name="csrf_token"(?:[^>]*value="|\r\n\r\n)([\w.-]+)/g,
    },
    { what: "the browser's boundary of a multipart form", pattern: /WebKitFormBoundary(\w{16})/g },
    { what: 'tokens', pattern: /"(?:access|refresh|id)_token": "([\w.-]+)"/g },
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

/** It asks for the name and the password on two pages. */
function fieldScreen(name: 'login' | 'password', answer: (visitor: Visitor) => string): Screen {
  const selector = `input[name=${name}]`;
  return {
    name,
    selector,
    async act(page, visitor) {
      await page.locator(selector).fill(answer(visitor));
      await page.locator('button[type=submit]').first().click();
    },
  };
}
