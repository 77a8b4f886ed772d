import { newPkcePair } from '../../support/pkce-pair.ts';
import {
  AUTHORIZE,
  type AuthorizationAttack,
  challengeOf,
  type Fields,
  get,
  query,
  refused,
  type Scene,
} from './attack.ts';

/** Begins a flow of the victim's client with an unknown verifier, and repeats the request with the state that the server saw. */
async function reenter(scene: Scene, fields: (scene: Scene) => Fields) {
  const { challenge } = newPkcePair();
  await get(scene, `${AUTHORIZE}?${query({ code_challenge: challenge, code_challenge_method: 'S256' })}`);
  const state = encodeURIComponent(scene.stage.server.states.at(-1) ?? '');
  return get(scene, `${AUTHORIZE}?${query({ state, ...fields(scene) })}`);
}

const attack = (
  name: string,
  expected: AuthorizationAttack['expected'],
  fields: (scene: Scene) => Fields,
  rest: Partial<AuthorizationAttack> = {},
): AuthorizationAttack => ({
  name: `the prefix of a live flow, ${name}`,
  expected,
  verifier: 'none',
  act: (scene) => reenter(scene, fields),
  ...rest,
});

/** Attackers who see the server's state: in its log, its pages, their Referer. */
export const LIVE_FLOWS: readonly AuthorizationAttack[] = [
  attack('replayed', 'defused', () => ({})),
  attack('with a challenge of the attacker', 'defused', challengeOf, { verifier: 'own' }),
  attack('with a challenge of the attacker, redeemed without', 'defused', challengeOf),
  attack('for another place', refused('redirect_uri_not_allowed'), () => ({
    redirect_uri: 'https://evil.example/cb',
  })),
  attack('for no place', refused('challenge_missing'), () => ({ redirect_uri: undefined })),
  attack('for another response type', refused('response_type_not_allowed'), () => ({
    response_type: 'code%20token',
  })),
  attack('for another mode', refused('response_mode_not_allowed'), () => ({
    response_mode: 'okta_post_message',
  })),
  attack('with a request object', refused('request_object_not_allowed'), () => ({ request: 'e30.e30.x' })),
  attack('with a request_uri', refused('request_uri_unknown'), () => ({ request_uri: 'data:,e30.e30.x' })),
  attack('with an empty challenge', 'defused', () => ({ code_challenge: '' })),
];
