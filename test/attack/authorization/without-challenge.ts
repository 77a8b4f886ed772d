import { unsignedJwt } from '../../support/unsigned-jwt.ts';
import { REDIRECT_URI, type Refusal } from '../attack-stage.ts';
import {
  AUTHORIZE,
  type AuthorizationAttack,
  attack,
  challengeOf,
  type Fields,
  forged,
  get,
  post,
  query,
  refused,
  type Scene,
  withheld,
} from './attack.ts';

type Reason = Refusal['reason'];

/** These fields, in a query and in a form. */
const asked = (
  name: string,
  reason: Reason,
  fields: (scene: Scene) => Fields,
  rest: Partial<AuthorizationAttack> = {},
) => [
  attack(
    `${name}, by GET`,
    refused(reason),
    (scene) => get(scene, `${AUTHORIZE}?${query(fields(scene))}`),
    rest,
  ),
  attack(`${name}, by POST`, refused(reason), (scene) => post(scene, AUTHORIZE, query(fields(scene))), rest),
];

const written = (
  name: string,
  reason: Reason,
  text: (scene: Scene) => string,
  rest: Partial<AuthorizationAttack> = {},
) => attack(name, refused(reason), (scene) => get(scene, `${AUTHORIZE}?${text(scene)}`), rest);

const CHALLENGES: readonly (readonly [name: string, reason: Reason, fields: (scene: Scene) => Fields])[] = [
  ['no challenge', 'challenge_missing', () => ({})],
  ['an empty challenge', 'challenge_missing', () => ({ code_challenge: '', code_challenge_method: 'S256' })],
  [
    'a challenge of NUL',
    'parameter_malformed',
    () => ({ code_challenge: '%00', code_challenge_method: 'S256' }),
  ],
  ['a challenge behind a NUL', 'parameter_malformed', (s) => ({ 'code_challenge%00': s.pair.challenge })],
  ['a method alone', 'challenge_missing', () => ({ code_challenge_method: 'S256' })],
  [
    'the method plain',
    'method_not_allowed',
    (s) => ({ code_challenge: s.pair.verifier, code_challenge_method: 'plain' }),
  ],
  ['no method', 'method_not_allowed', (s) => ({ code_challenge: s.pair.challenge })],
  ['an empty method', 'method_not_allowed', (s) => ({ ...challengeOf(s), code_challenge_method: '' })],
  ['the method s256', 'method_not_allowed', (s) => ({ ...challengeOf(s), code_challenge_method: 's256' })],
  ['the method S512', 'method_not_allowed', (s) => ({ ...challengeOf(s), code_challenge_method: 'S512' })],
  ['the method none', 'method_not_allowed', (s) => ({ ...challengeOf(s), code_challenge_method: 'none' })],
  [
    'a short challenge',
    'challenge_malformed',
    (s) => ({ ...challengeOf(s), code_challenge: s.pair.challenge.slice(1) }),
  ],
  [
    'a long challenge',
    'challenge_malformed',
    (s) => ({ ...challengeOf(s), code_challenge: `${s.pair.challenge}A` }),
  ],
  [
    'a padded challenge',
    'challenge_malformed',
    (s) => ({ ...challengeOf(s), code_challenge: `${s.pair.challenge.slice(0, -1)}%3D` }),
  ],
  [
    'a challenge of one character',
    'challenge_malformed',
    (s) => ({ ...challengeOf(s), code_challenge: 'A' }),
  ],
  [
    'a challenge of null',
    'challenge_malformed',
    () => ({ code_challenge: 'null', code_challenge_method: 'S256' }),
  ],
  [
    'a challenge in capitals',
    'parameter_malformed',
    (s) => ({ CODE_CHALLENGE: s.pair.challenge, code_challenge_method: 'S256' }),
  ],
  [
    'a challenge in brackets',
    'parameter_malformed',
    (s) => ({ 'code_challenge[]': s.pair.challenge, code_challenge_method: 'S256' }),
  ],
  [
    'a challenge with a dot',
    'parameter_malformed',
    (s) => ({ 'code.challenge': s.pair.challenge, code_challenge_method: 'S256' }),
  ],
  [
    'two challenges, one of them empty',
    'parameter_malformed',
    (s) => ({ ...challengeOf(s), 'code_challenge+': '' }),
  ],
];

const TYPES: readonly (readonly [type: string, reason: Reason])[] = [
  ['Code', 'response_type_not_allowed'],
  ['CODE', 'response_type_not_allowed'],
  ['code%20', 'parameter_malformed'],
  ['%20code', 'parameter_malformed'],
  ['code%00', 'parameter_malformed'],
  ['code%20token', 'response_type_not_allowed'],
  ['token%20code', 'response_type_not_allowed'],
  ['code%20id_token', 'response_type_not_allowed'],
  ['code%20id_token%20token', 'response_type_not_allowed'],
  ['code+none', 'response_type_not_allowed'],
  ['none', 'response_type_not_allowed'],
  ['', 'response_type_not_allowed'],
];

