import { describe, expect, test } from 'vitest';
import { Browser } from '../../support/browser.ts';
import { newPkcePair } from '../../support/pkce-pair.ts';
import { signJwt } from '../../support/upstreams/scripted/jwts.ts';
import { type Fields, REDIRECT_URI, type Stage } from '../stage.ts';
import {
  arrivalOf,
  authorizeWith,
  byReference,
  formOf,
  openTravelStage,
  push,
  violationsOf,
} from './journey.ts';

const URN = 'urn:ietf:params:oauth:request_uri:';
/** The upstream gets the PKCE parameters. */
const ALWAYS = `forward_pkce: always\nclients: {spa: {redirect_uris: ["${REDIRECT_URI}"]}}`;

/** The request_uri of a valid pushed request. */
async function pushedUri(stage: Stage, fields: Fields = {}): Promise<string> {
  const { status, json } = await push(stage, fields);
  expect(status).toBe(201);
  return String(json['request_uri']);
}

const askedUpstream = (stage: Stage) => stage.upstream.requests.to('/oauth2/authorize').length;

describe('a request_uri of another client or flow', () => {
  const UNKNOWN: readonly (readonly [what: string, requestUri: (stage: Stage) => Promise<string>])[] = [
    ['an unknown one', async () => `${URN}of-nobody`],
    ['over https', async () => 'https://evil.example/request.jwt'],
    ['over http', async () => 'http://127.0.0.1:9/request.jwt'],
    ['inline', async () => 'data:application/jwt,eyJhbGciOiJub25lIn0.e30.'],
    ['of another client', (stage) => pushedUri(stage, { client_id: 'open' })],
    ['that the upstream gave out behind the gateway', (stage) => pushedBehind(stage)],
    ['in other letters', async (stage) => (await pushedUri(stage)).toUpperCase()],
  ];

  test.each(UNKNOWN)('is refused in enforce: %s', async (_, requestUriOf) => {
    await using stage = await openTravelStage();
    const request_uri = await requestUriOf(stage);
    const asked = askedUpstream(stage);
    const answer = await authorizeWith(stage, { client_id: 'spa', request_uri });
    expect([answer.status, violationsOf(stage)]).toEqual([400, ['authorization request_uri_unknown']]);
    expect(answer.location).toBeUndefined();
    expect(askedUpstream(stage)).toBe(asked);
  });

  test.each(UNKNOWN)('is counted and forwarded in report: %s', async (_, requestUriOf) => {
    await using stage = await openTravelStage({ mode: 'report' });
    const request_uri = await requestUriOf(stage);
    const asked = askedUpstream(stage);
    await authorizeWith(stage, { client_id: 'spa', request_uri });
    expect(violationsOf(stage)).toEqual(['authorization request_uri_unknown']);
    expect(askedUpstream(stage)).toBe(asked + 1);
    expect(stage.upstream.requests.all.at(-1)?.query.get('request_uri')).toBe(request_uri);
  });

  test('concurrent uses are one flow: each of its codes needs its verifier', async () => {
    await using stage = await openTravelStage();
    const request_uri = await pushedUri(stage);
    const uses = Array.from({ length: 8 }, () => authorizeWith(stage, { client_id: 'spa', request_uri }));
    const codes = (await Promise.all(uses)).map((answer) => arrivalOf(answer).values.code);
    expect(new Set(codes).size).toBe(8);
    expect((await stage.gateway.metrics()).value('codes_bound_total')).toBe(8);
    expect(violationsOf(stage)).toEqual([]);
    for (const code of codes) {
      expect((await stage.redeem(code, { code_verifier: stage.wrongVerifier() })).status).toBe(400);
      expect((await stage.redeem(code)).status).toBe(200);
    }
  });

  test('a second code of the same login is bound to the same flow', async () => {
    await using stage = await openTravelStage({ quirks: { login: 'issue_at_login' } });
    const request_uri = await pushedUri(stage);
    const { headers } = await authorizeWith(stage, { client_id: 'spa', request_uri });
    const cookie = String(headers['set-cookie']).split(';')[0] ?? '';
    const logIn = () => stage.postForm('/login', 'username=alice', { headers: { cookie } });
    const first = arrivalOf(await logIn()).values;
    const second = arrivalOf(await logIn()).values;
    expect(second.code).not.toBe(first.code);
    expect(violationsOf(stage)).toEqual([]);
    for (const { code, state } of [first, second]) {
      expect(state).toBe(stage.state);
      expect((await stage.redeem(code, { code_verifier: stage.wrongVerifier() })).status).toBe(400);
      expect((await stage.redeem(code)).status).toBe(200);
    }
  });
});

async function pushedBehind(stage: Stage): Promise<string> {
  const answer = await stage.send(new URL(`${stage.upstream.url}/oauth2/par`), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: formOf(stage).toString(),
  });
  return String(answer.json['request_uri']);
}

