import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DOCTOR_OPTIONS, runDoctor } from '../../src/cli/doctor.ts';
import { parseOptions } from '../../src/cli/options.ts';
import { ACL_RULES } from '../contract/flow-store-adapters.ts';
import { createExpiredCertificate } from '../support/expired-certificate.ts';
import { freePort } from '../support/free-port.ts';
import { listen } from '../support/listener.ts';
import { runCommand } from '../support/process.ts';
import { createCertificate } from '../support/redis-certificate.ts';
import { startRedis } from '../support/redis-server.ts';
import { type CannedAnswer, startCannedServer } from '../support/upstreams/canned-server.ts';
import { startOidcProvider } from '../support/upstreams/oidc-provider.ts';
import { startRawServer } from '../support/upstreams/raw-server.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { testClients } from '../support/upstreams/test-client.ts';

const OPENID = '/.well-known/openid-configuration';
const REDIRECT_URI = 'https://app.example.com/cb';
const CLIENT = ['--client', 'spa', '--redirect-uri', REDIRECT_URI];

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-doctor-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Runs the command in this process; `lines` are `mark tried: seen → advice`. */
async function doctor(...args: string[]) {
  const out: string[] = [];
  const io = { stdout: (text: string) => out.push(text), stderr: (text: string) => out.push(text), env: {} };
  const spec = { name: 'doctor', summary: '', options: DOCTOR_OPTIONS };
  const exitCode = await runDoctor(parseOptions(spec, args), io);
  const text = out.join('\n');
  const lines = text
    .replace(/\n +→/g, ' →')
    .split('\n')
    .map((line) => line.trim().replace(/ {2,}/g, ' '));
  return { exitCode, text, lines, problems: lines.filter((line) => line.startsWith('problem ')) };
}

async function fileOf(yaml: string): Promise<string> {
  const file = join(directory, `gateway-${process.hrtime.bigint()}.yaml`);
  await writeFile(file, yaml);
  return file;
}

/** An upstream with a document of its own making. */
async function startDescribed(
  document: (url: string) => object,
  more: Readonly<Record<string, CannedAnswer>> = {},
) {
  const upstream = await startCannedServer();
  const usual = {
    issuer: upstream.url,
    authorization_endpoint: `${upstream.url}/a`,
    token_endpoint: `${upstream.url}/t`,
  };
  upstream.answers.set(OPENID, { body: { ...usual, ...document(upstream.url) } });
  upstream.answers.set('/t', { status: 400, body: { error: 'invalid_grant' } });
  for (const [path, answer] of Object.entries(more)) upstream.answers.set(path, answer);
  return upstream;
}

