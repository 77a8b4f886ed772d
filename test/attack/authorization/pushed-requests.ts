import { rawRequest } from '../../support/raw-http.ts';
import { spellingsOf } from '../path-spellings.ts';
import {
  AUTHORIZE,
  type AuthorizationAttack,
  challengeOf,
  type Fields,
  get,
  post,
  pushRefused,
  query,
  refused,
  type Scene,
} from './attack.ts';

const PUSH = '/oauth2/par';

type Push = { readonly path?: string; readonly fields?: (scene: Scene) => Fields };

/** Pushes a request and, if it was accepted, sends the browser with its reference. */
async function pushAndGo(
  scene: Scene,
  { path = PUSH, fields = () => ({}) }: Push,
  beside: Fields,
  times = 1,
) {
  const pushed = await post(scene, path, query(fields(scene)));
  const requestUri = /"request_uri":"([^"]+)"/.exec(pushed?.raw ?? '')?.[1];
  if (requestUri === undefined) return pushed;
  const reference = Object.entries({ client_id: 'spa', request_uri: requestUri, ...beside })
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  let response = pushed;
  for (let i = 0; i < times; i++) response = await get(scene, `${AUTHORIZE}?${reference}`);
  return response;
}

const attack = (
  name: string,
  expected: AuthorizationAttack['expected'],
  push: Push,
  beside: Fields = {},
  times = 1,
): AuthorizationAttack => ({
  name: `a pushed request, ${name}`,
  expected,
  verifier: 'none',
  act: (scene) => pushAndGo(scene, push, beside, times),
});

const withChallenge: Push = { fields: challengeOf };
const { resembling, beyond } = spellingsOf('par');

export const PUSHED_REQUESTS: readonly AuthorizationAttack[] = [
  attack('without a challenge', pushRefused('challenge_missing'), {}),
  attack('with an empty challenge', pushRefused('challenge_missing'), {
    fields: () => ({ code_challenge: '' }),
  }),
  attack('with the method plain', pushRefused('method_not_allowed'), {
    fields: ({ pair }) => ({ code_challenge: pair.verifier, code_challenge_method: 'plain' }),
  }),
  attack('with no method', pushRefused('method_not_allowed'), {
    fields: ({ pair }) => ({ code_challenge: pair.challenge }),
  }),
  attack('with a short challenge', pushRefused('challenge_malformed'), {
    fields: (scene) => ({ ...challengeOf(scene), code_challenge: 'A' }),
  }),
  attack('for another place', pushRefused('redirect_uri_not_allowed'), {
    fields: (scene) => ({ ...challengeOf(scene), redirect_uri: 'https://evil.example/cb' }),
  }),
  attack('for a mode that cannot be followed', pushRefused('response_mode_not_allowed'), {
    fields: (scene) => ({ ...challengeOf(scene), response_mode: 'okta_post_message' }),
  }),
  attack('with a reference inside', pushRefused('request_uri_unknown'), {
    fields: (scene) => ({ ...challengeOf(scene), request_uri: 'urn:ietf:params:oauth:request_uri:x' }),
  }),
  ...resembling.map((path) => attack(`at ${path}`, pushRefused('path_ambiguous'), { path })),
  ...beyond.map((path) => attack(`at ${path}`, refused('request_uri_unknown'), { path })),
  ...beyond.map((path) =>
    attack(`with a challenge at ${path}`, refused('request_uri_unknown'), { path, ...withChallenge }),
  ),
  attack('of another client', refused('request_uri_unknown'), {
    fields: (scene) => ({ ...challengeOf(scene), client_id: 'lax' }),
  }),
  attack('with another redirect_uri in addition to its reference', 'defused', withChallenge, {
    redirect_uri: 'https://evil.example/cb',
  }),
  attack('with another mode in addition to its reference', 'defused', withChallenge, {
    response_mode: 'web_message',
  }),
  attack('with a request object in addition to its reference', 'defused', withChallenge, {
    request: 'e30.e30.x',
  }),
  attack('with another state in addition to its reference', 'defused', withChallenge, { state: 'attackers' }),
  attack('with another challenge in addition to its reference', 'defused', withChallenge, {
    code_challenge: 'A'.repeat(43),
  }),
  attack('with an empty challenge in addition to its reference', 'defused', withChallenge, {
    code_challenge: '',
  }),
  attack(
    'with a redirect_uri in brackets in addition to its reference',
    refused('parameter_malformed'),
    withChallenge,
    {
      'redirect_uri[]': 'https://evil.example/cb',
    },
  ),
  {
    name: 'a pushed request, by GET',
    expected: pushRefused('http_method_not_allowed'),
    verifier: 'none',
    act: async (scene) => {
      const pushed = await get(scene, `${PUSH}?${query({})}`);
      const requestUri = /"request_uri":"([^"]+)"/.exec(pushed?.raw ?? '')?.[1];
      return requestUri === undefined
        ? pushed
        : get(scene, `${AUTHORIZE}?client_id=spa&request_uri=${requestUri}`);
    },
  },
  {
    name: 'a pushed request, in JSON',
    expected: pushRefused('content_type_not_allowed'),
    verifier: 'none',
    act: async (scene) => {
      const body = JSON.stringify(Object.fromEntries(new URLSearchParams(query({}))));
      const pushed = await scene.stage.send(
        rawRequest(`POST ${PUSH} HTTP/1.1`, ['Content-Type: application/json'], body, scene.host),
      );
      const requestUri = /"request_uri":"([^"]+)"/.exec(pushed?.raw ?? '')?.[1];
      return requestUri === undefined
        ? pushed
        : get(scene, `${AUTHORIZE}?client_id=spa&request_uri=${requestUri}`);
    },
  },
];
