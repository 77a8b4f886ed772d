import { generateKeyPairSync } from 'node:crypto';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { unpackDebianPackages } from '../install/debian.ts';
import { isThere, orNotInstallable } from '../install/install.ts';
import { startService } from '../install/service.ts';
import type { Product, StartOptions } from '../product.ts';

const PACKAGES = ['glewlwyd', 'libjs-jquery'];
const SCOPE = 'read';
/** The page of a user who has nothing to grant. */
const CONTINUE = '#userCard:not(:has([id^=grant-])) button.btn-success';
/** Of a new database. */
const ADMINISTRATOR = { username: 'admin', password: 'password' };
const PATHS = {
  authorization: '/api/oidc/auth',
  token: '/api/oidc/token',
  pushedAuthorization: '/api/oidc/par',
  metadata: '/api/oidc/.well-known/openid-configuration',
};

export const glewlwyd: Product = {
  name: 'Glewlwyd',
  release: 'from Debian',
  shows:
    'its login is a script that has the whole request in `callback_url`, asks an API for everything, and then goes to the ' +
    'request again with one parameter more',
  async install(folder) {
    const version = await orNotInstallable('apt', () => unpackDebianPackages(folder, PACKAGES));
    const web = join(folder, 'web');
    if (!(await isThere(web))) await copyPages(join(folder, 'usr/share/glewlwyd'), web);
    return version;
  },
  async start(options) {
    const { installation, data, port } = options;
    const usr = join(installation, 'usr');
    const schema = await readFile(join(usr, 'share/doc/glewlwyd/database/init.sqlite3.sql.gz'));
    using database = new DatabaseSync(join(data, 'glewlwyd.db'));
    database.exec(gunzipSync(schema).toString());
    const config = join(data, 'glewlwyd.conf');
    await writeFile(config, settings(options));
    const service = await startService({
      program: join(usr, 'bin/glewlwyd'),
      args: [`--config-file=${config}`],
      env: { LD_LIBRARY_PATH: join(usr, 'lib/x86_64-linux-gnu') },
      data,
      port,
    });
    await fill(`http://127.0.0.1:${port}/api`, options);
    return { ...service, paths: PATHS };
  },
  screens: [
    {
      name: 'login',
      selector: '#passwordForm #password',
      byScript: true,
      async act(page, { username, password }) {
        await page.locator('#username').fill(username);
        await page.locator('#password').fill(password);
        const answered = page.waitForResponse((response) => response.url().endsWith('/api/auth/'));
        await page.locator('#loginbut').click();
        if ((await answered).ok()) await page.locator('#passwordForm').waitFor({ state: 'hidden' });
      },
    },
    {
      name: 'consent',
      selector: `#grant-${SCOPE}`,
      byScript: true,
      async act(page) {
        await page.locator(`#grant-${SCOPE}`).check();
        await page.getByRole('button', { name: 'Grant access' }).click();
        await page.locator(`#grant-${SCOPE}`).waitFor({ state: 'hidden' });
      },
    },
    {
      name: 'continue',
      selector: CONTINUE,
      async act(page) {
        // Its script may still be asking.
        await page.waitForLoadState('networkidle');
        await page.locator(CONTINUE).click();
      },
    },
  ],
  settlesWithin: 10_000,
  authorizationParameters: { scope: `openid ${SCOPE}`, nonce: 'n-0S6_WzA2Mj' },
  random: [
    { what: 'the session cookie', pattern: /GLEWLWYD2_SESSION_ID=([^;\s]+)/gi },
    { what: 'the time of a login', pattern: /"(?:password_last_login|iat|last_login)":(\d+)/g },
    { what: 'tokens', pattern: /"(?:access|refresh|id)_token":"([\w.-]+)"/g },
  ],
  can: {
    denyConsent: false,
    refresh: true,
    // It encodes the state of a form_post as in an address, so that clients get a different one.
    formPost: false,
    loginWithoutPkce: true,
    verifyPkce: true,
    coverCode: true,
    discovery: true,
    push: true,
  },
};

