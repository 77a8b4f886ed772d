import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig, parseConfig } from '../../../src/config/load.ts';
import { loadConfigApart } from '../../../src/config/load-apart.ts';
import { formatProblem } from '../../../src/config/problem.ts';
import { configOf, issuerWith, policyOf, problemLines, warningLines } from './problem-lines.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-config-'));
});
afterAll(() => rm(directory, { recursive: true }));

it('fills in every default', async () => {
  const { issuers, ...rest } = configOf(await parseConfig(issuerWith(), 'g.yaml', { env: {} }));
  expect(rest).toEqual({
    listen: {
      address: { host: '0.0.0.0', port: 8080 },
      trustedProxies: [],
      keepAlive: 75_000,
      limits: { headerTimeout: 10_000, body: 65_536, connections: 10_000, connectionsPerClient: 500 },
      requestIdHeader: 'X-Request-Id',
    },
    admin: { address: { host: '127.0.0.1', port: 9090 } },
    workers: 1,
    shutdown: { delay: 0, drain: 20_000 },
    log: { level: 'info', format: 'json', requests: false },
    audit: { destination: 'none', address: 'full' },
    store: { kind: 'memory' },
  });
  const { clients: _clients, ...issuer } = issuers[0] ?? {};
  expect(issuer).toEqual({
    name: 'corp',
    hosts: [],
    paths: [],
    upstream: {
      origin: 'https://idp.example.com',
      preserveHost: true,
      origins: [],
      tls: undefined,
      timeouts: { connect: 2000, response: 30_000 },
      connections: 128,
    },
    publicOrigin: undefined,
    endpoints: 'auto',
    forwardPkce: 'always',
    tokenContentTypes: ['form'],
    stateLimit: undefined,
    dropParameters: [],
    metadata: { advertisePkce: true, oauthAuthorizationServer: true },
    pages: {},
  });
});

it('contains the given values', async () => {
  const text = `
listen: {address: "[::1]:0", keep_alive: 5m, request_id_header: X-Trace, trusted_proxies: [10.0.0.0/8, "fd00::/8", 192.0.2.1], limits: {body: 1MiB, connections_per_client: 7}}
admin: {address: localhost:0, token: {from_env: PW}}
shutdown: {drain: 0s}
log: {level: debug, format: pretty, requests: true}
store:
  kind: redis
  redis: {url: redis+unix:///run/redis.sock, username: u, password: {from_env: PW}, prefix: "p:", timeout: 1s}
issuers:
  - name: one
    hosts: [Login.example.com, "login.example.com:8443", "[::1]:80"]
    upstream: {url: "HTTPS://IdP.example.com:443/", preserve_host: false, origins: [HTTP://Old.example.com:80], timeouts: {connect: 1s}, connections: 5}
    public_url: https://login.example.com
    endpoints: {authorization: ["/realms/{realm}/auth"], token: [/token, /v2/token], pushed_authorization: [/par]}
    forward_pkce: never
    token_content_types: [form, json]
    state_limit: 2KiB
    drop_parameters: [resource]
    metadata: {advertise_pkce: false}
  - name: two
    upstream: {url: http://127.0.0.1:9000}
`;
  const config = configOf(await parseConfig(text, 'g.yaml', { env: { PW: 'pw' } }));
  expect(config).toMatchObject({
    listen: {
      address: { host: '::1', port: 0 },
      trustedProxies: ['10.0.0.0/8', 'fd00::/8', '192.0.2.1'],
      keepAlive: 300_000,
      requestIdHeader: 'X-Trace',
      limits: { body: 1_048_576, connections: 10_000, connectionsPerClient: 7 },
    },
    admin: { address: { host: 'localhost', port: 0 }, token: 'pw' },
    shutdown: { drain: 0 },
    log: { level: 'debug', format: 'pretty', requests: true },
    store: {
      kind: 'redis',
      redis: {
        url: { target: { path: '/run/redis.sock' } },
        username: 'u',
        password: 'pw',
        prefix: 'p:',
        timeout: 1000,
      },
    },
    issuers: [
      {
        hosts: ['login.example.com', 'login.example.com:8443', '[::1]:80'],
        paths: [],
        upstream: {
          origin: 'https://idp.example.com',
          preserveHost: false,
          origins: ['http://old.example.com'],
          timeouts: { connect: 1000, response: 30_000 },
          connections: 5,
        },
        publicOrigin: 'https://login.example.com',
        endpoints: {
          authorization: ['/realms/{realm}/auth'],
          token: ['/token', '/v2/token'],
          pushedAuthorization: ['/par'],
          metadata: ['/.well-known/openid-configuration'],
        },
        forwardPkce: 'never',
        tokenContentTypes: ['form', 'json'],
        stateLimit: 2048,
        dropParameters: ['resource'],
        metadata: { advertisePkce: false, oauthAuthorizationServer: true },
      },
      { hosts: [], paths: [], upstream: { origin: 'http://127.0.0.1:9000' } },
    ],
  });
});