const MODES: readonly string[] = [
  'okta_post_message',
  'cookie',
  'Query',
  'form_post%20',
  'direct_post',
  'query,fragment',
];

const object = (claims: object) =>
  unsignedJwt({ client_id: 'spa', response_type: 'code', redirect_uri: REDIRECT_URI, ...claims });

const REPEATED: readonly (readonly [name: string, more: (scene: Scene) => string])[] = [
  ['client_id', () => 'client_id=lax'],
  ['client_id, the same', () => 'client_id=spa'],
  ['redirect_uri', () => 'redirect_uri=https://evil.example/cb'],
  ['response_type', () => 'response_type=code'],
  ['state', () => 'state=y'],
  ['code_challenge', () => `code_challenge=${'A'.repeat(43)}`],
  ['scope', () => 'scope=a&scope=b'],
];

export const WITHOUT_CHALLENGE: readonly AuthorizationAttack[] = [
  ...CHALLENGES.flatMap(([name, reason, fields]) => asked(name, reason, fields)),
  ...TYPES.flatMap(([type, reason]) =>
    asked(`the response type "${type}"`, reason, (s) => ({ ...challengeOf(s), response_type: type })),
  ),
  ...asked('no response type', 'response_type_not_allowed', (s) => ({
    ...challengeOf(s),
    response_type: undefined,
  })),
  ...MODES.flatMap((mode) =>
    asked(
      `the response mode ${mode}`,
      mode.includes('%20') ? 'parameter_malformed' : 'response_mode_not_allowed',
      (s) => ({ ...challengeOf(s), response_mode: mode }),
    ),
  ),
  ...asked('a response mode in capitals in addition to the right one', 'parameter_malformed', (s) => ({
    ...challengeOf(s),
    RESPONSE_MODE: 'web_message',
  })),
  ...asked('a request object', 'request_object_not_allowed', () => ({ request: object({}) })),
  ...asked('a request object in addition to a challenge', 'request_object_not_allowed', (s) => ({
    ...challengeOf(s),
    request: object({}),
  })),
  ...asked('a request object for another place', 'request_object_not_allowed', (s) => ({
    ...challengeOf(s),
    redirect_uri: undefined,
    request: object({ redirect_uri: 'https://evil.example/cb' }),
  })),
  ...asked('a request_uri with the request in it', 'request_uri_unknown', () => ({
    request_uri: `data:,${object({})}`,
  })),
  ...asked('a request_uri somewhere else', 'request_uri_unknown', (s) => ({
    ...challengeOf(s),
    request_uri: 'https://evil.example/request.jwt',
  })),
  ...asked('a made-up request_uri', 'request_uri_unknown', () => ({
    request_uri: 'urn:ietf:params:oauth:request_uri:x',
  })),
  ...REPEATED.map(([name, more]) =>
    written(`${name} twice`, 'parameter_repeated', (s) => `${query(challengeOf(s))}&${more(s)}`),
  ),
  ...REPEATED.slice(0, 6).map(([name, more]) =>
    written(
      `${name} twice, first in line`,
      'parameter_repeated',
      (s) => `${more(s)}&${query(challengeOf(s))}`,
      { laxity: { duplicates: 'first' } },
    ),
  ),
  ...asked('no client_id', 'client_id_missing', () => ({ client_id: undefined }), {
    amongLax: withheld('flow_unknown'),
  }),
  ...asked('an unlisted client_id', 'challenge_missing', () => ({ client_id: 'stranger' }), {
    amongLax: withheld('flow_unknown'),
  }),
  ...asked('a client_id in capitals', 'client_id_ambiguous', () => ({ client_id: 'SPA' })),
  ...asked('a client_id with a NUL', 'client_id_ambiguous', () => ({ client_id: 'spa%00lax' })),
  ...asked('a client_id with a space', 'client_id_ambiguous', () => ({ client_id: 'spa+' })),
  ...asked('a client_id in brackets', 'parameter_malformed', () => ({
    client_id: undefined,
    'client_id[]': 'spa',
  })),
  written('semicolons', 'client_id_missing', () => query({}).replaceAll('&', ';')),
  written(
    'another parameter with broken percent-encoding',
    'parameter_malformed',
    (s) => `${query(challengeOf(s))}&x=%zz`,
  ),
  ...asked('a forged flow prefix', 'challenge_missing', (scene) => ({ state: `${forged(scene)}x` })),
];
