import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unpackDebianPackages } from '../install/debian.ts';
import { orNotInstallable } from '../install/install.ts';
import { startService } from '../install/service.ts';
import type { Product, ProductClient } from '../product.ts';
import { consentScreen, loginScreen } from '../stage/screen.ts';

const PORTAL = fileURLToPath(new URL('./lemonldap-ng/portal.psgi', import.meta.url));
const PACKAGES = [
  'liblemonldap-ng-portal-perl',
  'starman',
  'libcrypt-openssl-bignum-perl',
  'libconvert-base32-perl',
  'libio-string-perl',
  'libstring-random-perl',
];

export const lemonldapNg: Product = {
  name: 'LemonLDAP::NG',
  release: 'from Debian',
  shows:
    'its login and consent forms have `action="#"`, so that user name and password are posted to the authorization request itself',
  install: (folder) => orNotInstallable('apt', () => unpackDebianPackages(folder, PACKAGES)),
  async start({ installation, data, port, publicOrigin, clients, users }) {
    const usr = join(installation, 'usr/share');
    const sessions = ['sessions', 'sessions/lock', 'persistent', 'persistent/lock', 'conf', 'cache'];
    for (const folder of sessions) await mkdir(join(data, folder));
    await writeFile(
      join(data, 'conf/lmConf-1.json'),
      JSON.stringify(portalConfig(publicOrigin, clients, data)),
    );
    const ini = join(data, 'lemonldap-ng.ini');
    await writeFile(ini, iniFile(data, usr));
    const service = await startService({
      program: 'perl',
      args: [
        join(installation, 'usr/bin/starman'),
        ...['--listen', `127.0.0.1:${port}`, '--workers', '3', '--preload-app', PORTAL],
      ],
      env: {
        ...(await librariesBelow(installation)),
        LLNG_DEFAULTCONFFILE: ini,
        // Otherwise the order of fields in forms and JSON differs each time.
        PERL_HASH_SEED: '0',
        PERL_PERTURB_KEYS: '0',
        PORTAL_USR: usr,
        PORTAL_USERS: JSON.stringify(users.map(({ username }) => username)),
      },
      data,
      port,
      readyPath: '/.well-known/openid-configuration',
    });
    const paths = {
      authorization: '/oauth2/authorize',
      token: '/oauth2/token',
      metadata: '/.well-known/openid-configuration',
    };
    return { ...service, paths };
  },
  screens: [
    loginScreen({ username: '#userfield', password: '#passwordfield', submit: '#lform button[type=submit]' }),
    consentScreen({ allow: 'button.positive', deny: '#refuse' }),
  ],
  authorizationParameters: { scope: 'openid profile' },
  random: [
    { what: 'the session cookie', pattern: /\blemonldap=([0-9a-f]{64})/g },
    {
      what: 'the reference and the time of what the portal remembers of the request, in a cookie',
      pattern: /issuerRequestoauth2%22%3A%22(\d+_\d+)|issuerTs%22%3A(\d+)/g,
    },
    { what: 'the anti-CSRF token of the login form', pattern: /\btoken(?:=|" value=")(\d+_\d+)/g },
    {
      what: 'the ticket of the consent form',
      pattern: /\b(?:confirm=|name="confirm" value="|val="-)([\w%+/.=-]+)/g,
    },
    { what: 'session_state', pattern: /\bsession_state(?:=|" value=")([\w%+/.=-]+)/g },
    { what: 'tokens', pattern: /"(?:access|refresh|id)_token":"([\w.-]+)"/g },
  ],
  can: {
    denyConsent: true,
    refresh: true,
    formPost: true,
    loginWithoutPkce: true,
    // Only if it requires PKCE of a client. Otherwise it accepts any verifier, although its discovery document names S256.
    verifyPkce: false,
    coverCode: false,
    discovery: true,
  },
};

