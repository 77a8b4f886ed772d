import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGoServer, installGo } from '../install/go.ts';
import { isThere, orNotInstallable } from '../install/install.ts';
import { run } from '../install/run.ts';
import { startService } from '../install/service.ts';
import type { Product } from '../product.ts';
import { loginScreen } from '../stage/screen.ts';

const SOURCE = fileURLToPath(new URL('./zitadel-oidc/main.go', import.meta.url));
const MODULE = 'github.com/zitadel/oidc/v3';
const RELEASE = '3.52.0';

export const zitadelOidc: Product = {
  name: 'zitadel/oidc',
  release: RELEASE,
  shows:
    'a Go library with an example server: it puts a `c_hash` into the id_token of the token response, and repeats the ' +
    'address of a redirect in its body',
  async install(folder) {
    if (!(await isThere(join(folder, 'server')))) await orNotInstallable('go', () => build(folder));
    return RELEASE;
  },
  async start({ installation, data, port, publicOrigin, clients: [client], users }) {
    if (client === undefined) throw new Error('the example server needs a client');
    const usersFile = join(data, 'users.json');
    await writeFile(
      usersFile,
      JSON.stringify(
        Object.fromEntries(
          users.map(({ username, password }) => [
            username,
            { ID: username, Username: username, Password: password },
          ]),
        ),
      ),
    );
    const service = await startService({
      program: join(installation, 'server'),
      args: [],
      env: {
        ADDRESS: `127.0.0.1:${port}`,
        ISSUER: publicOrigin,
        USERS_FILE: usersFile,
        CLIENT_ID: client.id,
        CLIENT_SECRET: client.secret,
        CLIENT_REDIRECT_URI: client.redirectUri,
      },
      data,
      port,
    });
    const paths = {
      authorization: '/auth',
      token: '/oauth/token',
      metadata: '/.well-known/openid-configuration',
    };
    return { ...service, paths };
  },
  screens: [loginScreen({ username: '#username', password: '#password', submit: 'button[type=submit]' })],
  authorizationParameters: { scope: 'openid profile offline_access' },
  random: [
    {
      what: 'the id of the authorization request',
      pattern: /\b(?:authRequestID=|id=|name="id" value=")([0-9a-f-]{36})/g,
    },
    { what: 'tokens', pattern: /"(?:access|refresh|id)_token":"([\w.-]+)"/g },
  ],
  can: {
    denyConsent: false,
    refresh: true,
    formPost: true,
    loginWithoutPkce: true,
    verifyPkce: true,
    coverCode: true,
    discovery: true,
  },
};

async function build(folder: string): Promise<void> {
  await installGo();
  await copyFile(SOURCE, join(folder, 'main.go'));
  await writeFile(join(folder, 'go.mod'), 'module server\n');
  await run('go', ['get', `${MODULE}@v${RELEASE}`], { cwd: folder });
  await buildGoServer(folder);
}
