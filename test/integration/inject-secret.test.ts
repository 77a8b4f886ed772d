import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import type { RecordedRequest } from '../support/request-log.ts';
import { type Answer, SimpleClient, send } from '../support/simple-client.ts';
import { readClientCredentials } from '../support/upstreams/client-credentials.ts';
import {
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';

const SECRET = 'top secret+%ä';
const REVOKE = '/oauth2/revoke';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

let upstream: ScriptedLegacyServer;
let gateway: GatewayUnderTest;

async function start({
  metadata = {},
  issuer = '',
}: {
  metadata?: object;
  issuer?: string;
} = {}): Promise<void> {
  upstream = await startScriptedLegacyServer({
    metadataOverrides: { revocation_endpoint: `http://idp${REVOKE}`, ...metadata },
  });
  gateway = await startGatewayUnderTest({
    upstream: upstream.url,
    issuer:
      issuer ||
      [
        'unlisted_clients: {mode: report}',
        'clients:',
        `  spa: {inject_secret: "${SECRET}"}`,
        `  watched: {mode: report, inject_secret: "${SECRET}"}`,
        `  unwatched: {mode: "off", inject_secret: "${SECRET}"}`,
      ].join('\n'),
  });
}

afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

function post(
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return send(gateway.url + path, {
    method: 'POST',
    headers: { ...FORM, ...headers },
    body: new URLSearchParams(fields).toString(),
  });
}

const refresh = (fields: Record<string, string>, headers?: Record<string, string>) =>
  post('/oauth2/token', { grant_type: 'refresh_token', refresh_token: 'r', ...fields }, headers);

function last(path = '/oauth2/token'): RecordedRequest {
  const request = upstream.requests.to(path).at(-1);
  if (request === undefined) throw new Error('the upstream was not asked');
  return request;
}

/** Whether the secret reached the upstream in any way. */
function secretSeen(request: RecordedRequest): boolean {
  const { clientSecret } = readClientCredentials(request.headers, request.form);
  return clientSecret === SECRET || JSON.stringify(request).includes('top');
}

// RFC 6749 2.3.1 takes an empty secret for none. requests-oauthlib, google-auth-oauthlib and Go's x/oauth2 send it as Basic.
const EMPTY_BASIC = { authorization: `Basic ${btoa('spa:')}` };
const WITHOUT_SECRET = [
  ['Basic, and no client_id', { client_id: undefined }, EMPTY_BASIC],
  ['Basic', {}, EMPTY_BASIC],
  ['its body', { client_secret: '' }, {}],
  ['both', { client_secret: '' }, EMPTY_BASIC],
] as const;

async function useEmptySecret(
  fields: Record<string, string | undefined>,
  headers: Record<string, string>,
): Promise<readonly RecordedRequest[]> {
  const client = new SimpleClient(gateway.url, 'spa');
  expect((await client.redeem(await client.newCode(), fields, headers)).status).toBe(200);
  const sent = Object.entries({ client_id: 'spa', ...fields }).filter(([, value]) => value !== undefined);
  const named = Object.fromEntries(sent) as Record<string, string>;
  await refresh(named, headers);
  await post(REVOKE, { token: 't', ...named }, headers);
  return [...upstream.tokenRequests, last(REVOKE)];
}

describe('with client_secret_basic', () => {
  beforeEach(() => start());

  test.each(['spa', 'watched'])('%s is authenticated after its verification', async (clientId) => {
    const client = new SimpleClient(gateway.url, clientId);
    const tokens = await client.redeem(await client.newCode());
    expect(tokens.status).toBe(200);
    expect(readClientCredentials(last().headers, last().form)).toEqual({ clientId, clientSecret: SECRET });
    expect(last().form.has('client_id')).toBe(false);
    expect(last().form.has('client_secret')).toBe(false);
  });

  test('so are its refresh and its revocation', async () => {
    await refresh({ client_id: 'spa' });
    expect(readClientCredentials(last().headers, last().form)).toEqual({
      clientId: 'spa',
      clientSecret: SECRET,
    });
    await post(REVOKE, { token: 't', token_type_hint: 'refresh_token', client_id: 'spa' });
    const { headers, form } = last(REVOKE);
    expect(readClientCredentials(headers, form)).toEqual({ clientId: 'spa', clientSecret: SECRET });
    expect([...form]).toEqual([
      ['token', 't'],
      ['token_type_hint', 'refresh_token'],
    ]);
  });

  test.each([
    ['none', undefined],
    ['a wrong one', 'x'.repeat(43)],
  ])('a thief with %s as verifier is not, also in report', async (_, verifier) => {
    const client = new SimpleClient(gateway.url, 'watched');
    await client.redeem(await client.newCode(), { code_verifier: verifier });
    expect(secretSeen(last())).toBe(false);
  });

  test('a flow without a challenge is not, in report', async () => {
    const client = new SimpleClient(gateway.url, 'watched');
    const code = await client.newCode({ code_challenge: undefined, code_challenge_method: undefined });
    await client.redeem(code, { code_verifier: undefined });
    expect(secretSeen(last())).toBe(false);
  });

  test('an unknown or redeemed code is not', async () => {
    const client = new SimpleClient(gateway.url, 'watched');
    await client.redeem('unknown');
    expect(secretSeen(last())).toBe(false);
    const code = await client.newCode();
    await client.redeem(code);
    expect(secretSeen(last())).toBe(true);
    await client.redeem(code);
    expect(upstream.tokenRequests).toHaveLength(3);
    expect(secretSeen(last())).toBe(false);
  });

  test('a request without a client, or with another one, is not', async () => {
    const client = new SimpleClient(gateway.url, 'watched');
    for (const name of [undefined, 'spa', 'unknown']) {
      await client.redeem(await client.newCode(), { client_id: name });
      expect([name, secretSeen(last())]).toEqual([name, false]);
    }
  });

  test.each(WITHOUT_SECRET)('a client with an empty secret in %s sent none', async (_, fields, headers) => {
    for (const { headers: sent, form } of await useEmptySecret(fields, headers as Record<string, string>)) {
      expect(readClientCredentials(sent, form)).toEqual({ clientId: 'spa', clientSecret: SECRET });
      expect(form.has('client_secret')).toBe(false);
    }
  });

  test.each([
    ['a secret', { client_secret: 'mine' }, {}],
    ['an assertion', { client_assertion: 'e30.e30.', client_assertion_type: 'jwt' }, {}],
    ['Basic', {}, { authorization: `Basic ${btoa('spa:mine')}` }],
    ['Basic without a secret, and a secret', { client_secret: 'mine' }, EMPTY_BASIC],
    ['some other Authorization', {}, { authorization: 'DPoP x' }],
    ['an empty Authorization', {}, { authorization: '' }],
  ])('a client that sent %s authenticates itself', async (_, fields, headers) => {
    const client = new SimpleClient(gateway.url, 'spa');
    await client.redeem(await client.newCode(), fields, headers as Record<string, string>);
    expect(secretSeen(last())).toBe(false);
    await refresh({ client_id: 'spa', ...fields }, headers as Record<string, string>);
    expect(secretSeen(last())).toBe(false);
    await post(REVOKE, { token: 't', client_id: 'spa', ...fields }, headers as Record<string, string>);
    expect(secretSeen(last(REVOKE))).toBe(false);
    expect(upstream.tokenRequests).toHaveLength(2);
  });

  test.each([
    'client_credentials',
    'password',
    'urn:ietf:params:oauth:grant-type:device_code',
    'Refresh_Token',
  ])('no other grant is: %s', async (grantType) => {
    await post('/oauth2/token', { grant_type: grantType, client_id: 'spa', refresh_token: 'r' });
    expect(secretSeen(last())).toBe(false);
  });

  test('a refresh or revocation without a client, of other clients, or of a client in off is not', async () => {
    for (const fields of [{}, { client_id: 'unknown' }, { client_id: 'unwatched' }, { client_id: 'SPA' }]) {
      await refresh(fields as Record<string, string>);
      expect([fields, secretSeen(last())]).toEqual([fields, false]);
      await post(REVOKE, { token: 't', ...fields });
      expect([fields, secretSeen(last(REVOKE))]).toEqual([fields, false]);
    }
  });

  test.each([
    ['two names', 'token=t&client_id=watched&client_id=spa', FORM],
    ['a disguised name', 'token=t&client_id=watched&client_id%5B%5D=spa', FORM],
    ['two tokens', 'token=t&token=u&client_id=spa', FORM],
    ['a disguised secret', 'token=t&client_id=spa&client.secret=mine', FORM],
    ['no token', 'client_id=spa', FORM],
    ['a grant', 'token=t&client_id=spa&grant_type=client_credentials', FORM],
    ['JSON', '{"token":"t","client_id":"spa"}', { 'content-type': 'application/json' }],
  ])('a revocation with %s is forwarded unchanged', async (_, body, headers) => {
    await send(gateway.url + REVOKE, { method: 'POST', headers, body });
    expect([last(REVOKE).body, secretSeen(last(REVOKE))]).toEqual([body, false]);
  });

  test('a revocation loses no parameter: drop_parameters is for other requests', async () => {
    await gateway[Symbol.asyncDispose]();
    await upstream[Symbol.asyncDispose]();
    await start({
      issuer: `drop_parameters: [token, resource]\nclients: {spa: {inject_secret: "${SECRET}"}}`,
    });
    await post(REVOKE, { token: 't', resource: 'r', client_id: 'spa' });
    expect(Object.fromEntries(last(REVOKE).form)).toMatchObject({ token: 't', resource: 'r' });
    expect(secretSeen(last(REVOKE))).toBe(true);
  });

  const REDEMPTION = 'grant_type=authorization_code&code=x&client_id=spa&token=t';
  const AS_JSON = JSON.stringify(Object.fromEntries(new URLSearchParams(REDEMPTION)));
  test.each([
    ['in a form', FORM, REDEMPTION],
    ['in a body without a type', {}, REDEMPTION],
    ['in JSON', { 'content-type': 'application/json' }, AS_JSON],
    [
      'in parts',
      { 'content-type': 'multipart/form-data; boundary=b' },
      ['grant_type', 'code']
        .map((name) => `--b\r\nContent-Disposition: form-data; name=${name}\r\n\r\nx`)
        .join('\r\n'),
    ],
  ])('a redemption at the revocation endpoint is refused: %s', async (_, headers, body) => {
    const answer = await send(gateway.url + REVOKE, { method: 'POST', headers, body });
    expect([answer.status, upstream.requests.to(REVOKE)]).toEqual([400, []]);
  });

  test('no log line, metric or response contains the secret', async () => {
    const client = new SimpleClient(gateway.url, 'spa');
    const answers = [await client.redeem(await client.newCode()), await refresh({ client_id: 'spa' })];
    (upstream.quirks as { token: string }).token = 'reset';
    answers.push(await refresh({ client_id: 'spa' }));
    expect(answers.at(-1)?.status).toBe(502);
    const basic = Buffer.from(`spa:${new URLSearchParams({ s: SECRET }).toString().slice(2)}`).toString(
      'base64',
    );
    const said = JSON.stringify([gateway.logLines, answers, (await gateway.metrics()).text]);
    for (const form of ['top secret', 'top+secret', basic]) expect(said).not.toContain(form);
  });
});

describe('with client_secret_post, if the upstream lists it and not Basic', () => {
  beforeEach(() => start({ metadata: { token_endpoint_auth_methods_supported: ['client_secret_post'] } }));

  test('redemption, refresh and revocation', async () => {
    const client = new SimpleClient(gateway.url, 'spa');
    expect((await client.redeem(await client.newCode())).status).toBe(200);
    await refresh({ client_id: 'spa' });
    await post(REVOKE, { token: 't', client_id: 'spa' });
    for (const request of [...upstream.tokenRequests, last(REVOKE)]) {
      expect(request.headers).not.toHaveProperty('authorization');
      expect(request.form.get('client_id')).toBe('spa');
      expect(request.form.getAll('client_secret')).toEqual([SECRET]);
    }
  });

  test.each(WITHOUT_SECRET)('a client with an empty secret in %s sent none', async (_, fields, headers) => {
    for (const { headers: sent, form } of await useEmptySecret(fields, headers as Record<string, string>)) {
      expect(sent).not.toHaveProperty('authorization');
      expect([form.getAll('client_id'), form.getAll('client_secret')]).toEqual([['spa'], [SECRET]]);
    }
  });

  test('the metadata announces public clients', async () => {
    const { json } = await send(`${gateway.url}/.well-known/openid-configuration`);
    expect(json).toMatchObject({ token_endpoint_auth_methods_supported: ['client_secret_post', 'none'] });
  });
});

const ENDPOINTS = 'endpoints: {authorization: [/oauth2/authorize], token: [/oauth2/token]}';

test('with configured endpoints, the document still determines the authentication method', async () => {
  await start({
    metadata: { token_endpoint_auth_methods_supported: ['client_secret_post'] },
    issuer: `${ENDPOINTS}\nforward_pkce: never\nclients: {spa: {inject_secret: "${SECRET}"}}`,
  });
  await refresh({ client_id: 'spa' });
  expect(last().form.get('client_secret')).toBe(SECRET);
  await post(REVOKE, { token: 't', client_id: 'spa' });
  expect(last(REVOKE).form.get('client_secret')).toBe(SECRET);
});

test('without a document, the method is Basic (RFC 8414 2)', async () => {
  upstream = await startScriptedLegacyServer({ metadata: 'none' });
  gateway = await startGatewayUnderTest({
    upstream: upstream.url,
    issuer: `${ENDPOINTS}\nclients: {spa: {inject_secret: "${SECRET}"}}`,
  });
  await refresh({ client_id: 'spa' });
  expect(readClientCredentials(last().headers, last().form).clientSecret).toBe(SECRET);
});

test('it is for one issuer only', async () => {
  await start();
  await using other = await startGatewayUnderTest({
    upstream: upstream.url,
    issuer: 'unlisted_clients: {mode: report}',
  });
  const client = new SimpleClient(other.url, 'spa');
  await client.redeem(await client.newCode());
  expect(secretSeen(last())).toBe(false);
});
