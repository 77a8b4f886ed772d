import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isThere } from '../install/install.ts';
import { javaHome, runMaven } from '../install/java.ts';
import { startService } from '../install/service.ts';
import type { Product, ProductClient, StartOptions } from '../product.ts';
import { consentScreen, loginScreen } from '../stage/screen.ts';

const OVERLAY = fileURLToPath(new URL('./cas/pom.xml', import.meta.url));
const RELEASE = '6.6.12';
const PATHS = {
  authorization: '/cas/oidc/oidcAuthorize',
  token: '/cas/oidc/oidcAccessToken',
  pushedAuthorization: '/cas/oidc/oidcPushAuthorize',
  metadata: '/cas/oidc/.well-known/openid-configuration',
};

export const cas: Product = {
  name: 'Apereo CAS',
  release: RELEASE,
  shows:
    'its login sends the browser to `callbackAuthorize` with the parameters of the request, and from there to the request ' +
    'again; its consent page is a link to the same request with one parameter more',
  async install(folder) {
    const home = join(folder, 'cas');
    if (!(await isThere(home))) await build(folder, home);
    return RELEASE;
  },
  async start(options) {
    const { installation, data, port } = options;
    const web = join(installation, 'cas/WEB-INF');
    await mkdir(join(data, 'services'));
    for (const [i, client] of options.clients.entries()) {
      await writeFile(
        join(data, `services/${client.id}-${i + 1}.json`),
        JSON.stringify(service(client, i + 1)),
      );
    }
    const config = join(data, 'cas.properties');
    await writeFile(config, properties(options));
    const started = await startService({
      program: join(await javaHome(), 'bin/java'),
      args: [
        '-Xmx512m',
        '-XX:TieredStopAtLevel=1',
        ...['-cp', `${web}/classes:${web}/lib/*`, 'org.apereo.cas.web.CasWebApplication'],
        `--spring.config.additional-location=file:${config}`,
      ],
      data,
      port,
      readyPath: PATHS.metadata,
    });
    return { ...started, paths: PATHS };
  },
  screens: [
    loginScreen({ username: '#username', password: '#password', submit: '[name=submitBtn]' }),
    consentScreen({ allow: '#allow', deny: '#cancel' }),
  ],
  authorizationParameters: { scope: 'openid profile offline_access' },
  // It does not encode the parameters of a fragment.
  stateCharacters: ' ~/=',
  random: [
    { what: 'the session cookies', pattern: /\b(?:DISSESSION|JSESSIONID|TGC)=([^;\s]+)/g },
    { what: 'the service ticket', pattern: /\bticket=(ST-[\w-]+)/g },
    { what: 'the state of the login form', pattern: /\bexecution(?:=|" value=")([\w+/=%.-]+)/g },
    { what: 'the number of the request', pattern: /requestid: ([\w-]+)/g },
    { what: 'tokens', pattern: /"(?:access|refresh|id)_token":"([\w.-]+)"/g },
  ],
  can: {
    denyConsent: true,
    refresh: true,
    formPost: true,
    loginWithoutPkce: true,
    verifyPkce: true,
    coverCode: false,
    discovery: true,
    push: true,
  },
};

async function build(folder: string, home: string): Promise<void> {
  const scratch = await mkdtemp(join(folder, 'build-'));
  await cp(OVERLAY, join(scratch, 'pom.xml'));
  await runMaven(scratch, ['package']);
  await rename(join(scratch, 'target/cas'), home);
  await rm(scratch, { recursive: true });
}

function service({ id, secret, redirectUri }: ProductClient, number: number): object {
  const set = (...values: readonly string[]) => ['java.util.HashSet', values];
  return {
    '@class': 'org.apereo.cas.services.OidcRegisteredService',
    id: number,
    name: id,
    clientId: id,
    clientSecret: secret,
    // A regular expression.
    serviceId: redirectUri.replaceAll('.', '\\.'),
    generateRefreshToken: true,
    scopes: set('openid', 'profile', 'offline_access'),
    supportedGrantTypes: set('authorization_code', 'refresh_token'),
    supportedResponseTypes: set('code'),
  };
}

function properties({ data, port, publicOrigin, users }: StartOptions): string {
  const settings = {
    'server.port': port,
    'server.address': '127.0.0.1',
    'server.ssl.enabled': false,
    // The gateway asks for pages without a coding.
    'server.compression.enabled': false,
    'cas.server.name': publicOrigin,
    'cas.server.prefix': `${publicOrigin}/cas`,
    'cas.tgc.secure': false,
    'cas.authn.accept.users': users.map(({ username, password }) => `${username}::${password}`).join(','),
    // Otherwise the first request determines it.
    'cas.authn.oauth.session-replication.cookie.auto-configure-cookie-path': false,
    'cas.authn.oauth.session-replication.cookie.path': '/cas',
    'cas.authn.oidc.core.issuer': `${publicOrigin}/cas/oidc`,
    'cas.authn.oidc.jwks.file-system.jwks-file': `file:${data}/keystore.jwks`,
    'cas.service-registry.core.init-from-json': true,
    'cas.service-registry.json.location': `file:${data}/services`,
    'cas.standalone.configuration-directory': data,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
