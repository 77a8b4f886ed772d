import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { startOidcProvider } from '../support/upstreams/oidc-provider.ts';
import { startRawServer } from '../support/upstreams/raw-server.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { testClients } from '../support/upstreams/test-client.ts';
import { CLIENT, DoctorFiles, doctor, OPENID, REDIRECT_URI, startDescribed } from './doctor-runs.ts';

let files: DoctorFiles;
beforeAll(async () => {
  files = await DoctorFiles.open();
});
afterAll(() => files[Symbol.asyncDispose]());

describe('discovery', () => {
  test('no document, and no configured endpoints', async () => {
    await using upstream = await startScriptedLegacyServer({ metadata: 'none' });
    const { exitCode, problems } = await doctor('--upstream', upstream.url);
    expect(exitCode).toBe(1);
    expect(problems).toEqual([
      expect.stringMatching(
        /no document: \/\.well-known\/openid-configuration answered 404 → configure the endpoints/,
      ),
    ]);
    const paths = 'endpoints: {authorization: [/oauth2/authorize], token: [/oauth2/token]}';
    const file = await files.fileOf(`issuers: [{name: corp, upstream: {url: "${upstream.url}"}, ${paths}}]`);
    const configured = await doctor('--config', file);
    expect(configured.exitCode).toBe(0);
    expect(configured.lines).toContainEqual(
      expect.stringMatching(/^ok discovery.*no document; the endpoints are configured$/),
    );
    expect(configured.lines).toContainEqual(expect.stringMatching(/^ok token endpoint: a made-up code/));
  });

  test('a document at the root is not used for an issuer with a path', async () => {
    await using upstream = await startDescribed(() => ({}));
    const { problems } = await doctor('--upstream', `${upstream.url}/tenant`);
    expect(problems).toEqual([
      expect.stringMatching(
        /no document: \/tenant\/\.well-known\/.* → .*--upstream with its issuer identifier/,
      ),
    ]);
    upstream.answers.set(`/tenant${OPENID}`, upstream.answers.get(OPENID) ?? {});
    const { lines } = await doctor('--upstream', `${upstream.url}/tenant`);
    expect(lines).toContain(`ok discovery, as ${upstream.host}:${upstream.port}: /tenant${OPENID}`);
  });

  const DEFECTS: readonly (readonly [what: string, document: (url: string) => object, says: RegExp])[] = [
    ['no issuer', () => ({ issuer: undefined }), /^warn issuer: not a URL/],
    [
      'another issuer',
      () => ({ issuer: 'https://login.example.com' }),
      /^warn issuer: .*neither the upstream nor public_url → .*set it as `public_url`/,
    ],
    [
      'an issuer elsewhere',
      (url) => ({ issuer: `${url}/tenant` }),
      /^warn issuer: .*its document is at \/\.well-known/,
    ],
    [
      'endpoints under another name',
      () => ({ authorization_endpoint: 'https://x/a', token_endpoint: 'https://x/t' }),
      /^warn token_endpoint: https:\/\/x\/t → .*`public_url: https:\/\/x`.*`upstream\.origins`/,
    ],
    [
      'one endpoint on another origin',
      () => ({ token_endpoint: 'https://api.example.com/t' }),
      /^problem token_endpoint: .*a different origin .* → .*`upstream\.origins`/,
    ],
    [
      'endpoints without https',
      () => ({ authorization_endpoint: 'http://x/a', token_endpoint: 'http://x/t' }),
      /^warn token_endpoint: http:\/\/x\/t/,
    ],
    [
      'only plain, and told to forward',
      () => ({ code_challenge_methods_supported: ['plain'] }),
      /^warn metadata: .*plain; challenge and verifier go on to it → .*forward_pkce: never/,
    ],
  ];
  test.each(DEFECTS)('%s', async (_, document, says) => {
    await using upstream = await startDescribed(document);
    const file = await files.fileOf(
      `issuers: [{name: corp, upstream: {url: "${upstream.url}"}, forward_pkce: always}]`,
    );
    const { exitCode, lines, problems } = await doctor('--config', file);
    expect(lines).toContainEqual(expect.stringMatching(says));
    expect(exitCode).toBe(problems.length > 0 ? 1 : 0);
    expect(problems.length > 0).toBe(says.source.startsWith('^problem'));
  });

  test('endpoints at neither the server nor public_url are a problem, until the origin is known', async () => {
    await using upstream = await startDescribed(() => ({
      authorization_endpoint: 'https://x/a',
      token_endpoint: 'https://x/t',
    }));
    const issuer = (origins: string) =>
      `issuers: [{name: corp, upstream: {url: "${upstream.url}", preserve_host: false, origins: [${origins}]}, public_url: https://login.example.com}]`;
    const unknown = await doctor('--config', await files.fileOf(issuer('')));
    expect(unknown.problems).toContainEqual(
      expect.stringMatching(
        /^problem token_endpoint: .*not the gateway → .*bypass the gateway: add https:\/\/x to `upstream\.origins`/,
      ),
    );
    expect((await doctor('--config', await files.fileOf(issuer('"https://x"')))).problems).toEqual([]);
  });

  test('a server behind https that writes http before the public host: the gateway writes the public URL', async () => {
    const endpoints = {
      authorization_endpoint: 'http://login.example.com/a',
      token_endpoint: 'http://login.example.com/t',
    };
    await using upstream = await startDescribed(() => endpoints);
    const yaml = `issuers: [{name: corp, upstream: {url: "${upstream.url}"}, public_url: https://login.example.com}]`;
    const { lines, problems } = await doctor('--config', await files.fileOf(yaml));
    expect(problems).toEqual([]);
    expect(lines).toContain('ok token_endpoint: http://login.example.com/t');
  });

  test('a server that writes https before a public host of http: only public_url is warned of', async () => {
    await using upstream = await startDescribed(() => ({
      authorization_endpoint: 'https://login.example.com/a',
      token_endpoint: 'https://login.example.com/t',
    }));
    const yaml = `issuers: [{name: corp, upstream: {url: "${upstream.url}"}, public_url: http://login.example.com}]`;
    const { lines } = await doctor('--config', await files.fileOf(yaml));
    expect(lines).toContain('ok token_endpoint: https://login.example.com/t');
    expect(lines).toContainEqual(expect.stringMatching(/^warn public_url: http: .*unencrypted/));
  });

  test('an issuer whose document no client finds', async () => {
    await using upstream = await startScriptedLegacyServer();
    const issuer = (upstreamSettings: string) =>
      `issuers: [{name: corp, upstream: {url: "${upstream.url}"${upstreamSettings}}, public_url: "http://localhost:9"}]`;
    const own = await doctor('--config', await files.fileOf(issuer(', preserve_host: false')));
    expect(own.lines).toContainEqual(
      expect.stringMatching(/^warn issuer: http:\/\/127.* at http:\/\/localhost:9 → .*refuse it: configure/),
    );
    const taken = await doctor('--config', await files.fileOf(issuer('')));
    expect(taken.lines).toContain('ok issuer: http://localhost:9');
    const { lines } = await doctor('--upstream', upstream.url);
    expect(lines).toContain(
      `ok issuer: ${upstream.url}; clients that compare it with the address of its document need the gateway there`,
    );
  });

  test('of an issuer with paths', async () => {
    await using upstream = await startScriptedLegacyServer();
    const yaml = `issuers: [{name: a, upstream: {url: "${upstream.url}"}, paths: [/realms/a]}]`;
    const { exitCode, lines } = await doctor('--config', await files.fileOf(yaml), ...CLIENT);
    expect(exitCode).toBe(0);
    expect(lines).toContain(`ok discovery, as ${upstream.host}:${upstream.port}: /realms/a${OPENID}`);
    expect(lines).toContain('ok token endpoint: a made-up code: 400 invalid_grant at /realms/a/oauth2/token');
  });

  test('an endpoint that the configuration does not name is not judged', async () => {
    await using upstream = await startDescribed(() => ({}));
    const paths = 'endpoints: {authorization: [/a], token: [/other]}';
    const file = await files.fileOf(`issuers: [{name: corp, upstream: {url: "${upstream.url}"}, ${paths}}]`);
    const { problems } = await doctor('--config', file);
    expect(problems).toEqual([
      expect.stringMatching(
        /^problem token_endpoint: .*not a configured endpoint.* → add \/t to `endpoints.token`/,
      ),
    ]);
  });

  test('a server that answers only under its own name', async () => {
    await using upstream = await startRawServer((socket, head) => {
      const own = head.toLowerCase().includes(`\r\nhost: 127.0.0.1:${upstream.port}`);
      const body = own
        ? JSON.stringify({ authorization_endpoint: `${upstream.url}/a`, token_endpoint: `${upstream.url}/t` })
        : '';
      socket.write(
        `HTTP/1.1 ${own ? '200 OK' : '404 Not Found'}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    });
    const file = await files.fileOf(
      `issuers: [{name: corp, upstream: {url: "${upstream.url}"}, public_url: https://login.example.com}]`,
    );
    const { problems } = await doctor('--config', file);
    expect(problems).toEqual([
      expect.stringMatching(/^problem discovery, as login.example.com: .*preserve_host: false/),
    ]);
  });

  test.each([
    [
      'a quarter of a minute',
      -15_000,
      /^warn clock: .*: 1[4-6] s behind this machine → synchronise both clocks/,
    ],
    ['an hour', 3_600_000, /^problem clock: .*: 3(599|600|601) s ahead of this machine/],
  ])('a clock that is off by %s', async (_, skew, says) => {
    await using upstream = await startDescribed(() => ({}));
    const { body } = upstream.answers.get(OPENID) ?? {};
    const date = new Date(Date.now() + skew).toUTCString();
    upstream.answers.set(OPENID, { body: body ?? {}, headers: { date } });
    expect((await doctor('--upstream', upstream.url)).lines).toContainEqual(expect.stringMatching(says));
    upstream.answers.set(OPENID, { body: body ?? {}, headers: { date, age: '60' } });
    expect((await doctor('--upstream', upstream.url)).lines).toContainEqual(
      expect.stringMatching(/^unknown clock/),
    );
  });
});

describe('PKCE at the server itself', () => {
  test('it refuses PKCE parameters: a problem if they are forwarded, else none', async () => {
    const metadataOverrides = { code_challenge_methods_supported: ['S256'] };
    await using upstream = await startScriptedLegacyServer({ pkceParameters: 'rejected', metadataOverrides });
    const { exitCode, problems } = await doctor('--upstream', upstream.url, ...CLIENT);
    expect(exitCode).toBe(1);
    expect(problems).toEqual([
      expect.stringMatching(
        /^problem token endpoint: code_verifier: refused: 400 invalid_request with, 400 invalid_grant without → set `forward_pkce: never`/,
      ),
      expect.stringMatching(/^problem authorization endpoint: code_challenge: refused/),
    ]);
    const file = await files.fileOf(
      `issuers: [{name: corp, upstream: {url: "${upstream.url}"}, forward_pkce: never}]`,
    );
    const kept = await doctor('--config', file, ...CLIENT);
    expect({ exitCode: kept.exitCode, problems: kept.problems }).toEqual({ exitCode: 0, problems: [] });
    expect(kept.lines).toContainEqual(
      expect.stringMatching(/^ok authorization endpoint: .*refused.*; it is not sent there$/),
    );
  });

  test.each([
    ['checked: invalid_request for a malformed one', false],
    ['required for this client: invalid_request without it', true],
  ])('oidc-provider: %s', async (says, required) => {
    const { publicClient } = testClients(REDIRECT_URI);
    const configuration = { pkce: { required: () => required } };
    await using upstream = await startOidcProvider({
      clients: [publicClient],
      pkce: 'optional',
      configuration,
    });
    const args = ['--client', publicClient.clientId, '--redirect-uri', REDIRECT_URI];
    const { exitCode, lines } = await doctor('--upstream', upstream.url, ...args);
    expect(exitCode).toBe(0);
    expect(lines).toContain(
      `unknown authorization endpoint: code_challenge: ${says}; whether it verifies the code_verifier cannot be told from outside → see the \`login\` lines of \`doctor --login\``,
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^ok where the browser is sent: it stays at the gateway/),
    );
    expect(lines).toContain('ok token endpoint: code_verifier: the answer is the same with and without it');
    const unnamed = await doctor('--upstream', upstream.url);
    expect(unnamed.lines).toContainEqual(
      expect.stringMatching(/^unknown token endpoint: code_verifier: the server refused the client first/),
    );
  });

  test('an unknown client', async () => {
    const { publicClient } = testClients(REDIRECT_URI);
    await using upstream = await startOidcProvider({ clients: [publicClient] });
    const { lines } = await doctor('--upstream', upstream.url, ...CLIENT);
    expect(lines).toContainEqual(
      expect.stringMatching(/^warn authorization endpoint: spa: refuses it: .* → check that --client/),
    );
  });

  test('a login that continues at another origin', async () => {
    const leaves = { status: 302, headers: { location: 'https://sso.example.com/login?x=y' } };
    await using upstream = await startDescribed(() => ({}), { '/a': leaves });
    const { lines } = await doctor('--upstream', upstream.url, ...CLIENT);
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^unknown where the browser is sent: to https:\/\/sso\.example\.com: a different login server.* → .*`upstream\.origins`/,
      ),
    );
  });
});

describe('the token endpoint', () => {
  test.each([
    [200, /^problem token endpoint: .*it accepted the code → this server gives tokens to anybody/],
    [404, /^warn token endpoint: .*404 at \/t → check that \/t is the token endpoint/],
    [503, /^warn token endpoint: .*503 at \/t → see the log of the server/],
  ])('that answers %d to a made-up code', async (status, says) => {
    await using upstream = await startDescribed(() => ({}), { '/t': { status, body: {} } });
    expect((await doctor('--upstream', upstream.url)).lines).toContainEqual(expect.stringMatching(says));
  });

  test('that refuses the client by 403 (Glewlwyd): it is one, and a bypass', async () => {
    const refusal = { status: 403, body: { error: 'unauthorized_client' } };
    await using upstream = await startDescribed(() => ({}), { '/t': refusal });
    const { lines, problems } = await doctor('--upstream', upstream.url, '--direct', upstream.url);
    expect(lines).toContain('ok token endpoint: a made-up code: 403 unauthorized_client at /t');
    expect(lines).toContainEqual(
      expect.stringMatching(/^unknown token endpoint: code_verifier: the server refused the client first/),
    );
    expect(problems).toContainEqual(
      expect.stringMatching(/bypass of the gateway: .*403 unauthorized_client .*→ a token endpoint answers/),
    );
  });

  test.each([
    ['unauthorized', /^unknown token endpoint: code_verifier: the server refused the client first/],
    ['invalid_grant', /^ok token endpoint: code_verifier: the answer is the same/],
  ])('that answers 401 %s: only the second one read the code', async (error, says) => {
    await using upstream = await startDescribed(() => ({}), { '/t': { status: 401, body: { error } } });
    expect((await doctor('--upstream', upstream.url)).lines).toContainEqual(expect.stringMatching(says));
  });

  test('bypass of the gateway: open, closed, or absent', async () => {
    await using upstream = await startScriptedLegacyServer();
    const open = await doctor('--upstream', upstream.url, '--direct', upstream.url);
    expect(open.exitCode).toBe(1);
    expect(open.problems).toEqual([
      expect.stringMatching(
        /^problem bypass of the gateway: .*400 invalid_grant .*→ a token endpoint answers: block this path/,
      ),
    ]);
    const closed = await doctor(
      '--upstream',
      upstream.url,
      '--direct',
      `http://127.0.0.1:${await freePort()}`,
    );
    expect(closed.lines).toContainEqual(
      expect.stringMatching(/^ok bypass of the gateway: .*not reachable from this machine$/),
    );
    const none = await doctor('--upstream', upstream.url, '--direct', `${upstream.url}/nowhere`);
    expect(none.lines).toContainEqual(
      expect.stringMatching(/^ok bypass of the gateway: .*404 .*no token endpoint$/),
    );
  });
});
