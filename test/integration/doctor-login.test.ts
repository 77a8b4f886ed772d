import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';
import { startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { listen } from '../support/listener.ts';
import { startOidcProvider } from '../support/upstreams/oidc-provider.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { testClients } from '../support/upstreams/test-client.ts';
import { DoctorFiles, doctor, doctorWith } from './doctor-runs.ts';

let files: DoctorFiles;
let redirectUri: string;
beforeAll(async () => {
  files = await DoctorFiles.open();
  redirectUri = `http://127.0.0.1:${await freePort()}/cb`;
});
afterAll(() => files[Symbol.asyncDispose]());

/** A browser without a user: the scripted server logs everybody in. */
const open = (url: string) => void fetch(url).catch(() => {});
const login = (client = 'spa') => ['--client', client, '--redirect-uri', redirectUri, '--login'];

describe('doctor --login at the server itself', () => {
  test('a server that verifies nothing', async () => {
    await using upstream = await startScriptedLegacyServer();
    const { lines, exitCode, text } = await doctorWith({ open }, '--upstream', upstream.url, ...login());
    expect(exitCode).toBe(0);
    expect(lines).toContain('ok login: returned with its code and state');
    expect(lines).toContain('ok login: the code: redeemed, with the right verifier');
    expect(lines).toContain(
      'ok login: PKCE at the server: it accepts a wrong verifier and a missing one: it does not verify PKCE, so the gateway is needed',
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^ok login: the same code again: refused by the server: 400/),
    );
    const secrets = upstream.tokenRequests.flatMap(({ form }) => [
      form.get('code'),
      form.get('code_verifier'),
    ]);
    for (const secret of secrets) if (secret !== null) expect(text).not.toContain(secret);
  });

  test('each request has a nonce of its own: servers such as Glewlwyd require one', async () => {
    await using upstream = await startScriptedLegacyServer();
    await doctorWith({ open }, '--upstream', upstream.url, ...login());
    const nonces = upstream.requests.to('/oauth2/authorize').map(({ query }) => query.get('nonce'));
    expect(nonces.length).toBeGreaterThan(1);
    expect(nonces).not.toContain(null);
    expect(new Set(nonces).size).toBe(nonces.length);
  });

  test('a server that redeems a code twice', async () => {
    await using upstream = await startScriptedLegacyServer({ codes: 'reusable' });
    const { lines } = await doctorWith({ open }, '--upstream', upstream.url, ...login());
    expect(lines).toContainEqual(
      expect.stringMatching(/^warn login: the same code again: the server gives tokens for it a second time/),
    );
  });

  test('a server that verifies PKCE', async () => {
    const client = { clientId: 'spa', authMethod: 'none' as const, redirectUris: [redirectUri] };
    await using upstream = await startOidcProvider({ clients: [client], pkce: 'optional' });
    await using browser = new Browser();
    const addresses: string[] = [];
    const pasting = {
      open: (url: string) => void addresses.push(url),
      async readLine() {
        const { url } = await browser.login(addresses.pop() ?? '', { username: 'alice' });
        return String(url);
      },
    };
    // A redirect_uri on another machine: its address is pasted.
    const elsewhere = 'https://app.example.com/cb';
    await using other = await startOidcProvider({
      clients: [{ ...client, redirectUris: [elsewhere] }],
      pkce: 'optional',
    });
    const args = ['--client', 'spa', '--redirect-uri', elsewhere, '--login'];
    const { lines } = await doctorWith(pasting, '--upstream', other.url, ...args);
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^ok login: PKCE at the server: it verifies PKCE itself: 400 invalid_grant for a wrong verifier, 400 invalid_grant for a missing one\./,
      ),
    );
    expect(upstream.url).not.toBe(other.url);
  });

  test.each(['basicClient', 'postClient'] as const)(
    'a confidential client authenticates as it is registered: %s',
    async (kind) => {
      const elsewhere = 'https://app.example.com/cb';
      const { [kind]: client } = testClients(elsewhere);
      await using upstream = await startOidcProvider({ clients: [client], pkce: 'optional' });
      await using browser = new Browser();
      const addresses: string[] = [];
      const user = {
        open: (url: string) => void addresses.push(url),
        readLine: async () => String((await browser.login(addresses.pop() ?? '', { username: 'alice' })).url),
      };
      const run = async (secret: string) =>
        doctorWith(
          user,
          ...[
            '--upstream',
            upstream.url,
            '--client',
            client.clientId,
            '--redirect-uri',
            elsewhere,
            '--login',
          ],
          ...['--secret-file', await files.fileOf(secret)],
        );
      const right = await run(client.clientSecret ?? '');
      expect(right.lines).toContain('ok login: the code: redeemed, with the right verifier');
      const wrong = await run('not-the-secret');
      expect(wrong.problems).toContainEqual(
        expect.stringMatching(
          /^problem login: the code: refused: 401 invalid_client → check --client and --secret/,
        ),
      );
    },
  );

  test('a browser elsewhere, whose last address is pasted: the text says what is waited for, where and how long', async () => {
    await using upstream = await startScriptedLegacyServer();
    const opened: string[] = [];
    const shown: string[] = [];
    const user = {
      open: (url: string) => void opened.push(url),
      shown: (text: string) => void shown.push(text),
      async readLine() {
        const url = opened.pop();
        if (url === undefined) return 'not an address';
        const response = await fetch(url, { redirect: 'manual' });
        return ` ${response.headers.get('location')}\n`;
      },
    };
    const { lines, exitCode } = await doctorWith(user, '--upstream', upstream.url, ...login());
    expect(exitCode).toBe(0);
    expect(lines).toContain('ok login: returned with its code and state');
    expect(shown[0]).toContain(`waits up to 10 minutes for the browser to come back to ${redirectUri}.`);
    expect(shown[0]).toContain('paste the address that it shows at the end:');
  });

  test('a user without a browser: the input ends', async () => {
    await using upstream = await startScriptedLegacyServer();
    const args = ['--client', 'spa', '--redirect-uri', 'https://app.example.com/cb', '--login'];
    const readLine = async () => undefined;
    const { problems } = await doctorWith({ readLine }, '--upstream', upstream.url, ...args);
    expect(problems).toEqual([
      'problem login: the browser did not come back, and no address was pasted → run doctor again',
    ]);
  });

  test('a redirect_uri whose port is in use, a secret that is not there: how to go on, and no stack', async () => {
    await using upstream = await startScriptedLegacyServer();
    const args = ['--upstream', upstream.url, '--client', 'spa', '--login'];
    const taken = ['--redirect-uri', `http://127.0.0.1:${upstream.port}/cb`];
    await expect(doctor(...args, ...taken)).rejects.toThrow(
      `--redirect-uri: cannot listen on 127.0.0.1:${upstream.port}: another process uses this port`,
    );
    const secret = ['--redirect-uri', redirectUri, '--secret-file', '/none'];
    await expect(doctor(...args, ...secret)).rejects.toThrow(
      '--secret-file: cannot read /none: the file does not exist',
    );
  });

  test.each([
    ['state: dropped', { state: 'dropped' }, /^problem login: the state did not come back/],
    ['an error', { authorizationError: 'access_denied' }, /^problem login: it ended with access_denied/],
    [
      'a token endpoint that fails',
      { token: 'status', tokenStatus: 500 },
      /^problem login: the code: refused: 500.* → check whether this client needs --secret-file/,
    ],
  ] as const)('%s', async (_, quirks, says) => {
    await using upstream = await startScriptedLegacyServer(quirks);
    const { lines } = await doctorWith({ open }, '--upstream', upstream.url, ...login());
    expect(lines).toContainEqual(expect.stringMatching(says));
  });
});