/** Without links to outside of the folder, which it does not follow. */
async function copyPages(share: string, web: string): Promise<void> {
  const config = join(share, 'webapp/config.json');
  await rm(config, { force: true });
  await cp(join(share, 'templates/config.json'), config);
  await cp(join(share, 'webapp'), web, { recursive: true, dereference: true });
}

function settings({ installation, data, port, publicOrigin }: StartOptions): string {
  const modules = join(installation, 'usr/lib/glewlwyd');
  const texts = {
    bind_address: '127.0.0.1',
    external_url: publicOrigin,
    login_url: 'login.html',
    api_prefix: 'api',
    static_files_path: join(installation, 'web/'),
    log_mode: 'console',
    log_level: 'INFO',
    cookie_domain: new URL(publicOrigin).hostname,
    session_key: 'GLEWLWYD2_SESSION_ID',
    admin_scope: 'g_admin',
    profile_scope: 'g_profile',
    user_module_path: join(modules, 'user'),
    user_middleware_module_path: join(modules, 'user_middleware'),
    client_module_path: join(modules, 'client'),
    user_auth_scheme_module_path: join(modules, 'scheme'),
    plugin_module_path: join(modules, 'plugin'),
    hash_algorithm: 'SHA512',
  };
  const types = {
    '.html': 'text/html',
    '.css': 'text/css',
    '.js': 'application/javascript',
    '.json': 'application/json',
  };
  const mimeTypes = Object.entries(types).map(
    ([extension, type]) => `{ extension = "${extension}"; mime_type = "${type}"; compress = 0 }`,
  );
  return `port = ${port}
${Object.entries(texts)
  .map(([name, value]) => `${name} = "${value}"`)
  .join('\n')}
cookie_secure = 0
response_allowed_compression = "gzip"
database = { type = "sqlite3"; path = "${join(data, 'glewlwyd.db')}" };
static_files_mime_types = ( ${mimeTypes.join(', ')} )
`;
}

/** Adds the plugin, the client and the users by its own API, as its administration page does. */
async function fill(api: string, { publicOrigin, clients, users }: StartOptions): Promise<void> {
  const post = (path: string, body: object, cookie = '') =>
    fetch(`${api}/${path}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie },
      body: JSON.stringify(body),
    }).then(async (response) => {
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return response;
    });
  const login = await post('auth', ADMINISTRATOR);
  const [session = ''] = (login.headers.getSetCookie()[0] ?? '').split(';');
  await post('scope', { name: SCOPE, display_name: SCOPE }, session);
  await post('mod/plugin', plugin(`${publicOrigin}/api/oidc`), session);
  for (const { id, secret, redirectUri } of clients) {
    const client = {
      client_id: id,
      name: id,
      enabled: true,
      confidential: true,
      client_secret: secret,
      redirect_uri: [redirectUri],
      authorization_type: ['code', 'refresh_token'],
      token_endpoint_auth_method: ['client_secret_basic'],
    };
    await post('client', client, session);
  }
  for (const user of users) await post('user', { ...user, scope: ['g_profile', 'openid', SCOPE] }, session);
}

function plugin(issuer: string): object {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return {
    module: 'oidc',
    name: 'oidc',
    display_name: 'oidc',
    parameters: {
      iss: issuer,
      'jwt-type': 'rsa',
      'jwt-key-size': '256',
      key: privateKey,
      cert: publicKey,
      'access-token-duration': 3600,
      'refresh-token-duration': 3600,
      'code-duration': 600,
      'auth-type-code-enabled': true,
      'auth-type-refresh-enabled': true,
      'pkce-allowed': true,
      'subject-type': 'public',
      'jwks-show': true,
      'oauth-par-allowed': true,
      'oauth-par-request_uri-prefix': 'urn:ietf:params:oauth:request_uri:',
      'oauth-par-duration': 90,
    },
  };
}
