import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keycloak, keycloakLogin, MODEST_JVM } from './keycloak.ts';
import { keycloakRealm, REALM } from './realm.ts';

/** Packages that WildFly 23 accesses, and that Java closed since. */
const OPENED = [
  'java.base/java.io',
  'java.base/java.lang',
  'java.base/java.lang.invoke',
  'java.base/java.lang.reflect',
  'java.base/java.security',
  'java.base/java.util',
  'java.base/java.util.concurrent',
  'java.management/javax.management',
  'java.naming/javax.naming',
];
const EXPORTED = ['java.base/sun.nio.ch', 'jdk.unsupported/sun.misc', 'jdk.unsupported/sun.reflect'];

export const oldKeycloak = keycloak({
  release: '15.0.2',
  shows: 'of the years on WildFly, with `/auth` before each path; it tells no issuer in its responses',
  artifact: 'keycloak-server-dist:15.0.2:tar.gz',
  base: '/auth',
  login: keycloakLogin,
  prepare: async () => undefined,
  async command(home, options) {
    const server = join(options.data, 'standalone');
    await cp(join(home, 'standalone'), server, { recursive: true });
    const realm = join(options.data, `${REALM}.json`);
    await writeFile(realm, keycloakRealm(options));
    const java = [
      ...MODEST_JVM,
      '-Djboss.modules.system.pkgs=org.jboss.byteman',
      '-Djava.net.preferIPv4Stack=true',
      ...EXPORTED.map((name) => `--add-exports=${name}=ALL-UNNAMED`),
      ...OPENED.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
    ];
    return {
      program: join(home, 'bin/standalone.sh'),
      args: [
        '-b=127.0.0.1',
        `-Djboss.server.base.dir=${server}`,
        `-Djboss.http.port=${options.port}`,
        // Any free port, because these are unused.
        ...['https', 'management.http', 'management.https', 'ajp'].map((name) => `-Djboss.${name}.port=0`),
        `-Dkeycloak.import=${realm}`,
      ],
      env: { JAVA_OPTS: java.join(' ') },
    };
  },
});