it('reads a key without a value as an empty mapping', async () => {
  expect(await problemLines(`listen:\nlog:\nstore:\n${issuerWith('defaults:', 'clients:')}`)).toEqual([]);
});

describe('hosts', () => {
  const issuer = (name: string, rest = '') =>
    `  - {name: ${name}, upstream: {url: https://${name}.example.com}${rest}}\n`;

  it('leave at most one issuer for all other hosts', async () => {
    expect(
      await problemLines(`issuers:\n${issuer('a')}${issuer('b', ', hosts: [b.example.com]')}${issuer('c')}`),
    ).toEqual([
      'g.yaml:4:5 issuers[2].hosts: is required: issuers[0] has no hosts either, so both match every request',
    ]);
  });

  it('belong to one issuer only', async () => {
    const hosts = ', hosts: [x.example.com]';
    expect(await problemLines(`issuers:\n${issuer('a', hosts)}${issuer('b', hosts)}`)).toEqual([
      'g.yaml:3:63 issuers[1].hosts[0]: is already a host of issuers[0]',
    ]);
  });
});

describe('paths', () => {
  const issuer = (name: string, rest = '') =>
    `  - {name: ${name}, upstream: {url: https://${name}.example.com}${rest}}\n`;
  const linesOf = (...issuers: string[]) => problemLines(`issuers:\n${issuers.join('')}`);

  it('distinguish issuers of one host, or of every host', async () => {
    const realms = [issuer('a', ', paths: [/realms/a]'), issuer('b', ', paths: [/realms/b, /realms/a/b]')];
    expect(await linesOf(...realms, issuer('c'))).toEqual([]);
    const host = ', hosts: [x.example.com]';
    expect(await linesOf(issuer('a', `${host}, paths: [/realms/a]`), issuer('b', host), issuer('c'))).toEqual(
      [],
    );
  });

  it('belong to one issuer of a host only, in any case', async () => {
    expect(
      await linesOf(
        issuer('a', ', paths: [/realms/a, /realms/a]'),
        issuer('b', ', paths: [/realms/b, /realms/a, /Realms/A]'),
        issuer('c', ', hosts: [x.example.com], paths: [/realms/a]'),
        issuer('d', ', hosts: [x.example.com]'),
        issuer('e'),
      ),
    ).toEqual([
      'g.yaml:2:74 issuers[0].paths[1]: is listed twice',
      'g.yaml:3:74 issuers[1].paths[1]: is already a path of issuers[0]',
      'g.yaml:3:85 issuers[1].paths[2]: some servers treat this path as /realms/a of issuers[0]',
    ]);
  });

  it('contain the endpoints of their issuer', async () => {
    const endpoints = (token: string) =>
      `, paths: [/realms/a], endpoints: {authorization: [/realms/a/auth], token: [${token}]}`;
    expect(await linesOf(issuer('a', endpoints('/realms/a/token')), issuer('c'))).toEqual([]);
    expect(await linesOf(issuer('a', endpoints('"/realms/{realm}/token"')), issuer('c'))).toEqual([]);
    expect(await linesOf(issuer('a', endpoints('/realms/ab/token')), issuer('c'))).toEqual([
      'g.yaml:2:128 issuers[0].endpoints.token[0]: is not below any of the `paths` of this issuer',
    ]);
  });

  it.each([
    ['realms', 'must be a path that starts with /'],
    ['/', 'leave `paths` out to get every path that no other issuer lists'],
    ['/realms/', 'must not end with /'],
    [
      '/realms//a',
      'segments may contain only letters, digits and _ . ~ @ : + -, and must not end with a dot',
    ],
    [
      '/realms/%61',
      'segments may contain only letters, digits and _ . ~ @ : + -, and must not end with a dot',
    ],
    [
      '/realms/..',
      'segments may contain only letters, digits and _ . ~ @ : + -, and must not end with a dot',
    ],
    [
      '"/realms/{realm}"',
      'segments may contain only letters, digits and _ . ~ @ : + -, and must not end with a dot',
    ],
    [
      '/.well-known/x',
      'belongs to all issuers: leave it out; documents about the paths of this issuer are found without it',
    ],
  ])('are plain: %s', async (path, problem) => {
    const [line] = await linesOf(issuer('a', `, paths: [${path}]`));
    expect(line).toBe(`g.yaml:2:63 issuers[0].paths[0]: ${problem}`);
  });

  it('cause a warning if no issuer has the other paths', async () => {
    expect(await warningLines(`issuers:\n${issuer('a', ', paths: [/realms/a]')}`)).toEqual([
      'g.yaml:2:62 issuers[0].paths: no issuer serves the other paths of the hosts that no issuer lists: requests for them, such as the assets of a login page, get a 404',
    ]);
  });
});

