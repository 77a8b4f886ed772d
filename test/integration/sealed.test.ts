import { randomBytes } from 'node:crypto';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { startGatewayProcess } from '../support/process.ts';
import { type Answer, SimpleClient, send } from '../support/simple-client.ts';
import { unsignedJwt } from '../support/unsigned-jwt.ts';
import {
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';

const REDIRECT_URI = 'https://app.example.com/cb';
const ENDPOINTS =
  'endpoints: {authorization: [/oauth2/authorize], token: [/oauth2/token], pushed_authorization: [/oauth2/par]}';
const newKey = () => randomBytes(32).toString('base64url');

type Settings = {
  readonly keys: readonly string[];
  readonly mode?: 'enforce' | 'report';
  /** YAML of the client's settings besides mode and redirect_uris. */
  readonly policy?: string;
  readonly replay?: 'memory' | 'upstream';
};

function storeYaml({ keys, replay = 'memory' }: Settings): string {
  return `store: {kind: sealed, sealed: {keys: [${keys.map((key) => `"${key}"`).join(', ')}], replay: ${replay}}}`;
}

function clientsYaml({ mode = 'enforce', policy }: Settings): string {
  const own = policy === undefined ? '' : `, ${policy}`;
  return `unlisted_clients: {mode: report}\nclients: {spa: {mode: ${mode}, redirect_uris: [${REDIRECT_URI}]${own}}}`;
}

/** Gateways in front of one server, which share only their keys. */
class Replicas implements AsyncDisposable {
  readonly upstream: ScriptedLegacyServer;
  readonly #gateways: GatewayUnderTest[] = [];

  private constructor(upstream: ScriptedLegacyServer) {
    this.upstream = upstream;
  }

  static async open(): Promise<Replicas> {
    return new Replicas(await startScriptedLegacyServer());
  }

  async start(settings: Settings): Promise<GatewayUnderTest> {
    const gateway = await startGatewayUnderTest({
      upstream: this.upstream.url,
      issuer: `${ENDPOINTS}\n${clientsYaml(settings)}`,
      top: storeYaml(settings),
    });
    this.#gateways.push(gateway);
    return gateway;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const gateway of this.#gateways) await gateway[Symbol.asyncDispose]();
    await this.upstream[Symbol.asyncDispose]();
  }
}

/** Redeems a code that a client got anywhere. */
function redeemAt(
  { url }: GatewayUnderTest,
  client: SimpleClient,
  code: string,
  fields: Record<string, string | undefined> = {},
): Promise<Answer> {
  return send(`${url}/oauth2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(client.tokenFields(code, fields)).toString(),
  });
}

const OTHER_VERIFIER = 'v'.repeat(43);

/** The server's state of the last authorization request. */
function upstreamState({ upstream }: Replicas): string {
  return upstream.requests.to('/oauth2/authorize').at(-1)?.query.get('state') ?? '';
}

/** The parameters that a server returns after login: all except the challenge. */
async function finishAt({ url }: GatewayUnderTest, state: string): Promise<Answer> {
  const without = { code_challenge: undefined, code_challenge_method: undefined };
  return send(new SimpleClient(url).authorizeUrl({ state, ...without }));
}

describe('two replicas and one key', () => {
  test('a login begins at one, returns through the other, and is redeemed at the first after its restart', async () => {
    await using replicas = await Replicas.open();
    const keys = [newKey()];
    const first = await replicas.start({ keys });
    const other = await replicas.start({ keys });
    replicas.upstream.quirks.login = 'return_to';
    const client = new SimpleClient(first.url);
    await client.authorize({ state: 'the state' });
    await first[Symbol.asyncDispose]();

    replicas.upstream.quirks.login = 'none';
    const { location } = await finishAt(other, upstreamState(replicas));
    expect(location?.searchParams.get('state')).toBe('the state');
    const code = location?.searchParams.get('code') ?? '';
    expect(code).toMatch(/^pgc_/);

    const anew = await replicas.start({ keys });
    const wrong = await redeemAt(anew, client, code, { code_verifier: OTHER_VERIFIER });
    expect([wrong.status, wrong.json.error, wrong.json.reason]).toEqual([
      400,
      'invalid_grant',
      'verifier_mismatch',
    ]);
    const missing = await redeemAt(anew, client, code, { code_verifier: undefined });
    expect(missing.json.reason).toBe('verifier_missing');
    expect((await redeemAt(anew, client, code)).status).toBe(200);
    expect((await redeemAt(anew, client, code)).json.reason).toBe('code_replayed');
    expect(replicas.upstream.tokenRequests).toHaveLength(1);
  });

  test('of two redemptions at two replicas, the server refuses the second', async () => {
    await using replicas = await Replicas.open();
    const keys = [newKey()];
    const [one, other] = [await replicas.start({ keys }), await replicas.start({ keys })];
    const client = new SimpleClient(one.url);
    const code = await client.newCode();
    const answers = await Promise.all([redeemAt(one, client, code), redeemAt(other, client, code)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect(replicas.upstream.tokenRequests).toHaveLength(2);
  });

  test('a code that the server did not accept is free again', async () => {
    await using replicas = await Replicas.open();
    const gateway = await replicas.start({ keys: [newKey()] });
    const client = new SimpleClient(gateway.url);
    const code = await client.newCode();
    replicas.upstream.quirks.token = 'status';
    replicas.upstream.quirks.tokenStatus = 503;
    expect((await client.redeem(code)).status).toBe(503);
    replicas.upstream.quirks.token = 'normal';
    expect((await client.redeem(code)).status).toBe(200);
  });

  test('a pushed request is valid at the other replica, for its client only', async () => {
    await using replicas = await Replicas.open();
    const keys = [newKey()];
    const [one, other] = [await replicas.start({ keys }), await replicas.start({ keys })];
    const client = new SimpleClient(one.url);
    const form = client.authorizeUrl({ state: 'pushed' }).searchParams;
    const pushed = await send(`${one.url}/oauth2/par`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    });
    expect(pushed.status).toBe(201);
    const requestUri = String(pushed.json.request_uri);
    expect(requestUri).toMatch(/^urn:ietf:params:oauth:request_uri:pgr_/);
    expect(pushed.json.expires_in).toBeGreaterThan(0);
    const enter = (clientId: string) =>
      send(
        `${other.url}/oauth2/authorize?${new URLSearchParams({ client_id: clientId, request_uri: requestUri })}`,
      );
    expect((await enter('another')).location).toBeUndefined();
    const { location } = await enter('spa');
    expect(location?.searchParams.get('state')).toBe('pushed');
    expect((await redeemAt(other, client, location?.searchParams.get('code') ?? '')).status).toBe(200);
  });
});

describe('a server that logs in before it answers a pushed request', () => {
  const pushAt = async ({ url }: GatewayUnderTest, client: SimpleClient) => {
    const { json } = await send(`${url}/oauth2/par`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: client.authorizeUrl().searchParams.toString(),
    });
    return String(json.request_uri);
  };
  const enterAt = ({ url }: GatewayUnderTest, requestUri: string, headers = {}, clientId = 'spa') =>
    send(`${url}/oauth2/authorize?${new URLSearchParams({ client_id: clientId, request_uri: requestUri })}`, {
      headers,
    });

  test('may send the browser back with its own request_uri, also to another replica', async () => {
    await using replicas = await Replicas.open();
    const keys = [newKey()];
    const [one, other] = [await replicas.start({ keys }), await replicas.start({ keys })];
    const client = new SimpleClient(one.url);
    // Spring Authorization Server, Duende IdentityServer.
    Object.assign(replicas.upstream.quirks, { login: 'return_to', wayBack: 'as_asked' });
    const begin = async () => {
      const { headers, location } = await enterAt(one, await pushAt(one, client));
      const [cookie = ''] = [headers['set-cookie'] ?? ''].flat();
      const back = new URL(location?.searchParams.get('return_to') ?? '', one.url);
      return { cookie, requestUri: back.searchParams.get('request_uri') ?? '' };
    };
    const [first, second] = [await begin(), await begin()];
    expect(first.cookie).toMatch(
      /^pkce_gateway_par_[\w-]{16}=\S+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/,
    );
    replicas.upstream.quirks.login = 'none';
    const both = [first, second].map(({ cookie }) => cookie.split(';')[0]).join('; ');
    for (const { requestUri } of [first, second]) {
      const { location, headers } = await enterAt(other, requestUri, { cookie: `theme=dark; ${both}` });
      expect(location?.searchParams.get('state')).toBe('the-state');
      expect(headers['set-cookie']).toBeUndefined();
      const code = location?.searchParams.get('code') ?? '';
      expect((await redeemAt(other, client, code, { code_verifier: OTHER_VERIFIER })).status).toBe(400);
      expect((await redeemAt(other, client, code)).status).toBe(200);
    }
    // Not from a browser that did not begin it, and not with a cookie of another login.
    const asked = replicas.upstream.requests.to('/oauth2/authorize').length;
    const renamed = `${first.cookie.split('=')[0]}=${second.cookie.split(';')[0]?.split('=')[1]}`;
    for (const cookie of ['', renamed]) {
      const { location, text } = await enterAt(other, first.requestUri, { cookie });
      expect(location?.href ?? text).toContain('request_uri_unknown');
    }
    expect(replicas.upstream.requests.to('/oauth2/authorize')).toHaveLength(asked);
  });

  test('no cookie is set in report', async () => {
    await using replicas = await Replicas.open();
    const gateway = await replicas.start({ keys: [newKey()], mode: 'report' });
    const answer = await enterAt(gateway, await pushAt(gateway, new SimpleClient(gateway.url)));
    expect(answer.location?.href).toContain('code=');
    expect(answer.headers['set-cookie']).toBeUndefined();
  });
});

describe('keys', () => {
  test('a rotation by reload loses no login, and a removed key ends its flows', async () => {
    await using replicas = await Replicas.open();
    const [old, young] = [newKey(), newKey()];
    const gateway = await replicas.start({ keys: [old] });
    const client = new SimpleClient(gateway.url);
    const page = await (await fetch(gateway.adminUrl)).text();
    expect(page).toContain('Counts cover the last 14 days (UTC) and this replica since its start.');
    const reload = async (keys: readonly string[]) => {
      const yaml = [
        'listen: {address: "localhost:0"}',
        'admin: {address: 127.0.0.1:0}',
        storeYaml({ keys }),
        'issuers:',
        `  - name: corp\n    upstream: {url: "${replicas.upstream.url}"}`,
        ...`${ENDPOINTS}\n${clientsYaml({ keys })}`.split('\n').map((line) => `    ${line}`),
      ].join('\n');
      const result = await parseConfig(yaml, 'test.yaml', { env: {} });
      if (!result.ok) throw new Error(JSON.stringify(result.problems));
      expect(await gateway.reload(result.config)).toBe(true);
    };
    const logIn = async () => (await redeemAt(gateway, client, await client.newCode())).status;

    replicas.upstream.quirks.login = 'return_to';
    await client.authorize();
    const begun = upstreamState(replicas);
    replicas.upstream.quirks.login = 'none';
    const code = await client.newCode();
    let going = true;
    const statuses: number[] = [];
    const load = (async () => {
      while (going) statuses.push(await logIn());
    })();
    await reload([young, old]);
    expect((await redeemAt(gateway, client, code)).status).toBe(200);
    const finished = await finishAt(gateway, begun);
    expect((await redeemAt(gateway, client, finished.location?.searchParams.get('code') ?? '')).status).toBe(
      200,
    );
    await reload([young, old]);
    going = false;
    await load;
    expect(statuses.length).toBeGreaterThan(0);
    expect(new Set(statuses)).toEqual(new Set([200]));

    await reload([young]);
    expect((await finishAt(gateway, begun)).location?.searchParams.get('error')).toBe('invalid_request');
    expect(await logIn()).toBe(200);
    expect(gateway.logLines.filter(({ event }) => event === 'store_renewed')).toHaveLength(2);
  });

  test('a prefix of another key is dead: the login begins again with the client’s own state', async () => {
    await using replicas = await Replicas.open();
    const [one, other] = [
      await replicas.start({ keys: [newKey()] }),
      await replicas.start({ keys: [newKey()] }),
    ];
    await new SimpleClient(one.url).authorize({ state: 'own' });
    const client = new SimpleClient(other.url);
    const { location } = await client.authorize({ state: upstreamState(replicas) });
    expect(location?.searchParams.get('state')).toBe('own');
    expect((await client.redeem(location?.searchParams.get('code') ?? '')).status).toBe(200);
  });

  test('a code of another key is unknown, and the log says that another gateway made it', async () => {
    await using replicas = await Replicas.open();
    const one = await replicas.start({ keys: [newKey()] });
    const other = await replicas.start({ keys: [newKey()] });
    const client = new SimpleClient(one.url);
    const { status, json } = await redeemAt(other, client, await client.newCode());
    expect({ status, reason: json.reason }).toEqual({ status: 400, reason: 'code_unknown' });
    await expect
      .poll(() => other.logLines)
      .toContainEqual(
        expect.objectContaining({
          reason: 'code_unknown',
          detail: expect.stringMatching(/^a code that a gateway made, but not with this store or its keys/),
        }),
      );
  });
});

describe('limits of a store without records', () => {
  test('in report codes stay bare, nothing is refused, and no reason is counted', async () => {
    await using replicas = await Replicas.open();
    const gateway = await replicas.start({ keys: [newKey()], mode: 'report' });
    const client = new SimpleClient(gateway.url);
    const code = await client.newCode();
    expect(code).not.toMatch(/^pgc_/);
    expect((await client.redeem(code, { code_verifier: undefined })).status).toBe(200);
    const metrics = await gateway.metrics();
    expect(metrics.value('report_only_violations_total')).toBe(0);
    expect(metrics.value('codes_bound_total', { client: 'spa' })).toBe(1);
    expect(metrics.value('redemptions_total', { client: 'spa', result: 'unverified' })).toBe(1);
  });

  test('in enforce a bare code is unknown, even with `wrap_codes: false`', async () => {
    await using replicas = await Replicas.open();
    const gateway = await replicas.start({ keys: [newKey()], policy: 'wrap_codes: false' });
    const client = new SimpleClient(gateway.url);
    expect(await client.newCode()).toMatch(/^pgc_/);
    expect((await client.redeem('code-of-the-server')).json.reason).toBe('code_unknown');
    expect(replicas.upstream.tokenRequests).toHaveLength(0);
  });

  test('a share of the logins: each login keeps its mode at every replica, and none is lost', async () => {
    await using replicas = await Replicas.open();
    const keys = [newKey()];
    const share = { keys, policy: 'enforce_percent: 50' };
    const [one, other] = [await replicas.start(share), await replicas.start(share)];
    const without = { code_challenge: undefined, code_challenge_method: undefined };
    const outcomes = new Set<string>();
    for (let login = 0; login < 60; login += 1) {
      const client = new SimpleClient(one.url);
      const { location } = await client.authorize(login % 2 === 0 ? {} : without);
      const code = location?.searchParams.get('code');
      if (code == null) {
        outcomes.add(String(location?.searchParams.get('error')));
        continue;
      }
      expect(code).toMatch(/^pgc_/);
      const verifier = login % 2 === 0 ? {} : { code_verifier: undefined };
      outcomes.add(String((await redeemAt(other, client, code, verifier)).status));
    }
    expect([...outcomes].sort()).toEqual(['200', 'invalid_request']);
  });

  test.each([
    ['state: preserve', { state: 'own' }],
    ['response_modes: [jwt]', { response_mode: 'jwt' }],
    ['response_types: [code, code id_token]', { response_type: 'code id_token', nonce: 'n' }],
    [
      'response_types: [code, code id_token]',
      { response_type: 'code id_token', nonce: 'n', state: undefined },
    ],
  ])('%s is refused in enforce, and passes in report', async (policy, fields) => {
    await using replicas = await Replicas.open();
    const enforced = await replicas.start({ keys: [newKey()], policy });
    const refused = await new SimpleClient(enforced.url).authorize(fields);
    expect(refused.location?.href).toContain('error=invalid_request');
    expect(replicas.upstream.requests.to('/oauth2/authorize')).toHaveLength(0);
    const reported = await replicas.start({ keys: [newKey()], policy, mode: 'report' });
    const passed = await new SimpleClient(reported.url).authorize(fields);
    expect(passed.location?.href).toMatch(/code=|response=/);
    const metrics = await reported.metrics();
    expect(
      metrics.value('report_only_violations_total', { reason: 'response_not_followable' }),
    ).toBeGreaterThan(0);
  });

  test('even without redirect_uris, a type with an id_token is refused before the login', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startGatewayUnderTest({
      upstream: upstream.url,
      issuer: `${ENDPOINTS}\nclients: {spa: {mode: enforce, response_types: [code, code id_token]}}`,
      top: storeYaml({ keys: [newKey()] }),
    });
    const client = new SimpleClient(gateway.url);
    const { text } = await client.authorize({ response_type: 'code id_token', nonce: 'n' });
    expect(text).toContain('response_not_followable');
    expect(upstream.requests.to('/oauth2/authorize')).toHaveLength(0);
  });

  test.each([
    ['enforce', ['code'], ['query', 'form_post']],
    ['report', ['code', 'code id_token'], ['query', 'form_post', 'jwt', 'query.jwt']],
  ])('the metadata in %s lists only what clients may ask for', async (mode, types, modes) => {
    await using upstream = await startScriptedLegacyServer({
      metadataOverrides: {
        response_types_supported: ['code', 'code id_token'],
        response_modes_supported: ['query', 'form_post', 'jwt', 'query.jwt'],
      },
    });
    const policy = `{mode: ${mode}, response_types: [code, code id_token]}`;
    await using gateway = await startGatewayUnderTest({
      upstream: upstream.url,
      issuer: `clients: {spa: ${policy}}\nunlisted_clients: ${policy}`,
      top: storeYaml({ keys: [newKey()] }),
    });
    const { json } = await send(`${gateway.url}/.well-known/openid-configuration`);
    expect(json).toMatchObject({ response_types_supported: types, response_modes_supported: modes });
  });

  test.each([
    ['an id_token', { extraParameters: { id_token: unsignedJwt({ aud: 'spa' }) } }],
    ['a signed response', { responseMode: 'query.jwt' }],
  ] as const)(
    'a server that answers with %s unrequested gives no bare code to an enforced client',
    async (_, quirks) => {
      await using replicas = await Replicas.open();
      const keys = [newKey()];
      const enforced = await replicas.start({ keys });
      Object.assign(replicas.upstream.quirks, quirks);
      const withheld = await new SimpleClient(enforced.url).authorize();
      expect(withheld.location?.searchParams.get('error_description')).toContain('response_not_followable');
      expect(withheld.location?.href).not.toMatch(/code=|response=/);
      const reported = await replicas.start({ keys, mode: 'report' });
      const passed = await new SimpleClient(reported.url).authorize();
      expect(passed.location?.href).toMatch(/code=|response=/);
      const metrics = await reported.metrics();
      expect(metrics.value('report_only_violations_total', { reason: 'response_not_followable' })).toBe(1);
    },
  );

  test('a redirect_uri that cannot be sealed passes in report, and is refused in enforce', async () => {
    await using replicas = await Replicas.open();
    const policy = 'request_objects: allow';
    const half = unsignedJwt({ redirect_uri: `${REDIRECT_URI}\ud800` });
    const reported = await replicas.start({ keys: [newKey()], policy, mode: 'report' });
    replicas.upstream.quirks.redirectTo = REDIRECT_URI;
    const asked = { redirect_uri: undefined, request: half };
    expect((await new SimpleClient(reported.url).authorize(asked)).location?.href).toContain('code=');
    expect(replicas.upstream.requests.to('/oauth2/authorize')).toHaveLength(1);
    const enforced = await replicas.start({ keys: [newKey()], policy });
    expect((await new SimpleClient(enforced.url).authorize(asked)).status).toBe(400);
    expect(replicas.upstream.requests.to('/oauth2/authorize')).toHaveLength(1);
  });

  test('a code that is delivered twice is bound once, even if it stays bare', async () => {
    await using replicas = await Replicas.open();
    const gateway = await replicas.start({ keys: [newKey()], mode: 'report' });
    replicas.upstream.quirks.login = 'return_to';
    const client = new SimpleClient(gateway.url);
    await client.authorize();
    replicas.upstream.quirks.login = 'none';
    replicas.upstream.quirks.newCode = () => 'the-same-code';
    for (let time = 0; time < 2; time += 1)
      expect((await finishAt(gateway, upstreamState(replicas))).location?.href).toContain('the-same-code');
    expect((await gateway.metrics()).value('codes_bound_total', { client: 'spa' })).toBe(1);
    expect((await client.authorize()).location?.href).toContain('the-same-code');
    const metrics = await gateway.metrics();
    expect(metrics.value('report_only_violations_total', { reason: 'response_ambiguous' })).toBe(1);
  });

  test('an upstream’s code that would make the client’s too long is withheld, and reported', async () => {
    await using replicas = await Replicas.open();
    const gateway = await replicas.start({ keys: [newKey()] });
    replicas.upstream.quirks.newCode = () => 'c'.repeat(4_000);
    const { location } = await new SimpleClient(gateway.url).authorize();
    expect(location?.searchParams.get('code')).toBeNull();
    expect(location?.searchParams.get('error_description')).toContain('response_not_followable');
  });
});

describe('readiness', () => {
  type Reported = { client: string; codes_bound: number; codes_redeemed: number; verdict: string };
  const clientAt = async ({ adminUrl }: { readonly adminUrl: string }): Promise<Reported | undefined> => {
    const { json } = await send(`${adminUrl}/api/clients`);
    return (json.clients as Reported[]).find(({ client }) => client === 'spa');
  };

  test('workers share nothing, but their counts are added up', async () => {
    await using upstream = await startScriptedLegacyServer();
    const settings: Settings = { keys: [newKey()] };
    await using directory = await mkdtempDisposable(join(tmpdir(), 'pkce-gateway-sealed-'));
    const file = join(directory.path, 'gateway.yaml');
    const issuer = `name: corp\nupstream: {url: "${upstream.url}"}\n${ENDPOINTS}\n${clientsYaml(settings)}`;
    const addresses = 'listen: {address: 127.0.0.1:0}\nadmin: {address: 127.0.0.1:0}\nworkers: 2';
    await writeFile(
      file,
      `${addresses}\n${storeYaml(settings)}\nissuers:\n  - ${issuer.replaceAll('\n', '\n    ')}\n`,
    );
    await using gateway = await startGatewayProcess(['serve', '--config', file]);
    const client = new SimpleClient(gateway.url);
    for (let login = 0; login < 6; login += 1)
      expect((await client.redeem(await client.newCode())).status).toBe(200);
    await vi.waitFor(
      async () => expect(await clientAt(gateway)).toMatchObject({ codes_bound: 6, codes_redeemed: 6 }),
      15_000,
    );
  });

  test('a client whose codes must stay as they are needs a store', async () => {
    await using replicas = await Replicas.open();
    const gateway = await replicas.start({ keys: [newKey()], mode: 'report', policy: 'wrap_codes: false' });
    expect((await clientAt(gateway))?.verdict).toMatch(/^not ready: needs a store/);
  });

  test('so does a client whose logins in report show a c_hash', async () => {
    await using replicas = await Replicas.open();
    const gateway = await replicas.start({ keys: [newKey()], mode: 'report' });
    const client = new SimpleClient(gateway.url);
    replicas.upstream.quirks.codeHash = true;
    const answer = await client.redeem(await client.newCode());
    expect(answer.json.id_token).toEqual(expect.any(String));
    expect((await clientAt(gateway))?.verdict).toMatch(/^not ready: needs a store/);
  });
});
