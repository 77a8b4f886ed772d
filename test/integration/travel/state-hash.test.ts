import { expect, test } from 'vitest';
import { leftHalfHash, readClaims } from '../../support/upstreams/scripted/jwts.ts';
import { arrivalOf, openTravelStage } from './journey.ts';

// FAPI 1.0 part 2 5.2.2.1, and Keycloak for every client: an id_token of the authorization endpoint holds the hash of
// the state. Clients that find one compare it (oauth4webapi, openid-client), and drop the response where it differs.
test.each([
  ['code id_token', undefined],
  ['code id_token', 'form_post'],
  ['code id_token token', 'fragment'],
])(
  'the s_hash of %s, %s, is that of the state which the client gets',
  async (response_type, response_mode) => {
    await using stage = await openTravelStage({ quirks: { stateHash: true } });
    const { values } = arrivalOf(await stage.authorize({ response_type, response_mode }));
    expect(values.state).toBe(stage.state);
    expect(readClaims(values.id_token ?? '')['s_hash']).toBe(leftHalfHash(stage.state));
    expect((await stage.redeem(values.code, { code_verifier: stage.wrongVerifier() })).status).toBe(400);
    expect((await stage.redeem(values.code)).status).toBe(200);
  },
);