it('warns of an unused redis section', async () => {
  expect(await warningLines(`store: {redis: {url: "redis://h"}}\n${issuerWith()}`)).toEqual([
    'g.yaml:1:16 store.redis: has no effect: `store.kind` is memory',
  ]);
});

it.each([
  [
    `store: {kind: sealed, sealed: {keys: [{from_env: K}]}}`,
    { K: 'A'.repeat(43) },
    'g.yaml:1:39 store.sealed.keys[0]: is not random: who guesses it can forge flows and codes; `pkce-gateway keygen` makes a key',
  ],
  [
    'admin: {token: {from_env: K}}',
    { K: 'fifteen letters' },
    'g.yaml:1:16 admin.token: is short, so that it can be guessed: use at least 16 random characters',
  ],
])('warns of a secret that can be guessed: %s', async (text, env, warning) => {
  expect(await warningLines(`${text}\n${issuerWith()}`, { env })).toEqual([warning]);
  const random = Object.fromEntries(
    Object.keys(env).map((name) => [name, randomBytes(32).toString('base64url')]),
  );
  expect(await warningLines(`${text}\n${issuerWith()}`, { env: random })).toEqual([]);
});

it('handles more mistakes than a call can have arguments', async () => {
  const count = 50_000;
  const file = join(directory, 'many.yaml');
  const words = Array(count).fill('x').join(',');
  await writeFile(file, issuerWith('bogus: 1', `defaults: {response_modes: [${words}]}`));
  // The stack limits the number: about 40,000 for half a megabyte.
  process.execArgv.push('--stack-size=500');
  const result = await loadConfigApart({ file, options: { env: {} } });
  process.execArgv.pop();
  const lines = result.ok ? [] : result.problems.map(formatProblem);
  expect(lines).toHaveLength(count + 1);
  expect(lines[0]).toBe(`${file}:4:5 issuers[0].bogus: unknown key`);
  expect(lines[count]).toContain(
    `${file}:5:${31 + 2 * count} issuers[0].defaults.response_modes[${count - 1}]: must be one of`,
  );
}, 120_000);

