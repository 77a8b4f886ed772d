import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isThere, orNotInstallable } from '../install/install.ts';
import { installPythonPackages } from '../install/python.ts';
import { run } from '../install/run.ts';
import { startService } from '../install/service.ts';
import type { Product } from '../product.ts';
import { consentScreen, loginScreen } from '../stage/screen.ts';

const SITE = fileURLToPath(new URL('./django', import.meta.url));

/** Modules that releases of that time import, and that Python and setuptools removed since. */
const GONE_FROM_PYTHON = ['setuptools<80', "legacy-cgi; python_version >= '3.13'"];

type Release = Pick<Product, 'release' | 'shows'> & {
  readonly verifyPkce: boolean;
  /** Packages of the time of its release. */
  readonly beside: readonly string[];
};

/** The oldest release that runs on current Python, from before it had PKCE. */
export const oldestDjangoOAuthToolkit = djangoOAuthToolkit({
  release: '1.0.0',
  shows:
    'of 2017, it knows nothing of PKCE; its consent form posts every parameter in the address and again as hidden inputs',
  verifyPkce: false,
  beside: ['django==2.2.28', 'oauthlib==2.1.0'],
});

export const middleDjangoOAuthToolkit = djangoOAuthToolkit({
  release: '1.7.1',
  shows: 'its consent form has `code_challenge` among its hidden inputs, empty or not',
  verifyPkce: true,
  beside: ['django==3.2.25', 'oauthlib==3.2.2'],
});

export const newestDjangoOAuthToolkit = djangoOAuthToolkit({
  release: '3.4.1',
  shows: 'the newest release, with `PKCE_REQUIRED` off, as sites with old clients have it',
  verifyPkce: true,
  beside: ['django==5.2.19', 'oauthlib==4.0.1'],
});

function djangoOAuthToolkit({ release, shows, verifyPkce, beside }: Release): Product {
  return {
    name: 'Django OAuth Toolkit',
    release,
    shows,
    async install(folder) {
      if (!(await isThere(join(folder, 'bin/django-admin')))) {
        const packages = [`django-oauth-toolkit==${release}`, ...beside, ...GONE_FROM_PYTHON];
        await orNotInstallable('pip', () => installPythonPackages(folder, packages));
      }
      return release;
    },
    async start({ installation, data, port, clients, users }) {
      const python = join(installation, 'bin/python');
      const env = {
        PYTHONPATH: SITE,
        PYTHONDONTWRITEBYTECODE: '1',
        DJANGO_SETTINGS_MODULE: 'site_settings',
        SITE_DATA: data,
        SITE_PLAN: JSON.stringify({ clients, users }),
      };
      await run(python, [join(SITE, 'fill_site.py')], { env });
      const service = await startService({
        program: join(installation, 'bin/django-admin'),
        args: ['runserver', '--noreload', `127.0.0.1:${port}`],
        env,
        data,
        port,
      });
      return { ...service, paths: { authorization: '/o/authorize/', token: '/o/token/' } };
    },
    screens: [
      loginScreen({ username: '#id_username', password: '#id_password', submit: '[type=submit]' }),
      consentScreen({
        allow: 'input[name=allow]',
        deny: '#authorizationForm input[type=submit]:not([name=allow])',
      }),
    ],
    authorizationParameters: { scope: 'read' },
    random: [
      { what: 'tokens', pattern: /"(?:access|refresh)_token": "([A-Za-z0-9]+)"/g },
      { what: 'the anti-CSRF cookie', pattern: /csrftoken=([A-Za-z0-9]+)/g },
      {
        what: 'the anti-CSRF token in forms',
        pattern: /csrfmiddlewaretoken(?:=|['"] value=['"])([A-Za-z0-9]+)/g,
      },
      { what: 'the session cookie', pattern: /sessionid=([a-z0-9]+)/g },
    ],
    can: {
      denyConsent: true,
      refresh: true,
      formPost: false,
      loginWithoutPkce: true,
      verifyPkce,
      coverCode: false,
    },
  };
}