describe('nothing is wrong: exit 0', () => {
  test('with a server and a store that are in order', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using redis = await startRedis({ port: true });
    const file = await fileOf(`listen: {address: "127.0.0.1:0"}
store: {kind: redis, redis: {url: "${redis.url}"}}
issuers: [{name: corp, upstream: {url: "${upstream.url}"}}]
`);
    const { exitCode, lines, problems } = await doctor('--config', file, ...CLIENT);
    expect({ exitCode, problems }).toEqual({ exitCode: 0, problems: [] });
    expect(lines).toContain(`ok discovery, as ${upstream.host}:${upstream.port}: ${OPENID}`);
    expect(lines).toContain('ok token endpoint: a made-up code: 400 invalid_grant at /oauth2/token');
    expect(lines).toContain('ok token endpoint: code_verifier: takes no offence at it');
    expect(lines).toContainEqual(
      expect.stringMatching(/^ok authorization endpoint: code_challenge: .*it verifies nothing/),
    );
    expect(lines).toContain('ok store: redis: all operations of a login work');
    expect(lines).toContain('ok store: what clients do: is counted, and read back');
    expect(lines).toContain('ok admin: 127.0.0.1: this machine only');
    // What it leaves behind expires.
    for (const { ttl } of await redis.dumpAll()) expect(ttl).toBeGreaterThan(0);
  });

  test('and nobody is harmed: the codes are made up, those of the server are not redeemed, and none is told', async () => {
    await using upstream = await startScriptedLegacyServer({ newCode: () => 'a-code-of-the-server' });
    const { text } = await doctor('--upstream', upstream.url, ...CLIENT, '--direct', upstream.url);
    for (const { form } of upstream.tokenRequests) expect(form.get('code')).toMatch(/^pkce-gateway-doctor-/);
    expect(upstream.tokenRequests).toHaveLength(3);
    const sent = upstream.requests.all.flatMap(({ query, form }) => [...query, ...form]);
    const secrets = sent.filter(([name]) => /^(code|state|code_challenge|code_verifier)$/.test(name));
    for (const [, value] of secrets) if (value.length > 1) expect(text).not.toContain(value);
    expect(text).not.toContain('a-code-of-the-server');
  });

  test('as JSON, by the command', async () => {
    await using upstream = await startScriptedLegacyServer();
    const { exitCode, stdout, stderr } = await runCommand([
      'doctor',
      '--upstream',
      upstream.url,
      '--format',
      'json',
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { sections } = JSON.parse(stdout);
    expect(sections).toHaveLength(1);
    expect(sections[0].about).toBe(`default: ${upstream.url}`);
    expect(sections[0].findings).toContainEqual({
      mark: 'skipped',
      tried: 'authorization endpoint',
      seen: 'not asked',
      advice: 'give a client that it knows: --client ID --redirect-uri URI',
    });
  });
});

describe('the network', () => {
  test('a name that does not exist', async () => {
    const { exitCode, problems } = await doctor('--upstream', 'https://idp.invalid');
    expect(exitCode).toBe(1);
    expect(problems).toEqual([expect.stringMatching(/^problem DNS: idp\.invalid: .*→ correct the name/)]);
  });

  test('a port where nothing listens', async () => {
    const port = await freePort();
    const { exitCode, problems } = await doctor('--upstream', `http://127.0.0.1:${port}`);
    expect(exitCode).toBe(1);
    expect(problems).toEqual([
      `problem TCP: 127.0.0.1 port ${port}: nothing listens on that port (ECONNREFUSED) → start the server, correct the port, or open the way in the firewall`,
    ]);
  });

  test('a port that speaks no TLS, and one that speaks no HTTP', async () => {
    await using plain = await startCannedServer();
    const { problems } = await doctor('--upstream', `https://127.0.0.1:${plain.port}`);
    expect(problems).toEqual([expect.stringMatching(/^problem TLS: .*→ is this the TLS port/)]);
    await using raw = await startRawServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
    const other = await doctor('--upstream', raw.url);
    expect(other.problems).toEqual([
      expect.stringMatching(/^problem discovery, .*did not speak HTTP.*→ is it an HTTP/),
    ]);
  });

  test('a server that keeps silent: it is given up after a while', async () => {
    await using silent = await startRawServer(() => {});
    const [plain, tls] = await Promise.all([
      doctor('--upstream', silent.url),
      doctor('--upstream', silent.url.replace('http:', 'https:')),
    ]);
    expect(plain.problems).toEqual([expect.stringMatching(/^problem discovery, .*did not answer in time/)]);
    expect(tls.problems).toEqual([expect.stringMatching(/^problem TLS: .*no handshake within 5 s/)]);
  });

  test('certificates: of an unknown authority, known but near its end, of another name, expired', async () => {
    await using certificate = await createCertificate('DNS:localhost');
    const { cert = '', key = '' } = certificate.tls;
    await using server = await listen(createServer({ cert, key }, (_req, res) => res.writeHead(404).end()));
    const upstream = `https://localhost:${server.port}`;

    const unknown = await doctor('--upstream', upstream);
    expect(unknown.exitCode).toBe(1);
    expect(unknown.problems).toEqual([
      expect.stringMatching(
        /^problem TLS: the certificate of localhost: .*SELF_SIGNED.*→ name its authority under `upstream.tls.ca_file`/,
      ),
    ]);
    const known = await doctor('--upstream', upstream, '--ca', certificate.files.caFile);
    expect(known.lines).toContainEqual(
      expect.stringMatching(/^warn TLS: .*good, but ends in \d days → renew it$/),
    );

    const otherName = `https://127.0.0.1:${server.port}`;
    const mismatch = await doctor('--upstream', otherName, '--ca', certificate.files.caFile);
    expect(mismatch.problems).toEqual([
      expect.stringMatching(
        /for another name \(ERR_TLS_CERT_ALTNAME_INVALID\) → use one of its names: DNS:localhost$/,
      ),
    ]);
    const skipping = `issuers: [{name: corp, upstream: {url: "${otherName}", tls: {insecure_skip_verify: true}}}]`;
    const skipped = await doctor('--config', await fileOf(skipping));
    expect(skipped.lines).toContainEqual(
      expect.stringMatching(/^warn TLS: .*`insecure_skip_verify` accepts any/),
    );

    const expired = await createExpiredCertificate(join(directory, 'expired'));
    await using old = await listen(createServer(expired, (_req, res) => res.writeHead(404).end()));
    const ended = await doctor('--upstream', `https://localhost:${old.port}`, '--ca', expired.certFile);
    expect(ended.problems).toEqual([
      expect.stringMatching(/^problem TLS: .*its certificate has expired \(CERT_HAS_EXPIRED\) → renew it$/),
    ]);
  });
});

describe('discovery', () => {
  test('no document, and nothing configured in its place', async () => {
    await using upstream = await startScriptedLegacyServer({ metadata: 'none' });
    const { exitCode, problems } = await doctor('--upstream', upstream.url);
    expect(exitCode).toBe(1);
    expect(problems).toEqual([
      expect.stringMatching(
        /no document: \/\.well-known\/openid-configuration answered 404 → name the endpoints/,
      ),
    ]);
    const paths = 'endpoints: {authorization: [/oauth2/authorize], token: [/oauth2/token]}';
    const file = await fileOf(`issuers: [{name: corp, upstream: {url: "${upstream.url}"}, ${paths}}]`);
    const configured = await doctor('--config', file);
    expect(configured.exitCode).toBe(0);
    expect(configured.lines).toContainEqual(
      expect.stringMatching(/^ok discovery.*no document; the endpoints are configured$/),
    );
    expect(configured.lines).toContainEqual(expect.stringMatching(/^ok token endpoint: a made-up code/));
  });

  const DEFECTS: readonly (readonly [what: string, document: (url: string) => object, says: RegExp])[] = [
    ['no issuer', () => ({ issuer: undefined }), /^warn issuer: none that is a URL/],
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
      /^warn token_endpoint: https:\/\/x\/t → .*`?public_url/,
    ],
    [
      'one endpoint on another origin',
      () => ({ token_endpoint: 'https://api.example.com/t' }),
      /^problem token_endpoint: .*another origin .* → .*a gateway in front of each/,
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
    const file = await fileOf(
      `issuers: [{name: corp, upstream: {url: "${upstream.url}"}, forward_pkce: always}]`,
    );
    const { exitCode, lines, problems } = await doctor('--config', file);
    expect(lines).toContainEqual(expect.stringMatching(says));
    expect(exitCode).toBe(problems.length > 0 ? 1 : 0);
    expect(problems).toHaveLength(says.source.startsWith('^problem') ? 1 : 0);
  });

  test('of an issuer with paths of its own', async () => {
    await using upstream = await startScriptedLegacyServer();
    const yaml = `issuers: [{name: a, upstream: {url: "${upstream.url}"}, paths: [/realms/a]}]`;
    const { exitCode, lines } = await doctor('--config', await fileOf(yaml), ...CLIENT);
    expect(exitCode).toBe(0);
    expect(lines).toContain(`ok discovery, as ${upstream.host}:${upstream.port}: /realms/a${OPENID}`);
    expect(lines).toContain('ok token endpoint: a made-up code: 400 invalid_grant at /realms/a/oauth2/token');
  });

  test('an endpoint that the configuration does not name is not judged', async () => {
    await using upstream = await startDescribed(() => ({}));
    const paths = 'endpoints: {authorization: [/a], token: [/other]}';
    const file = await fileOf(`issuers: [{name: corp, upstream: {url: "${upstream.url}"}, ${paths}}]`);
    const { problems } = await doctor('--config', file);
    expect(problems).toEqual([
      expect.stringMatching(
        /^problem token_endpoint: .*not among the configured.* → add \/t to `endpoints.token`/,
      ),
    ]);
  });

  test('a server that answers under its own name only', async () => {
    await using upstream = await startRawServer((socket, head) => {
      const own = head.toLowerCase().includes(`\r\nhost: 127.0.0.1:${upstream.port}`);
      const body = own
        ? JSON.stringify({ authorization_endpoint: `${upstream.url}/a`, token_endpoint: `${upstream.url}/t` })
        : '';
      socket.write(
        `HTTP/1.1 ${own ? '200 OK' : '404 Not Found'}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    });
    const file = await fileOf(
      `issuers: [{name: corp, upstream: {url: "${upstream.url}"}, public_url: https://login.example.com}]`,
    );
    const { problems } = await doctor('--config', file);
    expect(problems).toEqual([
      expect.stringMatching(/^problem discovery, as login.example.com: .*preserve_host: false/),
    ]);
  });

  test.each([
    ['a quarter of a minute', -15_000, /^warn clock: .*: 1[4-6] s behind this machine → have both keep time/],
    ['an hour', 3_600_000, /^problem clock: .*: 3(599|600|601) s ahead of this machine/],
  ])('a clock that is off by %s', async (_, skew, says) => {
    await using upstream = await startDescribed(() => ({}));
    const { body } = upstream.answers.get(OPENID) ?? {};
    const date = new Date(Date.now() + skew).toUTCString();
    upstream.answers.set(OPENID, { body: body ?? {}, headers: { date } });
    expect((await doctor('--upstream', upstream.url)).lines).toContainEqual(expect.stringMatching(says));
    upstream.answers.set(OPENID, { body: body ?? {}, headers: { date, age: '60' } });
    expect((await doctor('--upstream', upstream.url)).lines).toContainEqual(
      expect.stringMatching(/^skipped clock/),
    );
  });
});

