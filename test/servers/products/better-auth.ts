import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isThere, orNotInstallable } from '../install/install.ts';
import { run } from '../install/run.ts';
import { startService } from '../install/service.ts';
import type { Product } from '../product.ts';
import { consentScreen, loginScreen } from '../stage/screen.ts';

const SOURCE = fileURLToPath(new URL('./better-auth/server.mjs', import.meta.url));
const RELEASE = '1.3.34';

export const betterAuth: Product = {
  name: 'Better Auth',
  release: RELEASE,
  shows:
    'its login and its consent are JSON that scripts post: the response names the redirect URI with code and state, at paths of its own',
  async install(folder) {
    if (!(await isThere(join(folder, 'node_modules/better-auth')))) {
      await orNotInstallable('npm', async () => {
        await writeFile(join(folder, 'package.json'), '{"private": true}');
        const quietly = ['--no-audit', '--no-fund', '--ignore-scripts', '--silent'];
        await run('npm', ['install', ...quietly, `better-auth@${RELEASE}`], { cwd: folder });
      });
    }
    return RELEASE;
  },
  async start({ installation, data, port, publicOrigin, clients, users }) {
    const program = join(installation, 'server.mjs');
    // Beside the packages that it imports.
    await copyFile(SOURCE, program);
    const service = await startService({
      program: process.execPath,
      args: [program],
      env: { PORT: String(port), ISSUER: publicOrigin, PLAN: JSON.stringify({ clients, users }) },
      data,
      port,
    });
    const paths = {
      authorization: '/api/auth/oauth2/authorize',
      token: '/api/auth/oauth2/token',
      metadata: '/api/auth/.well-known/openid-configuration',
    };
    return { ...service, paths };
  },
  screens: [
    loginScreen({ username: '#username', password: '#password', submit: 'button' }),
    consentScreen({ allow: '#allow', deny: '#deny' }),
  ],
  authorizationParameters: { scope: 'openid offline_access' },
  random: [
    { what: 'the session cookie', pattern: /better-auth\.session_token=([\w.%-]+)/g },
    {
      what: 'the cookies in which it keeps the request',
      pattern: /oidc_(?:login|consent)_prompt=([\w.%~*()!'-]+)/g,
    },
    { what: 'the reference of the consent', pattern: /consent_code(?:=|":")(\w+)/g },
    { what: 'tokens', pattern: /"(?:access_token|refresh_token|id_token|token)":"([\w.-]+)"/g },
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
