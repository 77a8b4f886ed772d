import { expect, test } from 'vitest';
import type { Mode } from '../../../src/policy/mode.ts';
import { Browser } from '../../support/browser.ts';
import { leftHalfHash, readClaims } from '../../support/upstreams/scripted/jwts.ts';
import type { Fields, Stage } from '../stage.ts';
import { arrivalOf, byReference, openTravelStage, push, violationsOf } from './journey.ts';

// FAPI 1.0 part 2 5.2.2.1, and Keycloak for every client: an id_token of the authorization endpoint contains the hash of
// the state. Clients compare it (oauth4webapi, openid-client), and reject the response if it differs.

const HYBRID = { response_type: 'code id_token' };

/** A login, and whether a client that checks the hash would accept its response. */
async function logIn(stage: Stage, fields: Fields, way: 'GET' | 'PAR' = 'GET') {
  const answer =
    way === 'GET' ? await stage.authorize(fields) : await byReference(stage, await push(stage, fields));
  const { values } = arrivalOf(answer);
  expect(values.state).toBe(stage.state);
  const taken = readClaims(values.id_token ?? '')['s_hash'] === leftHalfHash(stage.state);
  return { code: values.code, taken };
}

const WAYS: readonly (readonly [type: string, mode: string | undefined, way: 'GET' | 'PAR', judged: Mode])[] =
  [
    ['code id_token', undefined, 'GET', 'enforce'],
    ['code id_token', 'form_post', 'GET', 'enforce'],
    ['code id_token token', 'fragment', 'GET', 'enforce'],
    ['code id_token', undefined, 'PAR', 'enforce'],
    ['code id_token', undefined, 'GET', 'report'],
  ];

test.each(WAYS)(
  'the s_hash of %s, %s, by %s, in %s, is that of the client’s state',
  async (response_type, response_mode, way, mode) => {
    await using stage = await openTravelStage({ mode, quirks: { stateHash: true } });
    const logins = [];
    for (let i = 0; i < 2; i++) logins.push(await logIn(stage, { response_type, response_mode }, way));
    expect(logins.map(({ taken }) => taken)).toEqual([true, true]);
    for (const { code } of logins) {
      if (mode === 'enforce') {
        expect((await stage.redeem(code, { code_verifier: stage.wrongVerifier() })).status).toBe(400);
      }
      expect((await stage.redeem(code)).status).toBe(200);
    }
    expect(violationsOf(stage)).toEqual(mode === 'enforce' ? Array(2).fill('token verifier_mismatch') : []);
  },
);

test('a response type without an id_token gets a prefix', async () => {
  await using stage = await openTravelStage({ quirks: { stateHash: true } });
  await logIn(stage, HYBRID);
  await stage.newCode();
  expect(stage.upstreamStates).toEqual([stage.state, expect.stringMatching(/^pg/)]);
});

test('a client without redirect_uris in enforce, or a request without a state, gets a prefix', async () => {
  await using stage = await openTravelStage({ actor: 'open', quirks: { stateHash: true } });
  expect((await logIn(stage, HYBRID)).taken).toBe(false);

  await using other = await openTravelStage({ quirks: { stateHash: true } });
  const { values } = arrivalOf(await other.authorize({ ...HYBRID, state: undefined }));
  expect([values.state, other.upstreamStates.at(-1)]).toEqual([undefined, expect.stringMatching(/^pg/)]);
  expect((await other.redeem(values.code)).status).toBe(200);
});

test.each(['return_to', 'session', 'issue_at_login'] as const)('re-entry, %s', async (login) => {
  await using stage = await openTravelStage({ quirks: { stateHash: true, login } });
  await using browser = new Browser();
  const url = stage.client.authorizeUrl({ state: stage.state, response_mode: 'query', ...HYBRID });
  const { parameters } = await browser.login(url, { username: 'alice' });
  expect(parameters.get('state')).toBe(stage.state);
  expect((await stage.redeem(parameters.get('code') ?? '')).status).toBe(200);
  expect(violationsOf(stage)).toEqual([]);
});