test('an id_token with c_hash and s_hash', async () => {
  const claims = Buffer.from(JSON.stringify({ c_hash: 'x', s_hash: 'y' })).toString('base64url');
  await using server = await listen(
    createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
      const origin = `http://${request.headers.host}`;
      const endpoints = { authorization_endpoint: `${origin}/a`, token_endpoint: `${origin}/t` };
      const back = `${redirectUri}?code=c&state=${searchParams.get('state')}`;
      if (pathname === '/a') response.writeHead(302, { location: back }).end();
      else response.end(JSON.stringify({ ...endpoints, id_token: `e30.${claims}.` }));
    }),
  );
  const { lines } = await doctorWith({ open }, '--upstream', server.url, ...login());
  expect(lines).toContainEqual(
    expect.stringMatching(
      /^warn login: id_token: it has a c_hash: .*break in enforce → keep `wrap_codes: auto`/,
    ),
  );
  expect(lines).toContainEqual(
    expect.stringMatching(/^warn login: id_token: it has an s_hash.* → set `state: preserve`/),
  );
});

describe('doctor --login through the gateway', () => {
  test('returns through it, enforced and wrapped', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startGatewayUnderTest({
      upstream: upstream.url,
      issuer: `clients: {spa: {redirect_uris: ["${redirectUri}"]}}`,
    });
    const args = ['--upstream', upstream.url, ...login(), '--via', gateway.url];
    const { lines, problems } = await doctorWith({ open }, ...args);
    expect(problems).toEqual([]);
    expect(lines).toContain('ok login: returned with its code and state, through the gateway');
    expect(lines).toContain('ok login: the code: redeemed, with the right verifier');
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^unknown login: PKCE at the server: cannot be told through the gateway → run doctor/,
      ),
    );
  });

  test('is not reachable from here: its address is named', async () => {
    await using upstream = await startScriptedLegacyServer();
    const gateway = `http://127.0.0.1:${await freePort()}`;
    // The browser reaches it, under the same name.
    const elsewhere = (url: string) => open(url.replace(gateway, upstream.url));
    const args = ['--upstream', upstream.url, ...login(), '--via', gateway];
    const { problems } = await doctorWith({ open: elsewhere }, ...args);
    expect(problems).toEqual([
      expect.stringMatching(`^problem login: .*cannot be reached.* → check that ${gateway} is reachable`),
    ]);
  });

  test('bypasses it if the server uses its own address', async () => {
    await using upstream = await startScriptedLegacyServer({ login: 'return_to', ownLocations: 'internal' });
    const otherName = upstream.url.replace('127.0.0.1', 'localhost');
    await using gateway = await startGatewayUnderTest({
      upstream: otherName,
      issuer: 'clients: {spa: {mode: report}}',
    });
    await using browser = new Browser();
    const around = (url: string) =>
      void browser.login(url, { username: 'alice' }).then(
        ({ url: end }) => fetch(String(end)),
        () => {},
      );
    const file = await files.fileOf(
      `issuers: [{name: corp, upstream: {url: "${otherName}"}, public_url: "${gateway.url}", clients: {spa: {mode: report}}}]`,
    );
    const { problems } = await doctorWith({ open: around }, '--config', file, ...login());
    expect(problems).toContainEqual(
      expect.stringMatching(
        new RegExp(
          `^problem where the browser is sent: to ${upstream.url}, the server's own address: the browser leaves the gateway → add`,
        ),
      ),
    );
    expect(problems).toContainEqual(
      expect.stringMatching(
        /^problem login: the state came back with the gateway's prefix: .* → .*`upstream\.origins`/,
      ),
    );
  });
});

test('without --login, doctor does not say whether a server verifies PKCE', async () => {
  await using upstream = await startScriptedLegacyServer();
  const { text } = await doctor('--upstream', upstream.url, '--client', 'spa', '--redirect-uri', redirectUri);
  expect(text).not.toMatch(/verifies (nothing|PKCE itself)|does not verify/);
});
