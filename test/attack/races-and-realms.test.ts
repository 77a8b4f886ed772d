import { describe, expect, test } from 'vitest';
import { startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { newPkcePair } from '../support/pkce-pair.ts';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { startSloppyServer } from '../support/upstreams/sloppy-server.ts';
import { AttackStage, DEFENCES, type Defence, REDIRECT_URI, storeOf } from './attack-stage.ts';
import { redeem } from './chains/chain.ts';
import { theft } from './redemption/attack.ts';

const DEFENDED = Object.keys(DEFENCES) as Defence[];

/** Twenty concurrent redemptions with these verifiers. */
async function race(stage: AttackStage, verifiers: (own: string) => (string | undefined)[]) {
  const code = await stage.victim.newCode();
  const brought = verifiers(stage.victim.pair.verifier);
  const answers = await Promise.all(brought.map((code_verifier) => redeem(stage, code, { code_verifier })));
  return answers.filter((answer) => answer?.status === 200).length;
}

const RACES: readonly (readonly [what: string, verifiers: (own: string) => (string | undefined)[]])[] = [
  ['with the right verifier', (own) => Array<string>(20).fill(own)],
  ['the last one by the owner', (own) => [...Array<undefined>(19).fill(undefined), own]],
  ['the first one by the owner', (own) => [own, ...Array<undefined>(19).fill(undefined)]],
];

describe('twenty redemptions of one code at once', () => {
  test.each(RACES)('%s: directly at the server, all get tokens', async (_, verifiers) => {
    await using stage = await AttackStage.open('none');
    expect(await race(stage, verifiers)).toBe(20);
  });

  describe.each(DEFENDED)('with %s', (defence) => {
    test.each(RACES)('%s: one gets tokens', async (_, verifiers) => {
      await using stage = await AttackStage.open(DEFENCES[defence], storeOf(defence));
      expect(await race(stage, verifiers)).toBe(1);
      expect(stage.server.issued).toBe(1);
    });
  });
});

/** The path of the login, and that of the redemption. */
type Crossing = {
  readonly what: string;
  readonly issuers: string;
  readonly got: Place;
  readonly brought: Place;
};
type Place = { readonly host: string; readonly realm: string };

const CLIENTS = (name: string) =>
  `    unlisted_clients: {mode: enforce, wrap_codes: false}
    clients: {spa: {mode: enforce, wrap_codes: ${name === 'wrapped'}, redirect_uris: [${REDIRECT_URI}]}}`;
const ENDPOINTS = (realm: string) =>
  `{authorization: ["/oauth2/authorize${realm}"], token: ["/oauth2/token${realm}"]}`;

const CROSSINGS = ['wrapped', 'bare'].flatMap((codes): Crossing[] => [
  {
    what: `the ${codes} code of one realm at another`,
    issuers: `  - name: corp
    upstream: {url: "UPSTREAM"}
    endpoints: ${ENDPOINTS('/{realm}')}
${CLIENTS(codes)}`,
    got: { host: 'login.test', realm: '/a' },
    brought: { host: 'login.test', realm: '/b' },
  },
  {
    what: `the ${codes} code of one issuer at another`,
    issuers: ['a', 'b']
      .map(
        (name) => `  - name: ${name}
    hosts: [${name}.test]
    upstream: {url: "UPSTREAM"}
    endpoints: ${ENDPOINTS('')}
${CLIENTS(codes)}`,
      )
      .join('\n'),
    got: { host: 'a.test', realm: '' },
    brought: { host: 'b.test', realm: '' },
  },
]);

/** A login at one place; the redemption of its code at another without its verifier, and then at home with it. */
async function cross(url: string, { got, brought }: Crossing) {
  const { verifier, challenge } = newPkcePair();
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'spa',
    redirect_uri: REDIRECT_URI,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  });
  const login = rawRequest(`GET /oauth2/authorize${got.realm}?${query} HTTP/1.1`, [], '', got.host);
  const code = /[?&]code=([^&\s]+)/.exec((await sendRaw(url, login)).raw)?.[1] ?? '';
  expect(code).not.toBe('');
  const form = ['Content-Type: application/x-www-form-urlencoded'];
  const send = (place: Place, fields: { readonly code_verifier?: string } = {}) =>
    sendRaw(
      url,
      rawRequest(
        `POST /oauth2/token${place.realm} HTTP/1.1`,
        form,
        theft(code, { client_id: 'spa', ...fields }),
        place.host,
      ),
    );
  return { elsewhere: await send(brought), athome: await send(got, { code_verifier: verifier }) };
}

describe.each(CROSSINGS.map((crossing) => [crossing.what, crossing] as const))('%s', (_, crossing) => {
  test('is valid directly at the server', async () => {
    await using server = await startSloppyServer();
    expect((await cross(server.url, crossing)).elsewhere.status).toBe(200);
  });

  test('is worthless through the gateway without its verifier, and still valid for its owner', async () => {
    await using server = await startSloppyServer();
    await using gateway = await startGatewayUnderTest({
      upstream: server.url,
      issuers: crossing.issuers
        .replaceAll('UPSTREAM', server.url)
        .replaceAll('endpoints:', 'forward_pkce: never\n    endpoints:'),
    });
    const { elsewhere, athome } = await cross(gateway.url, crossing);
    expect(elsewhere.status).toBe(400);
    expect(
      (await gateway.metrics()).value('rejections_total', { endpoint: 'token', reason: 'verifier_missing' }),
    ).toBe(1);
    expect(athome.status).toBe(200);
    expect(server.issued).toBe(1);
  });
});

test('a verifier for a flow without a challenge is counted in report (RFC 9700 4.8.2)', async () => {
  await using stage = await AttackStage.open('unlisted_clients: {mode: report}');
  const code = await stage.victim.newCode({ code_challenge: undefined, code_challenge_method: undefined });
  await redeem(stage, code, { code_verifier: stage.victim.pair.verifier });
  const reported = await stage.gateway?.metrics();
  expect(reported?.value('report_only_violations_total', { reason: 'verifier_unexpected' })).toBe(1);
});
