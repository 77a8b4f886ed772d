import { describe, expect, test } from 'vitest';
import { newPkcePair } from '../../support/pkce-pair.ts';
import { encryptJwt, signJwt } from '../../support/upstreams/scripted/jwts.ts';
import { type Fields, REDIRECT_URI, type Stage } from '../stage.ts';
import { arrivalOf, authorizeWith, byValue, formOf, openTravelStage, push, violationsOf } from './journey.ts';

type Claims = Readonly<Record<string, unknown>>;

const claimsOf = (stage: Stage, more: Claims = {}): Claims => ({
  ...Object.fromEntries(formOf(stage)),
  aud: 'https://login.example.com',
  ...more,
});
const encode = (text: string) => Buffer.from(text).toString('base64url');
const HEADER = encode('{"alg":"none"}');
const other = newPkcePair();

describe('an object that cannot be judged is refused, with any parameters around it', () => {
  const OBJECTS: readonly (readonly [what: string, reason: string, object: (stage: Stage) => string])[] = [
    ['encrypted', 'request_object_not_allowed', () => encryptJwt()],
    ['no JWT', 'parameter_malformed', () => 'no-jwt'],
    ['two parts', 'parameter_malformed', () => `${HEADER}.${encode('{}')}`],
    ['four parts', 'parameter_malformed', () => `${HEADER}.${encode('{}')}.x.y`],
    ['no base64url', 'parameter_malformed', () => `${HEADER}.${encode('{}')}=.x`],
    ['no JSON', 'parameter_malformed', () => `${HEADER}.${encode('{"a":')}.x`],
    ['no object', 'parameter_malformed', () => `${HEADER}.${encode('["a"]')}.x`],
    [
      'no UTF-8',
      'parameter_malformed',
      () => `${HEADER}.${Buffer.from('7b2261223a22ff227d', 'hex').toString('base64url')}.x`,
    ],
    [
      'an invalid header',
      'parameter_malformed',
      (stage) => `x.${signJwt(claimsOf(stage)).split('.').slice(1).join('.')}`,
    ],
    ['an object inside', 'parameter_malformed', (stage) => signJwt(claimsOf(stage, { request: 'x' }))],
    ['a reference inside', 'parameter_malformed', (stage) => signJwt(claimsOf(stage, { request_uri: 'x' }))],
    ['a state that is a number', 'parameter_malformed', (stage) => signJwt(claimsOf(stage, { state: 1 }))],
    [
      'several redirect_uris',
      'parameter_malformed',
      (stage) => signJwt(claimsOf(stage, { redirect_uri: [REDIRECT_URI] })),
    ],
    [
      'a challenge that is null',
      'parameter_malformed',
      (stage) => signJwt(claimsOf(stage, { code_challenge: null })),
    ],
    [
      'a response_type that is a list',
      'parameter_malformed',
      (stage) => signJwt(claimsOf(stage, { response_type: ['code'] })),
    ],
  ];
  test.each(OBJECTS)('%s', async (_, reason, object) => {
    await using stage = await openTravelStage();
    const answer = await stage.authorize({ request: object(stage) });
    expect(violationsOf(stage)).toEqual([`authorization ${reason}`]);
    expect(arrivalOf(answer).values).toMatchObject({ error: 'invalid_request', state: stage.state });
    expect((await push(stage, { request: object(stage) })).status).toBe(400);
    expect(violationsOf(stage).at(-1)).toBe(`pushed_authorization ${reason}`);
    expect(stage.upstream.requests.to('/oauth2/authorize')).toEqual([]);
    expect(stage.upstream.requests.to('/oauth2/par')).toEqual([]);
  });
});

describe('a parameter with different values inside and outside', () => {
  const CONFLICTS: readonly (readonly [name: string, outside: string])[] = [
    ['state', 'another'],
    ['redirect_uri', 'https://app.example.com/other'],
    ['response_type', 'code id_token'],
    ['response_mode', 'fragment'],
    ['code_challenge', other.challenge],
    ['code_challenge_method', 'plain'],
  ];
  test.each(CONFLICTS)('is refused: %s', async (name, outside) => {
    await using stage = await openTravelStage();
    await byValue(stage, claimsOf(stage, { response_mode: 'query' }), { [name]: outside });
    expect(violationsOf(stage)).toEqual(['authorization parameter_repeated']);
    expect(stage.upstream.requests.to('/oauth2/authorize')).toEqual([]);
  });

  test('is refused: client_id', async () => {
    await using stage = await openTravelStage();
    await byValue(stage, claimsOf(stage, { client_id: 'open' }));
    expect(violationsOf(stage)).toEqual(['authorization parameter_repeated']);
  });

  test('a parameter with equal values is accepted', async () => {
    await using stage = await openTravelStage();
    const { values } = arrivalOf(await byValue(stage, claimsOf(stage), Object.fromEntries(formOf(stage))));
    expect(values.state).toBe(stage.state);
    expect((await stage.redeem(values.code)).status).toBe(200);
  });
});

