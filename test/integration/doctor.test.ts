import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACL_RULES } from '../contract/store/adapters.ts';
import { freePort } from '../support/free-port.ts';
import { runCommand } from '../support/process.ts';
import { startRedis } from '../support/redis-server.ts';
import { startRawServer } from '../support/upstreams/raw-server.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { CLIENT, DoctorFiles, doctor, OPENID } from './doctor-runs.ts';

let files: DoctorFiles;
beforeAll(async () => {
  files = await DoctorFiles.open();
});
afterAll(() => files[Symbol.asyncDispose]());

describe('no problems: exit 0', () => {
  test('with a working server and store', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using redis = await startRedis({ port: true });
    const file = await files.fileOf(`listen: {address: "127.0.0.1:0"}
${redis.store}
issuers: [{name: corp, upstream: {url: "${upstream.url}"}}]
`);
    const { exitCode, lines, problems } = await doctor('--config', file, ...CLIENT);
    expect({ exitCode, problems }).toEqual({ exitCode: 0, problems: [] });
    expect(lines).toContain(`ok discovery, as ${upstream.host}:${upstream.port}: ${OPENID}`);
    expect(lines).toContain('ok token endpoint: a made-up code: 400 invalid_grant at /oauth2/token');
    expect(lines).toContain('ok token endpoint: code_verifier: the answer is the same with and without it');
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^unknown authorization endpoint: code_challenge: accepted, even a malformed one; .*cannot be told/,
      ),
    );
    expect(lines).toContain('ok store: redis: all operations of a login work');
    expect(lines).toContain('ok store: activity of clients: counts can be written and read');
    expect(lines).toContain('ok admin: 127.0.0.1: this machine only');
    // Its records expire.
    for (const { ttl } of await redis.dumpAll()) expect(ttl).toBeGreaterThan(0);
  });

  test('without side effects: it uses made-up codes, redeems none of the server, and prints none', async () => {
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
      mark: 'unknown',
      tried: 'authorization endpoint',
      seen: 'not tried',
      advice: 'name a client that is registered there: --client ID --redirect-uri URI',
    });
  });
});