describe('PKCE at the server itself', () => {
  test('it chokes on it, and is sent it: a problem; kept away: none', async () => {
    const metadataOverrides = { code_challenge_methods_supported: ['S256'] };
    await using upstream = await startScriptedLegacyServer({ pkceParameters: 'rejected', metadataOverrides });
    const { exitCode, problems } = await doctor('--upstream', upstream.url, ...CLIENT);
    expect(exitCode).toBe(1);
    expect(problems).toEqual([
      expect.stringMatching(
        /^problem token endpoint: code_verifier: chokes on it: 400 invalid_request with, 400 invalid_grant without → set `forward_pkce: never`/,
      ),
      expect.stringMatching(/^problem authorization endpoint: code_challenge: chokes on it/),
    ]);
    upstream.quirks.metadataOverrides = {};
    const kept = await doctor('--upstream', upstream.url, ...CLIENT);
    expect({ exitCode: kept.exitCode, problems: kept.problems }).toEqual({ exitCode: 0, problems: [] });
    expect(kept.lines).toContainEqual(
      expect.stringMatching(/^ok authorization endpoint: .*chokes.*; it is not sent there$/),
    );
  });

  test.each([
    ['it knows PKCE, but does not insist: invalid_request for a malformed one', false],
    ['it insists on PKCE by itself: invalid_request without', true],
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
    expect(lines).toContain(`ok authorization endpoint: code_challenge: ${says}`);
    expect(lines).toContainEqual(expect.stringMatching(/^ok where the answer comes from: this origin/));
    // It looks at the client first.
    expect(lines).toContain(
      'ok token endpoint: code_verifier: takes no offence at it, as far as it looked (invalid_client)',
    );
  });

  test('a client that it does not know', async () => {
    const { publicClient } = testClients(REDIRECT_URI);
    await using upstream = await startOidcProvider({ clients: [publicClient] });
    const { lines } = await doctor('--upstream', upstream.url, ...CLIENT);
    expect(lines).toContainEqual(
      expect.stringMatching(/^warn authorization endpoint: spa: refuses it: .* → are --client/),
    );
  });

  test('a login that goes on at another origin', async () => {
    const leaves = { status: 302, headers: { location: 'https://sso.example.com/login?x=y' } };
    await using upstream = await startDescribed(() => ({}), { '/a': leaves });
    const { lines } = await doctor('--upstream', upstream.url, ...CLIENT);
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^warn where the answer comes from: the browser is sent to https:\/\/sso\.example\.com →/,
      ),
    );
  });
});