function portalConfig(publicOrigin: string, clients: readonly ProductClient[], data: string): unknown {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return {
    cfgNum: 1,
    cfgAuthor: 'npm run test:servers',
    cfgDate: 1,
    portal: `${publicOrigin}/`,
    domain: new URL(publicOrigin).hostname,
    cookieName: 'lemonldap',
    authentication: 'Demo',
    userDB: 'Same',
    passwordDB: 'Demo',
    demoExportedVars: { cn: 'cn', mail: 'mail', uid: 'uid' },
    locationRules: { [new URL(publicOrigin).hostname]: { default: 'accept' } },
    exportedHeaders: {},
    macros: { _whatToTrace: 'lc($_user)' },
    whatToTrace: '_whatToTrace',
    globalStorage: 'Apache::Session::File',
    globalStorageOptions: {
      Directory: join(data, 'sessions'),
      LockDirectory: join(data, 'sessions/lock'),
      generateModule: 'Lemonldap::NG::Common::Apache::Session::Generate::SHA256',
    },
    persistentStorage: 'Apache::Session::File',
    persistentStorageOptions: {
      Directory: join(data, 'persistent'),
      LockDirectory: join(data, 'persistent/lock'),
    },
    localSessionStorage: 'Cache::FileCache',
    localSessionStorageOptions: {
      cache_root: join(data, 'cache'),
      cache_depth: 3,
      default_expires_in: 600,
      directory_umask: '007',
      namespace: 'lemonldap-ng-sessions',
    },
    // See portal.psgi.
    captcha: '::Captcha::None',
    issuerDBOpenIDConnectActivation: 1,
    oidcServiceMetaDataIssuer: publicOrigin,
    oidcServicePrivateKeySig: privateKey,
    oidcServicePublicKeySig: publicKey,
    oidcServiceKeyIdSig: 'portal',
    oidcRPMetaDataOptions: Object.fromEntries(
      clients.map(({ id, secret, redirectUri }) => [
        id,
        {
          oidcRPMetaDataOptionsClientID: id,
          oidcRPMetaDataOptionsClientSecret: secret,
          oidcRPMetaDataOptionsRedirectUris: redirectUri,
          oidcRPMetaDataOptionsDisplayName: id,
          oidcRPMetaDataOptionsRefreshToken: 1,
          oidcRPMetaDataOptionsIDTokenSignAlg: 'RS256',
          oidcRPMetaDataOptionsUserIDAttr: 'uid',
        },
      ]),
    ),
    oidcRPMetaDataExportedVars: Object.fromEntries(
      clients.map(({ id }) => [id, { name: 'cn', email: 'mail' }]),
    ),
  };
}

function iniFile(data: string, usr: string): string {
  return `[all]
logLevel = warn
logger = Lemonldap::NG::Common::Logger::Std
[configuration]
type = File
dirName = ${join(data, 'conf')}
localStorage = Cache::FileCache
localStorageOptions = { 'namespace' => 'lemonldap-ng-config', 'default_expires_in' => 600, 'directory_umask' => '007', 'cache_root' => '${join(data, 'cache')}', 'cache_depth' => 3 }
[portal]
staticPrefix = /static
templateDir = ${usr}/lemonldap-ng/portal/templates
languages = en, fr
`;
}

/** Compiled modules are in a folder named after machine and version of Perl. */
async function librariesBelow(installation: string): Promise<{ PERL5LIB: string; LD_LIBRARY_PATH: string }> {
  const lib = join(installation, 'usr/lib');
  const machines = (await readdir(lib))
    .filter((name) => name.includes('-linux-'))
    .map((name) => join(lib, name));
  const compiled: string[] = [];
  for (const machine of machines) {
    for (const version of await readdir(join(machine, 'perl5')))
      compiled.push(join(machine, 'perl5', version));
  }
  return {
    PERL5LIB: [join(installation, 'usr/share/perl5'), ...compiled].join(':'),
    LD_LIBRARY_PATH: machines.join(':'),
  };
}