describe('the gateway and its store', () => {
  const issuers = 'issuers: [{name: corp, upstream: {url: "http://127.0.0.1:9"}}]';

  test('a server that is not Redis, and a Redis that is no cluster and no sentinel', async () => {
    await using server = await startRawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await using redis = await startRedis({ port: true });
    const node = `"127.0.0.1:${redis.port}"`;
    const problemWith = async (settings: string) => {
      const store = `store: {kind: redis, redis: {${settings}}}\n${issuers}`;
      return (await doctor('--config', await files.fileOf(store))).problems;
    };
    expect(await problemWith(`url: "redis://127.0.0.1:${server.port}"`)).toContainEqual(
      expect.stringMatching(
        /^problem store: redis: connected, but .* is not Redis.*→ check .*`rediss:\/\/`\)$/,
      ),
    );
    expect(await problemWith(`cluster: [${node}]`)).toContainEqual(
      expect.stringMatching(
        /^problem store: .*CLUSTER_ERR → .* not a node of a cluster: .*`store.redis.url`/,
      ),
    );
    expect(await problemWith(`sentinel: {name: mymaster, nodes: [${node}]}`)).toContainEqual(
      expect.stringMatching(/^problem store: .*SENTINEL_ERR → this is no sentinel: /),
    );
  });

  test('a Redis that is unreachable, refuses the password, or denies commands to the user', async () => {
    const port = await freePort();
    const away = await doctor(
      '--config',
      await files.fileOf(`store: {kind: redis, redis: {url: "redis://127.0.0.1:${port}"}}\n${issuers}`),
    );
    expect(away.problems).toContainEqual(
      expect.stringMatching(
        /^problem store: redis: cannot be reached: nothing listens on that port \(ECONNREFUSED\) → check that Redis runs, and/,
      ),
    );

    const rules = ACL_RULES.filter((rule) => !rule.startsWith('+eval'));
    await using redis = await startRedis({
      port: true,
      args: ['--user', 'limited', 'on', '>s3cret', '~*', ...rules],
    });
    const store = (password: string) =>
      `store: {kind: redis, redis: {url: "${redis.url}", username: limited, password: ${password}}}\n${issuers}`;
    const refused = await doctor('--config', await files.fileOf(store('wr0ng')));
    expect(refused.problems).toContainEqual(
      expect.stringMatching(/^problem store: .*WRONGPASS → check `store.redis.username` and/),
    );
    const absent = await doctor('--config', await files.fileOf(store('s3cret').replace('/0"', '/99"')));
    expect(absent.problems).toContainEqual(
      expect.stringMatching(/^problem store: .*ERR → check that Redis has the database number/),
    );
    expect(refused.text).not.toContain('wr0ng');
    const limited = await doctor('--config', await files.fileOf(store('s3cret')));
    expect(limited.problems).toContainEqual(expect.stringMatching(/^problem store: redis: .*NOPERM/));
    expect(limited.text).not.toContain('s3cret');
    await redis.call('ACL', 'SETUSER', 'limited', '+eval', '+evalsha', '-hscan');
    const uncounted = await doctor('--config', await files.fileOf(store('s3cret')));
    expect(uncounted.lines).toContain('ok store: redis: all operations of a login work');
    expect(uncounted.lines).toContainEqual(
      expect.stringMatching(
        /^warn store: activity of clients: .*NOPERM → logins work, but `report` stays empty/,
      ),
    );
  });

  test('a password that Redis does not need: only the findings are printed', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using redis = await startRedis({ port: true });
    const file = await files.fileOf(`store: {kind: redis, redis: {url: "${redis.url}", password: unneeded}}
issuers: [{name: corp, upstream: {url: "${upstream.url}"}}]
`);
    const { exitCode, stdout, stderr } = await runCommand(['doctor', '--config', file]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('store: redis: all operations of a login work');
  });

  test.each([
    ['memory', issuers, /^warn store: memory: /],
    [
      'an open admin listener',
      `admin: {address: "0.0.0.0:9090"}\n${issuers}`,
      /^warn admin: 0\.0\.0\.0: .*→ set `admin\.token`, or block public access/,
    ],
    [
      'an admin listener with a token',
      `admin: {address: "0.0.0.0:9090", token: t0ken}\n${issuers}`,
      /^ok admin: 0\.0\.0\.0: asks for `admin\.token`$/,
    ],
    ['http only', issuers, /^warn listen: http only → .*`listen.tls`/],
    [
      'a proxy that is not trusted',
      issuers.replace('}}]', '}, public_url: https://login.example.com}]'),
      /^warn listen: .*→ list the proxies/,
    ],
    [
      'a public_url in clear',
      issuers.replace('}}]', '}, public_url: http://login.example.com}]'),
      /^warn public_url: http:/,
    ],
    [
      'an upstream that is the gateway',
      issuers.replace('}}]', '}, public_url: "http://127.0.0.1:9"}]'),
      /^problem public_url: is the same as/,
    ],
  ])('%s', async (_, yaml, says) => {
    expect((await doctor('--config', await files.fileOf(yaml))).lines).toContainEqual(
      expect.stringMatching(says),
    );
  });
});

describe('doctor refuses', () => {
  test.each([
    [['--upstream', 'idp'], '--upstream: must be an http or https URL'],
    [['--upstream', 'https://idp', '--config', 'x'], 'cannot be used together'],
    [['--ca', 'x'], '--ca needs --upstream'],
    [['--client', 'spa'], '--client needs --redirect-uri'],
    [['--redirect-uri', 'https://app.example.com/cb'], '--redirect-uri needs --client'],
    [['--upstream', 'http://127.0.0.1:9', '--via', 'http://127.0.0.1:9'], '--via needs --login'],
    [['--client', 'spa', '--redirect-uri', 'cb'], '--redirect-uri must be a URI'],
    [['--direct', 'ftp://idp'], '--direct must be an http or https URL'],
    [['--format', 'xml'], '--format must be one of text, json'],
    [['--upstream', 'http://127.0.0.1:9', '--login'], '--login needs --client'],
    [
      ['--upstream', 'http://127.0.0.1:9', ...CLIENT, '--login', '--via', 'x'],
      '--via must be an http or https URL',
    ],
  ])('to %j', async (args, says) => {
    await expect(doctor(...args)).rejects.toThrow(says);
  });

  test('to probe one of several issuers until one is chosen', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const file = await files.fileOf(
      `issuers: [{name: a, hosts: [a.example], upstream: {url: "${url}"}}, {name: b, upstream: {url: "${url}"}}]`,
    );
    await expect(doctor('--config', file, '--direct', url)).rejects.toThrow('choose it with --issuer (a, b)');
    const { lines } = await doctor('--config', file, '--direct', url, '--issuer', 'b');
    expect(lines).toContain(`b: ${url}`);
    expect(lines).not.toContain(`a: ${url}`);
  });
});