describe('the token endpoint', () => {
  test.each([
    [200, /^problem token endpoint: .*it took the code → that server gives tokens to anybody/],
    [404, /^warn token endpoint: .*404 at \/t → is \/t the token endpoint/],
    [503, /^warn token endpoint: .*503 at \/t → look into the log of the server/],
  ])('that answers %d to a made-up code', async (status, says) => {
    await using upstream = await startDescribed(() => ({}), { '/t': { status, body: {} } });
    expect((await doctor('--upstream', upstream.url)).lines).toContainEqual(expect.stringMatching(says));
  });

  test('around the gateway: open, closed, or none there', async () => {
    await using upstream = await startScriptedLegacyServer();
    const open = await doctor('--upstream', upstream.url, '--direct', upstream.url);
    expect(open.exitCode).toBe(1);
    expect(open.problems).toEqual([
      expect.stringMatching(
        /^problem around the gateway: .*400 invalid_grant .*→ a token endpoint answers: close that way/,
      ),
    ]);
    const closed = await doctor(
      '--upstream',
      upstream.url,
      '--direct',
      `http://127.0.0.1:${await freePort()}`,
    );
    expect(closed.lines).toContainEqual(
      expect.stringMatching(/^ok around the gateway: .*closed, from here$/),
    );
    const none = await doctor('--upstream', upstream.url, '--direct', `${upstream.url}/nowhere`);
    expect(none.lines).toContainEqual(
      expect.stringMatching(/^ok around the gateway: .*404 .*no token endpoint$/),
    );
  });
});

