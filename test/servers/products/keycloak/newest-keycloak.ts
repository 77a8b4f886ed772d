import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../install/run.ts';
import type { Screen } from '../../stage/screen.ts';
import { keycloak, keycloakLogin, MODEST_JVM } from './keycloak.ts';
import { keycloakRealm, REALM } from './realm.ts';

/** Its login page polls every two seconds whether another tab logged in, and then continues without its visitor. */
const loginUnlessAnotherTabDid: Screen = {
  ...keycloakLogin,
  async act(page, visitor) {
    const cookies = await page.context().cookies();
    if (cookies.some(({ name }) => name === 'KEYCLOAK_SESSION')) {
      const here = page.url();
      const goesOn = page.waitForURL(({ href }) => href !== here, { timeout: 5_000, waitUntil: 'commit' });
      // A page that was loaded with the session waits for its visitor.
      if (
        await goesOn.then(
          () => true,
          () => false,
        )
      )
        return;
    }
    await keycloakLogin.act(page, visitor);
  },
};

export const newestKeycloak = keycloak({
  release: '26.7.3',
  shows:
    'the state hides in base64 within the links of its pages, and its consent form posts a `code` of its own',
  artifact: 'keycloak-quarkus-dist:26.7.3:tar.gz',
  base: '',
  login: loginUnlessAnotherTabDid,
  prepare: (home, env) => {
    const options = ['--db=dev-mem', '--cache=local', '--health-enabled=false'];
    return run(join(home, 'bin/kc.sh'), ['build', ...options], { env });
  },
  async command(home, options) {
    // The only folder from which it imports.
    await mkdir(join(home, 'data/import'), { recursive: true });
    await writeFile(join(home, 'data/import', `${REALM}.json`), keycloakRealm(options));
    return {
      program: join(home, 'bin/kc.sh'),
      args: [
        'start',
        '--optimized',
        '--import-realm',
        '--http-enabled=true',
        '--http-host=127.0.0.1',
        `--http-port=${options.port}`,
        '--hostname-strict=false',
      ],
      env: { JAVA_OPTS_KC_HEAP: MODEST_JVM.join(' ') },
    };
  },
});
