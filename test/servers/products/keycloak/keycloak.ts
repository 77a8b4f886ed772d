import { mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isThere, orNotInstallable } from '../../install/install.ts';
import { javaHome, runMaven } from '../../install/java.ts';
import { startService } from '../../install/service.ts';
import type { Product, StartOptions } from '../../product.ts';
import { consentScreen, loginScreen, type Screen } from '../../stage/screen.ts';
import { REALM } from './realm.ts';

type Release = Pick<Product, 'release' | 'shows'> & {
  /** Its distribution on Maven Central. */
  readonly artifact: string;
  /** The prefix of all its paths. */
  readonly base: string;
  readonly login: Screen;
  /** Done once, so that each start is fast. */
  prepare(home: string, env: Readonly<Record<string, string>>): Promise<unknown>;
  /** Writes the files of a start, and returns its command. */
  command(home: string, options: StartOptions): Promise<Command>;
};

type Command = {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

const UNPACK = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack';
/** It shares two processors with a browser: little memory, and no time for the optimising compiler. */
export const MODEST_JVM = ['-Xms64m', '-Xmx512m', '-XX:TieredStopAtLevel=1'];

export const keycloakLogin = loginScreen({
  username: '#username',
  password: '#kc-form-login #password',
  submit: '#kc-login',
});

const registrationScreen: Screen = {
  name: 'registration',
  selector: '#kc-register-form',
  async act(page, { username, password }) {
    const email = `new-${username}@example.com`;
    const fields = { username: `new-${username}`, email, firstName: username, lastName: username };
    for (const [name, value] of Object.entries(fields)) await page.locator(`#${name}`).fill(value);
    await page.locator('#password').fill(password);
    await page.locator('#password-confirm').fill(password);
    await page.locator('#kc-register-form [type=submit]').click();
  },
};

/** Cookies with a different value in each login. Keycloak 15 sets a second one of each for old browsers. */
const COOKIES = [
  'AUTH_SESSION_ID',
  'KC_AUTH_SESSION_HASH',
  'KC_RESTART',
  'KEYCLOAK_IDENTITY',
  'KEYCLOAK_SESSION',
];

const RANDOM: Product['random'] = [
  {
    what: 'the session cookies',
    pattern: new RegExp(`(?:${COOKIES.join('|')})(?:_LEGACY)?=("[^"]*"|[^;\\s]*)`, 'g'),
  },
  { what: 'the end of the session', pattern: /Expires=([^;]+)/g },
  { what: 'the anti-CSRF token of the login page', pattern: /session_code=([\w-]+)/g },
  {
    what: 'the anti-CSRF token of the consent page',
    pattern: /name="code" value="([\w-]+)"|\bcode=[\w-]{43}(?=&)/g,
  },
  { what: 'the number of the tab', pattern: /tab_id=([\w-]+)/g },
  { what: 'the state in base64, within `client_data`', pattern: /client_data=([\w-]+)/g },
  { what: 'the hash of the session within scripts', pattern: /checkAuthSession\(\s+"([^"]+)"/g },
  { what: 'the session within the response', pattern: /session_state(?:=|"(?: VALUE=|:)")([\w.-]+)/g },
  { what: 'how long the tokens live, in seconds that have begun', pattern: /expires_in":(\d+)/g },
  { what: 'the tokens', pattern: /"(?:access|refresh|id)_token":"([^"]+)"/g },
];

const ENDPOINTS = {
  authorization: 'protocol/openid-connect/auth',
  token: 'protocol/openid-connect/token',
  pushedAuthorization: 'protocol/openid-connect/ext/par/request',
  metadata: '.well-known/openid-configuration',
};
/** It begins an authorization too, with a form for new users. */
const REGISTRATIONS = 'protocol/openid-connect/registrations';

export function keycloak({ release, shows, artifact, base, login, prepare, command }: Release): Product {
  async function unpack(folder: string, home: string): Promise<void> {
    const scratch = await mkdtemp(join(folder, 'unpack-'));
    await runMaven(scratch, [UNPACK, `-Dartifact=org.keycloak:${artifact}`, `-DoutputDirectory=${scratch}`]);
    const unpacked = join(scratch, `keycloak-${release}`);
    await prepare(unpacked, { JAVA_HOME: await javaHome() });
    await rename(unpacked, home);
    await rm(scratch, { recursive: true });
  }

  return {
    name: 'Keycloak',
    release,
    shows,
    async install(folder) {
      const home = join(folder, `keycloak-${release}`);
      if (!(await isThere(home))) await orNotInstallable('Keycloak', () => unpack(folder, home));
      return release;
    },
    async start(options) {
      const home = join(options.installation, `keycloak-${release}`);
      const { env, ...launch } = await command(home, options);
      const service = await startService({
        ...launch,
        env: { ...env, JAVA_HOME: await javaHome() },
        data: options.data,
        port: options.port,
        // An error page, because page templates are slow the first time.
        readyPath: `${base}/realms/${REALM}/${ENDPOINTS.authorization}`,
      });
      const path = (realm: string, name: string) => `${base}/realms/${realm}/${name}`;
      return {
        ...service,
        paths: {
          authorization: path(REALM, ENDPOINTS.authorization),
          token: path(REALM, ENDPOINTS.token),
          pushedAuthorization: path(REALM, ENDPOINTS.pushedAuthorization),
          metadata: path(REALM, ENDPOINTS.metadata),
        },
        endpoints: {
          authorization: [ENDPOINTS.authorization, REGISTRATIONS].map((name) => path('{realm}', name)),
          token: [path('{realm}', ENDPOINTS.token)],
          pushed_authorization: [path('{realm}', ENDPOINTS.pushedAuthorization)],
          metadata: [path('{realm}', ENDPOINTS.metadata)],
        },
      };
    },
    screens: [registrationScreen, login, consentScreen({ allow: '[name=accept]', deny: '[name=cancel]' })],
    policy: { response_types: ['code', 'code id_token'] },
    authorizationParameters: { scope: 'openid' },
    random: RANDOM,
    can: {
      denyConsent: true,
      refresh: true,
      formPost: true,
      loginWithoutPkce: true,
      verifyPkce: true,
      coverCode: false,
      discovery: true,
      push: true,
      hybrid: true,
      jarm: true,
    },
  };
}