describe('the gateway and its store', () => {
  const issuers = 'issuers: [{name: corp, upstream: {url: "http://127.0.0.1:9"}}]';

  test('a Redis that is away, one that refuses the password, one whose user may not do enough', async () => {
    const port = await freePort();
    const away = await doctor(
      '--config',
      await fileOf(`store: {kind: redis, redis: {url: "redis://127.0.0.1:${port}"}}\n${issuers}`),
    );
    expect(away.problems).toContainEqual(
      expect.stringMatching(/^problem store: redis: cannot be reached: ECONNREFUSED →/),
    );

    const rules = ACL_RULES.filter((rule) => !rule.startsWith('+eval'));
    await using redis = await startRedis({
      port: true,
      args: ['--user', 'limited', 'on', '>s3cret', '~*', ...rules],
    });
    const store = (password: string) =>
      `store: {kind: redis, redis: {url: "${redis.url}", username: limited, password: ${password}}}\n${issuers}`;
    const refused = await doctor('--config', await fileOf(store('wr0ng')));
    expect(refused.problems).toContainEqual(expect.stringMatching(/^problem store: .*WRONGPASS/));
    expect(refused.text).not.toContain('wr0ng');
    const limited = await doctor('--config', await fileOf(store('s3cret')));
    expect(limited.problems).toContainEqual(expect.stringMatching(/^problem store: redis: .*NOPERM/));
    expect(limited.text).not.toContain('s3cret');
    await redis.call('ACL', 'SETUSER', 'limited', '+eval', '+evalsha', '-hscan');
    const uncounted = await doctor('--config', await fileOf(store('s3cret')));
    expect(uncounted.lines).toContain('ok store: redis: all operations of a login work');
    expect(uncounted.lines).toContainEqual(
      expect.stringMatching(/^warn store: what clients do: .*NOPERM → logins work, but `report` stays empty/),
    );
  });

  test.each([
    ['memory', issuers, /^warn store: memory: /],
    [
      'an open admin listener',
      `admin: {address: "0.0.0.0:9090"}\n${issuers}`,
      /^warn admin: 0\.0\.0\.0: .*→ keep it from the public/,
    ],
    ['http only', issuers, /^warn listen: http only → `listen.tls`/],
    [
      'a proxy that is not trusted',
      issuers.replace('}}]', '}, public_url: https://login.example.com}]'),
      /^warn listen: .*→ name the proxies/,
    ],
    [
      'a public_url in clear',
      issuers.replace('}}]', '}, public_url: http://login.example.com}]'),
      /^warn public_url: http:/,
    ],
    [
      'an upstream that is the gateway',
      issuers.replace('}}]', '}, public_url: "http://127.0.0.1:9"}]'),
      /^problem public_url: is that of the upstream/,
    ],
  ])('%s', async (_, yaml, says) => {
    expect((await doctor('--config', await fileOf(yaml))).lines).toContainEqual(expect.stringMatching(says));
  });
});

describe('doctor says no', () => {
  test.each([
    [['--upstream', 'idp'], '--upstream: must be an http or https URL'],
    [['--upstream', 'https://idp', '--config', 'x'], 'exclude each other'],
    [['--ca', 'x'], '--ca goes with --upstream'],
    [['--client', 'spa'], '--client and --redirect-uri need each other'],
    [['--client', 'spa', '--redirect-uri', 'cb'], '--redirect-uri must be a URI'],
    [['--direct', 'ftp://idp'], '--direct must be an http or https URL'],
    [['--format', 'xml'], '--format must be text or json'],
  ])('to %j', async (args, says) => {
    await expect(doctor(...args)).rejects.toThrow(says);
  });

  test('to probes of one issuer where there are several, until one is chosen', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const file = await fileOf(
      `issuers: [{name: a, hosts: [a.example], upstream: {url: "${url}"}}, {name: b, upstream: {url: "${url}"}}]`,
    );
    await expect(doctor('--config', file, '--direct', url)).rejects.toThrow('choose it by --issuer (a, b)');
    const { lines } = await doctor('--config', file, '--direct', url, '--issuer', 'b');
    expect(lines).toContain(`b: ${url}`);
    expect(lines).not.toContain(`a: ${url}`);
  });
});
