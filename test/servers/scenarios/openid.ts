import { expect } from 'vitest';
import { newPkcePair } from '../../support/pkce-pair.ts';
import { newNonce } from '../stage/nonce.ts';
import type { Stage } from '../stage/stage.ts';
import { halfHash, payloadOf } from './id-token.ts';
import { arrivalOf, expectRefused, expectTokens, logIn, redeemCode, stateOf } from './login.ts';
import type { Scenario } from './scenario.ts';

/** Responses other than a plain code and state. */
export const OPENID: readonly Scenario[] = [
  ...(['enforce', 'report'] as const).map(
    (route): Scenario => ({
      name: 'a hybrid login: s_hash and c_hash are those of the state and the code which the client holds',
      route,
      appliesTo: ({ can }) => can.hybrid === true,
      async run(stage) {
        await using visit = await stage.newVisit();
        const nonce = newNonce();
        const login = await logIn(visit, { response_type: 'code id_token', nonce });
        const { parameters } = arrivalOf(login.journey);
        expect(payloadOf(parameters.get('id_token') ?? '')).toMatchObject({
          nonce,
          s_hash: halfHash(login.state),
          c_hash: halfHash(login.code),
        });
        if (route === 'enforce') expectRefused(await redeemCode(stage, login.code, newPkcePair().verifier));
        await expectTokens(stage, login, visit.pkce.verifier);
      },
    }),
  ),
  ...['jwt', 'fragment.jwt', 'form_post.jwt'].flatMap((response_mode) =>
    (['enforce', 'report'] as const).map(
      (route): Scenario => ({
        name: `response_mode=${response_mode} ends as without the gateway`,
        route,
        appliesTo: ({ can }) => can.jarm === true,
        async run(stage) {
          stage.take('straight');
          const straight = await outcomeOf(stage, response_mode);
          stage.take(route);
          expect(await outcomeOf(stage, response_mode)).toEqual(straight);
        },
      }),
    ),
  ),
];

/** The place of the response, the returned state, and whether its code is redeemed. */
async function outcomeOf(stage: Stage, response_mode: string): Promise<unknown> {
  await using visit = await stage.newVisit();
  const url = visit.authorizationUrl({ response_mode });
  await visit.page.goto(url);
  const { parameters, via } = arrivalOf(await visit.travel());
  const jwt = parameters.get('response');
  const { code, state, error } = jwt === null ? Object.fromEntries(parameters) : payloadOf(jwt);
  return {
    via,
    inJwt: jwt !== null,
    hasItsState: state === stateOf(url),
    error,
    redeemed: typeof code === 'string' && (await redeemCode(stage, code, visit.pkce.verifier)).status,
  };
}