describe('parameters inside are judged', () => {
  const INSIDE: readonly (readonly [reason: string, claims: Claims])[] = [
    ['redirect_uri_not_allowed', { redirect_uri: 'https://evil.example/cb' }],
    ['response_type_not_allowed', { response_type: 'token' }],
    ['response_mode_not_allowed', { response_mode: 'web_message' }],
    ['challenge_malformed', { code_challenge: 'short' }],
    ['method_not_allowed', { code_challenge_method: 'plain' }],
    ['method_not_allowed', { code_challenge_method: undefined }],
    ['challenge_missing', { code_challenge: undefined, code_challenge_method: undefined }],
  ];
  test.each(INSIDE)('%s: %j', async (reason, claims) => {
    await using stage = await openTravelStage();
    await byValue(stage, claimsOf(stage, claims));
    expect(violationsOf(stage)).toEqual([`authorization ${reason}`]);
    expect(stage.upstream.requests.to('/oauth2/authorize')).toEqual([]);
  });

  const PKCE: Fields = { code_challenge: undefined, code_challenge_method: undefined };
  test.each(['GET', 'POST', 'PAR'])('PKCE only outside does not count: with %s', async (way) => {
    await using stage = await openTravelStage();
    const form = formOf(stage);
    form.set('request', signJwt(claimsOf(stage, PKCE)));
    if (way === 'GET') await authorizeWith(stage, Object.fromEntries(form));
    else await stage.postForm(way === 'PAR' ? '/oauth2/par' : '/oauth2/authorize', form);
    const endpoint = way === 'PAR' ? 'pushed_authorization' : 'authorization';
    expect(violationsOf(stage)).toEqual([`${endpoint} challenge_missing`]);
  });

  test('objects are refused if the policy does not allow them', async () => {
    await using stage = await openTravelStage({ policy: 'request_objects: reject' });
    await byValue(stage, claimsOf(stage));
    expect(violationsOf(stage)).toEqual(['authorization request_object_not_allowed']);
  });

  test('a client without redirect_uris is refused: its response could not be found', async () => {
    await using stage = await openTravelStage({ actor: 'open' });
    const answer = await byValue(stage, claimsOf(stage, { client_id: 'open' }));
    expect([answer.status, violationsOf(stage)]).toEqual([400, ['authorization request_object_not_allowed']]);
  });
});

describe('an object with a part of the request', () => {
  const PKCE_INSIDE = ['code_challenge', 'code_challenge_method'];
  const PARTS: readonly (readonly [what: string, inside: readonly string[], prefixed: boolean])[] = [
    ['PKCE alone', PKCE_INSIDE, true],
    ['all but the state', [...PKCE_INSIDE, 'redirect_uri', 'response_type', 'client_id'], true],
    ['PKCE and the state', [...PKCE_INSIDE, 'state'], false],
  ];
  test.each(PARTS)('%s', async (_, inside, prefixed) => {
    await using stage = await openTravelStage();
    const form = formOf(stage);
    const claims = Object.fromEntries(inside.map((name) => [name, form.get(name)]));
    for (const name of inside) if (name !== 'client_id') form.delete(name);
    const { values } = arrivalOf(await byValue(stage, claims, Object.fromEntries(form)));
    expect(values.state).toBe(stage.state);
    const asked = stage.upstream.requests.to('/oauth2/authorize').at(-1)?.query;
    expect(asked?.get('state')?.endsWith(stage.state) ?? false).toBe(prefixed);
    expect((await stage.redeem(values.code, { code_verifier: other.verifier })).status).toBe(400);
    expect((await stage.redeem(values.code)).status).toBe(200);
  });

  test('its challenge is forwarded unchanged, and so is the verifier', async () => {
    await using stage = await openTravelStage();
    const { values } = arrivalOf(await byValue(stage, claimsOf(stage)));
    await stage.redeem(values.code);
    expect(stage.upstream.tokenRequests.at(-1)?.form.get('code_verifier')).toBe(stage.client.pair.verifier);
  });
});