describe('the file', () => {
  async function fileProblems(name: string): Promise<string[]> {
    const result = await loadConfig(join(directory, name), { env: {} });
    return result.ok ? [] : result.problems.map(formatProblem);
  }

  it('gives its content, with secrets relative to its directory', async () => {
    await writeFile(join(directory, 'secret'), 'x\n', { mode: 0o600 });
    await writeFile(
      join(directory, 'good.yaml'),
      issuerWith('defaults: {inject_secret: {from_file: secret}}'),
    );
    const config = configOf(await loadConfig(join(directory, 'good.yaml'), { env: {} }));
    expect(policyOf(config, undefined).injectSecret).toBe('x');
  });

  it('must exist, be UTF-8 and have a sensible size', async () => {
    await writeFile(join(directory, 'latin1.yaml'), Buffer.from('issuers: \xe9', 'latin1'));
    await writeFile(join(directory, 'large.yaml'), '');
    await truncate(join(directory, 'large.yaml'), 65 * 1024 * 1024);
    expect(await fileProblems('missing.yaml')).toEqual([
      `${directory}/missing.yaml:1:1: cannot be read: the file does not exist; name another file with --config FILE (default: gateway.yaml), make one with \`pkce-gateway init --upstream URL\`, or start without a file: \`pkce-gateway serve --upstream URL\``,
    ]);
    expect(await fileProblems('.')).toEqual([`${directory}:1:1: cannot be read: it is not a regular file`]);
    expect(await fileProblems('latin1.yaml')).toEqual([
      `${directory}/latin1.yaml:1:1: cannot be read: it is not UTF-8 text`,
    ]);
    expect(await fileProblems('large.yaml')).toEqual([
      `${directory}/large.yaml:1:1: cannot be read: it is larger than 64 MiB`,
    ]);
  });
});

describe('TLS files', () => {
  const run = promisify(execFile);
  const newCertificate = (name: string) =>
    run('openssl', [
      ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=idp.example.com'.split(
        ' ',
      ),
      ...['-keyout', join(directory, `${name}.key`), '-out', join(directory, `${name}.pem`)],
    ]);
  const withTls = (tls: string) =>
    `issuers:\n  - name: corp\n    upstream:\n      url: https://idp.example.com\n      tls: ${tls}\n`;

  it('are read', async () => {
    await newCertificate('a');
    const text = withTls('{ca_file: a.pem, cert_file: a.pem, key_file: a.key, insecure_skip_verify: true}');
    const result = await parseConfig(text, 'g.yaml', { env: {}, directory });
    expect(configOf(result).issuers[0]?.upstream.tls).toEqual({
      ca: expect.stringContaining('BEGIN CERTIFICATE'),
      cert: expect.stringContaining('BEGIN CERTIFICATE'),
      key: expect.stringContaining('PRIVATE KEY'),
      insecureSkipVerify: true,
    });
    expect(result.ok && result.warnings.map(formatProblem)).toEqual([
      'g.yaml:5:86 issuers[0].upstream.tls.insecure_skip_verify: anybody between the gateway and the upstream can read every code and secret',
    ]);
  });

  it('must match', async () => {
    await newCertificate('a');
    await newCertificate('b');
    await writeFile(join(directory, 'not.pem'), 'hello');
    expect(await problemLines(withTls('{cert_file: a.pem, key_file: b.key}'), { directory })).toEqual([
      expect.stringMatching(
        /^g\.yaml:5:24 issuers\[0\]\.upstream\.tls\.cert_file: does not match key_file: the first certificate of the file must be the one of this key$/,
      ),
    ]);
    expect(await problemLines(withTls('{ca_file: not.pem}'), { directory })).toEqual([
      'g.yaml:5:22 issuers[0].upstream.tls.ca_file: not.pem has no PEM certificate',
    ]);
    expect(await problemLines(withTls('{key_file: missing.key}'), { directory })).toEqual([
      'g.yaml:5:12 issuers[0].upstream.tls: cert_file and key_file must be set together',
      `g.yaml:5:23 issuers[0].upstream.tls.key_file: cannot read ${directory}/missing.key: the file does not exist`,
    ]);
  });

  it('are useless for an http upstream', async () => {
    const text = withTls('{insecure_skip_verify: false}').replace('https:', 'http:');
    expect(await problemLines(text)).toEqual([
      'g.yaml:5:12 issuers[0].upstream.tls: has no effect: the upstream is not https',
    ]);
  });
});
