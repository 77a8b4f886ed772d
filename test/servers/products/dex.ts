import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGoServer, installGo } from '../install/go.ts';
import { isThere, orNotInstallable } from '../install/install.ts';
import { run } from '../install/run.ts';
import { startService } from '../install/service.ts';
import type { Product } from '../product.ts';
import { consentScreen, loginScreen } from '../stage/screen.ts';

const SOURCE = fileURLToPath(new URL('./dex', import.meta.url));
const MODULE = 'github.com/dexidp/dex';
const RELEASE = '2.13.0';
const PATHS = {
  authorization: '/dex/auth',
  token: '/dex/token',
  metadata: '/dex/.well-known/openid-configuration',
};

export const dex: Product = {
  name: 'Dex',
  release: RELEASE,
  shows:
    'of 2018, it knows nothing of PKCE; it keeps the request itself, and its pages have only `req`, a number',
  async install(folder) {
    if (!(await isThere(join(folder, 'server')))) await orNotInstallable('go', () => build(folder));
    return RELEASE;
  },
  async start({ installation, data, port, publicOrigin, clients: [client], users }) {
    if (client === undefined) throw new Error('Dex needs a client');
    const usersFile = join(data, 'users.json');
    const passwords = Object.fromEntries(users.map(({ username, password }) => [username, password]));
    await writeFile(usersFile, JSON.stringify(passwords));
    const service = await startService({
      program: join(installation, 'server'),
      args: [],
      env: {
        ADDRESS: `127.0.0.1:${port}`,
        ISSUER: `${publicOrigin}/dex`,
        PAGES: join(installation, 'web'),
        USERS_FILE: usersFile,
        CLIENT_ID: client.id,
        CLIENT_SECRET: client.secret,
        CLIENT_REDIRECT_URI: client.redirectUri,
      },
      data,
      port,
      readyPath: PATHS.metadata,
    });
    return { ...service, paths: PATHS };
  },
  screens: [
    loginScreen({ username: '#login', password: '#password', submit: '#submit-login' }),
    consentScreen({
      allow: 'form:has([value=approve]) button',
      deny: 'form:has([value=rejected]) button',
    }),
  ],
  authorizationParameters: { scope: 'openid profile offline_access' },
  random: [
    { what: 'the number of the request', pattern: /\breq(?:=|" value=")([a-z0-9]{20,})/g },
    { what: 'tokens', pattern: /"(?:access|refresh|id)_token": ?"([\w.-]+)"/g },
    { what: 'how long the tokens live, in seconds that have begun', pattern: /"expires_in": ?(\d+)/g },
  ],
  can: {
    denyConsent: true,
    refresh: true,
    formPost: false,
    loginWithoutPkce: true,
    verifyPkce: false,
    coverCode: false,
    discovery: true,
  },
};

async function build(folder: string): Promise<void> {
  await installGo();
  await cp(SOURCE, folder, { recursive: true });
  await buildGoServer(folder);
  const sources = await run('go', ['list', '-m', '-f', '{{.Dir}}', MODULE], { cwd: folder });
  await cp(join(sources.trim(), 'web'), join(folder, 'web'), { recursive: true });
}
