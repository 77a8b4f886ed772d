import { describe, expect, test } from 'vitest';
import { startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { newPkcePair } from '../support/pkce-pair.ts';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { startSloppyServer } from '../support/upstreams/sloppy-server.ts';
import { REDIRECT_URI } from './attack-stage.ts';

// One server behind two issuers, an enforcing one and a lax one. A thief redeems a bare code of the first at the second, in
// a plain message or in one that the lax issuer need not understand.

const FORM = 'application/x-www-form-urlencoded';

const REDEMPTIONS: readonly (readonly [what: string, type: string, write: (code: string) => string])[] = [
  ['plainly', FORM, (code) => `grant_type=authorization_code&client_id=lax&code=${code}`],
  [
    'as a grant that only some know',
    FORM,
    (code) => `grant_type=Authorization_Code&client_id=lax&code=${code}`,
  ],
  ['with a parameter twice', FORM, (code) => `grant_type=authorization_code&code=${code}&code=${code}`],
  ['as JSON', 'application/json', (code) => JSON.stringify({ grant_type: 'authorization_code', code })],
];

type Scene = { readonly what: string; readonly strict: string; readonly lax: string; readonly got: Place };
type Place = { readonly host: string; readonly authorize: string };

const TOKEN = { host: 'lax.test', path: '/oauth2/token' };

const SCENES: readonly Scene[] = [
  {
    what: 'on another path',
    strict:
      'paths: [/oauth2/authorize, /oauth2/token/strict], endpoints: {authorization: [/oauth2/authorize], token: [/oauth2/token/strict]}',
    lax: 'endpoints: {authorization: [/authorize], token: [/oauth2/token]}',
    got: { host: TOKEN.host, authorize: '/oauth2/authorize' },
  },
  {
    what: 'on another path, of a realm',
    strict:
      'paths: [/oauth2/authorize], endpoints: {authorization: ["/oauth2/authorize/{realm}"], token: ["/oauth2/authorize/{realm}/token"]}',
    lax: 'endpoints: {authorization: [/authorize], token: [/oauth2/token]}',
    got: { host: TOKEN.host, authorize: '/oauth2/authorize/sales' },
  },
  {
    what: 'on another host',
    strict: 'hosts: [strict.test], endpoints: {authorization: [/oauth2/authorize], token: [/oauth2/token]}',
    lax: 'hosts: [lax.test], endpoints: {authorization: [/oauth2/authorize], token: [/oauth2/token]}',
    got: { host: 'strict.test', authorize: '/oauth2/authorize' },
  },
];

async function getCode(url: string, { host, authorize }: Place): Promise<string> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'spa',
    redirect_uri: REDIRECT_URI,
    code_challenge: newPkcePair().challenge,
    code_challenge_method: 'S256',
  });
  const { raw } = await sendRaw(url, rawRequest(`GET ${authorize}?${query} HTTP/1.1`, [], '', host));
  const code = /[?&]code=([^&\s]+)/.exec(raw)?.[1] ?? '';
  expect(code).not.toBe('');
  return code;
}

function redeem(url: string, type: string, body: string) {
  const { path, host } = TOKEN;
  return sendRaw(url, rawRequest(`POST ${path} HTTP/1.1`, [`Content-Type: ${type}`], body, host));
}

describe.each(REDEMPTIONS)('a bare code at %s', (_, type, write) => {
  test.each(SCENES)('is valid directly at the server: $what', async ({ got }) => {
    await using server = await startSloppyServer();
    const code = await getCode(server.url, got);
    expect((await redeem(server.url, type, write(code))).status).toBe(200);
  });

  describe.each(SCENES)('at a lax issuer $what', ({ strict, lax, got }) => {
    test.each(['off', 'report'])('in %s is judged like one of the strict issuer', async (mode) => {
      await using server = await startSloppyServer();
      const upstream = `upstream: {url: "${server.url}"}, forward_pkce: never`;
      const issuers = [
        `  - {name: strict, ${upstream}, ${strict}, clients: {spa: {wrap_codes: false, redirect_uris: ["${REDIRECT_URI}"]}}}`,
        `  - {name: lax, ${upstream}, ${lax}, unlisted_clients: {mode: ${mode}}}`,
      ].join('\n');
      await using gateway = await startGatewayUnderTest({ upstream: server.url, issuers });
      const code = await getCode(gateway.url, got);
      const answer = await redeem(gateway.url, type, write(code));
      expect([400, 415]).toContain(answer.status);
      const refusals = gateway.logLines.filter(({ event }) => event === 'refusal');
      expect(refusals).toMatchObject([{ issuer: 'strict', client: 'spa', endpoint: 'token' }]);
      expect(server.issued).toBe(0);
      // Other requests still pass.
      await redeem(gateway.url, type, write('a-code-of-nobody'));
      expect(gateway.logLines.filter(({ event }) => event === 'refusal')).toHaveLength(1);
    });
  });
});

describe('a login of an enforced client without PKCE, begun at an issuer that', () => {
  const { strict, lax } = SCENES.at(-1) as Scene;

  async function begin(unlisted: string, clientId: string) {
    await using server = await startSloppyServer();
    const upstream = `upstream: {url: "${server.url}"}, forward_pkce: never`;
    const issuers = [
      `  - {name: strict, ${upstream}, ${strict}, clients: {spa: {redirect_uris: ["${REDIRECT_URI}"]}}}`,
      `  - {name: lax, ${upstream}, ${lax}, unlisted_clients: {${unlisted}}}`,
    ].join('\n');
    await using gateway = await startGatewayUnderTest({ upstream: server.url, issuers });
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: clientId === 'spa' ? REDIRECT_URI : 'https://other.example.com/cb',
    });
    const line = `GET /oauth2/authorize?${query} HTTP/1.1`;
    const { raw } = await sendRaw(gateway.url, rawRequest(line, [], '', TOKEN.host));
    return /[?&]code=/.test(raw) ? 'code' : /challenge_missing/.exec(raw)?.[0];
  }

  test.each(['mode: off', 'mode: report', 'enforce_percent: 0', 'enforce_percent: 1'])(
    'has %s is refused as at its own issuer',
    async (unlisted) => expect(await begin(unlisted, 'spa')).toBe('challenge_missing'),
  );

  test('reports other clients: they get their codes', async () =>
    expect(await begin('enforce_percent: 0', 'other')).toBe('code'));
});