describe('parameters beside a request_uri are ignored', () => {
  const mallory = newPkcePair();
  const BESIDE: readonly (readonly [what: string, beside: Readonly<Record<string, string>>])[] = [
    ['a challenge', { code_challenge: mallory.challenge, code_challenge_method: 'S256' }],
    ['a redirect_uri', { redirect_uri: 'https://evil.example/cb' }],
    ['a state', { state: 'another' }],
    ['a response_mode', { response_mode: 'okta_post_message' }],
    ['a response_type', { response_type: 'token' }],
    ['a request object', { request: signJwt({ redirect_uri: 'https://evil.example/cb' }) }],
  ];
  test.each(BESIDE)('%s', async (_, beside) => {
    await using stage = await openTravelStage({ issuer: ALWAYS });
    const { redirectUri, carrier, values } = arrivalOf(await byReference(stage, await push(stage), beside));
    expect([redirectUri, carrier, values.state]).toEqual([REDIRECT_URI, 'query', stage.state]);
    const asked = stage.upstream.requests.to('/oauth2/authorize').at(-1);
    expect([...(asked?.query.keys() ?? [])].sort()).toEqual(['client_id', 'request_uri']);
    expect((await stage.redeem(values.code, { code_verifier: mallory.verifier })).status).toBe(400);
    expect((await stage.redeem(values.code)).status).toBe(200);
  });
});

describe('a pushed request', () => {
  const REFUSED: readonly (readonly [reason: string, fields: Fields])[] = [
    ['challenge_missing', { code_challenge: undefined, code_challenge_method: undefined }],
    ['method_not_allowed', { code_challenge_method: 'plain' }],
    ['redirect_uri_not_allowed', { redirect_uri: 'https://evil.example/cb' }],
    ['response_type_not_allowed', { response_type: 'token' }],
    ['request_uri_unknown', { request_uri: `${URN}another` }],
    ['parameter_malformed', { request: 'no.jwt' }],
  ];
  test.each(REFUSED)('is refused at the pushed authorization endpoint: %s', async (reason, fields) => {
    await using stage = await openTravelStage();
    const answer = await push(stage, fields);
    expect([answer.status, answer.headers['cache-control']]).toEqual([400, 'no-store']);
    expect(violationsOf(stage)).toEqual([`pushed_authorization ${reason}`]);
    expect(stage.upstream.requests.all.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  test.each(REFUSED)('passes in report, counted: %s', async (reason, fields) => {
    await using stage = await openTravelStage({ mode: 'report' });
    expect((await push(stage, fields)).status).toBe(201);
    expect(violationsOf(stage)).toEqual([`pushed_authorization ${reason}`]);
  });

  test('may come by POST to the authorization endpoint', async () => {
    await using stage = await openTravelStage();
    const form = new URLSearchParams({ client_id: 'spa', request_uri: await pushedUri(stage) });
    const { values } = arrivalOf(await stage.postForm('/oauth2/authorize', form));
    expect((await stage.redeem(values.code)).status).toBe(200);
  });

  test("that the upstream refuses gets the upstream's response", async () => {
    await using stage = await openTravelStage({ quirks: { pkceParameters: 'rejected' }, issuer: ALWAYS });
    const answer = await push(stage);
    expect([answer.status, answer.json.error_description]).toEqual([
      400,
      'unknown parameter: code_challenge',
    ]);
  });

  test.each(['single_use', 'reusable'] as const)(
    'of a server whose request_uris are %s',
    async (requestUris) => {
      await using stage = await openTravelStage({ quirks: { requestUris } });
      const request_uri = await pushedUri(stage);
      const use = () => authorizeWith(stage, { client_id: 'spa', request_uri });
      expect((await stage.redeem(arrivalOf(await use()).values.code)).status).toBe(200);
      // Until it expires, the server decides whether it is valid again.
      const again = await use();
      expect(violationsOf(stage)).toEqual([]);
      if (requestUris === 'single_use') expect(again.status).toBe(400);
      else expect((await stage.redeem(arrivalOf(again).values.code)).status).toBe(200);
    },
  );

  const LOGINS = [
    ['return_to', 'resolved'],
    ['session', 'resolved'],
    ['issue_at_login', 'resolved'],
    // Spring Authorization Server, Duende IdentityServer.
    ['return_to', 'as_asked'],
    ['session', 'as_asked'],
  ] as const;
  test.each(
    LOGINS.flatMap(([login, wayBack]) => [
      [login, wayBack, 'enforce'] as const,
      [login, wayBack, 'report'] as const,
    ]),
  )('of a server that logs in by %s and returns %s, in %s', async (login, wayBack, mode) => {
    await using stage = await openTravelStage({ mode, quirks: { login, wayBack } });
    await using browser = new Browser();
    const request_uri = await pushedUri(stage);
    const url = new URL(
      `/oauth2/authorize?${new URLSearchParams({ client_id: 'spa', request_uri })}`,
      stage.gateway.url,
    );
    const { parameters } = await browser.login(url, { username: 'alice' }, REDIRECT_URI);
    expect(parameters.get('state')).toBe(stage.state);
    const code = parameters.get('code') ?? '';
    if (mode === 'enforce') {
      expect((await stage.redeem(code, { code_verifier: stage.wrongVerifier() })).status).toBe(400);
    }
    expect((await stage.redeem(code)).status).toBe(200);
    // It was one flow without violations.
    expect(violationsOf(stage)).toEqual(mode === 'enforce' ? ['token verifier_mismatch'] : []);
  });
});
