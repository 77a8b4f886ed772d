import { describe, expect, test } from 'vitest';
import type { Mode } from '../../../src/policy/mode.ts';
import type { Quirks } from '../../support/upstreams/scripted-legacy-server.ts';
import { OPEN_REDIRECT_URI, REDIRECT_URI, Stage } from '../stage.ts';
import { arrivalOf, openTravelStage, violationsOf } from './journey.ts';

const MODES: readonly Mode[] = ['enforce', 'report'];
const JWT_MODES = ['jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt'] as const;

describe.each(JWT_MODES)('%s', (response_mode) => {
  const REFUSED: readonly (readonly [what: string, quirks: Partial<Quirks>, reason: string])[] = [
    ['encrypted', { jarm: 'encrypted' }, 'response_ambiguous'],
    ['malformed', { jarm: 'malformed' }, 'response_ambiguous'],
    // A form to another place is a page of the server itself.
    ...(response_mode === 'form_post.jwt'
      ? []
      : ([
          ['to another place', { redirectTo: 'https://evil.example/cb' }, 'redirect_target_mismatch'],
        ] as const)),
  ];

  test.each<[what: string, quirks: Partial<Quirks>]>([
    ['for another client', { extraParameters: { aud: 'open' } }],
    ['for an unknown client', { extraParameters: { aud: 'stranger' } }],
    ['of another state', { extraParameters: { state: 'x' }, state: 'dropped' }],
    ['without its state', { state: 'dropped' }],
  ])('a response %s is bound to the request that it answers', async (_, quirks) => {
    await using stage = await openTravelStage({ quirks });
    const { values } = arrivalOf(await stage.authorize({ response_mode }));
    expect((await stage.redeem(values.code, { code_verifier: stage.wrongVerifier() })).status).toBe(400);
    expect((await stage.redeem(values.code)).status).toBe(200);
  });

  test.each(REFUSED)('a response %s is withheld in enforce', async (_, quirks, reason) => {
    await using stage = await openTravelStage({ quirks });
    const answer = await stage.authorize({ response_mode });
    expect(violationsOf(stage)).toEqual([`authorization_response ${reason}`]);
    expect(answer.location?.href ?? '').not.toContain('response=');
    expect(answer.text).not.toMatch(/eyJ|legacy-code/);
    expect([302, 400]).toContain(answer.status);
  });

  test.each(REFUSED)('a response %s passes in report', async (_, quirks) => {
    await using stage = await openTravelStage({ mode: 'report', quirks });
    const answer = await stage.authorize({ response_mode });
    expect(`${answer.location?.href}${answer.text}`).toMatch(/response["=]/);
    expect(stage.logLines('refusal')).toEqual([]);
  });

  test('a client without redirect_uris is followed by `aud`', async () => {
    await using stage = await openTravelStage({ actor: 'open' });
    const { values, names } = arrivalOf(await stage.authorize({ response_mode }));
    expect([names, values.state]).toEqual([['response'], stage.state]);
    expect((await stage.redeem(values.code, { code_verifier: stage.wrongVerifier() })).status).toBe(400);
    expect((await stage.redeem(values.code)).status).toBe(200);
  });

  test('so is an unlisted client', async () => {
    await using stage = await openTravelStage({ unlisted: '{mode: enforce}' });
    const stranger = { client_id: 'stranger', redirect_uri: OPEN_REDIRECT_URI };
    const { values } = arrivalOf(await stage.authorize({ ...stranger, response_mode }));
    const theft = await stage.redeem(values.code, { ...stranger, code_verifier: stage.wrongVerifier() });
    expect(theft.status).toBe(400);
    expect((await stage.redeem(values.code, stranger)).status).toBe(200);
  });

  test.each(MODES)('an error returns unchanged, in %s', async (mode) => {
    await using stage = await openTravelStage({ mode, quirks: { authorizationError: 'access_denied' } });
    const { values, redirectUri } = arrivalOf(await stage.authorize({ response_mode }));
    expect([redirectUri, values.error, values.state]).toEqual([REDIRECT_URI, 'access_denied', stage.state]);
    expect(violationsOf(stage)).toEqual([]);
  });

  test('without a challenge it is refused', async () => {
    await using stage = await openTravelStage();
    await stage.authorize({ response_mode, code_challenge: undefined, code_challenge_method: undefined });
    expect(violationsOf(stage)).toEqual(['authorization challenge_missing']);
    expect(stage.upstreamStates).toEqual([]);
  });

  test('is refused if the policy allows only other modes', async () => {
    await using stage = await Stage.open({ policy: 'response_modes: [query, form_post]' });
    await stage.authorize({ response_mode });
    expect(violationsOf(stage)).toEqual(['authorization response_mode_not_allowed']);
  });
});

test('the code of an encrypted response to a client without redirect_uris cannot be redeemed', async () => {
  await using stage = await openTravelStage({ actor: 'open', quirks: { jarm: 'encrypted' } });
  await stage.authorize({ response_mode: 'jwt' });
  // A response that only the client could read.
  const code = 'legacy-code-of-this-login';
  stage.upstream.quirks.newCode = () => code;
  await stage.authorize({ response_mode: 'jwt' });
  expect((await stage.redeem(code)).json.error).toBe('invalid_grant');
  expect(stage.upstream.tokenRequests).toEqual([]);
});

describe('a server that signs its response unrequested', () => {
  test.each(['query.jwt', 'form_post.jwt'] as const)(
    '%s: a token request without the verifier is refused',
    async (responseMode) => {
      await using stage = await openTravelStage({ quirks: { responseMode } });
      const { values } = arrivalOf(await stage.authorize());
      expect((await stage.redeem(values.code, { code_verifier: stage.wrongVerifier() })).status).toBe(400);
      expect((await stage.redeem(values.code)).status).toBe(200);
    },
  );
});
