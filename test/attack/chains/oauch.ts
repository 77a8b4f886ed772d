import { s256 } from '../../../src/oauth/pkce.ts';
import { rawRequest } from '../../support/raw-http.ts';
import { REDIRECT_URI, type Refusal } from '../attack-stage.ts';
import {
  atToken,
  attackerAt,
  type Chain,
  newVerifier,
  redeem,
  withOwnRequest,
  withStolenCode,
} from './chain.ts';

const refused = (reason: Refusal['reason']): Refusal[] => [{ endpoint: 'authorization', reason }];

/**
 * The suffixes of its path confusion test after a registered redirect_uri, unescaped: the server decodes them once, and
 * servers disagree on the resulting path.
 */
const CONFUSIONS: readonly (readonly [reason: Refusal['reason'], tail: string])[] = [
  ['redirect_uri_not_allowed', '/evil'],
  ['redirect_uri_not_allowed', '%2Fevil'],
  ['redirect_uri_not_allowed', '/..%2Fevil'],
  ['redirect_uri_not_allowed', '/%2e%2e%2Fevil'],
  ['redirect_uri_not_allowed', '/..%252Fevil'],
  ['redirect_uri_not_allowed', '/%252e%252e%252Fevil'],
  ['redirect_uri_not_allowed', '/evil/..'],
  ['redirect_uri_not_allowed', '%2Fevil%2F..'],
  ['redirect_uri_not_allowed', '%2Fevil%2F%2e%2e'],
  ['redirect_uri_not_allowed', '%252Fevil%252F..'],
  ['redirect_uri_not_allowed', '%252Fevil%252F%252e%252e'],
  ['redirect_uri_not_allowed', '/;/../../evil'],
  ['redirect_uri_not_allowed', '/%3B/../../evil'],
  ['redirect_uri_not_allowed', '%3B%2F..%2F..%2Fevil'],
  ['redirect_uri_not_allowed', '%3B%2F%2e%2e%2F%2F%2e%2eevil'],
  ['redirect_uri_not_allowed', '%253B%252F..%252F..%252Fevil'],
  ['parameter_malformed', '%0A%0D/../../evil'],
  ['parameter_malformed', '%0A%0D%2F..%2F..%2Fevil'],
  ['parameter_malformed', '%0A%0D%2F%2e%2e%2F%2F%2e%2eevil'],
  ['redirect_uri_not_allowed', '%250A%250D%252F..%252F..%252Fevil'],
];

/** The code goes to the attacker's place, with the attacker's challenge. */
const redirectedTo =
  (tail: string): Chain['steal'] =>
  (stage) =>
    stage.measure(async () => {
      const { pair } = attackerAt(stage);
      const query = `response_type=code&client_id=spa&code_challenge=${pair.challenge}&code_challenge_method=S256`;
      const target = `/oauth2/authorize?${query}&redirect_uri=${REDIRECT_URI}${tail}`;
      const response = await stage.send(rawRequest(`GET ${target} HTTP/1.1`, [], '', stage.host));
      const location = response?.headers.find(([name]) => name.toLowerCase() === 'location')?.[1] ?? '';
      const code = [...location.matchAll(/[?&]code=([^&]+)/g)].at(-1)?.[1];
      return code === undefined ? response : redeem(stage, code, { code_verifier: pair.verifier });
    });

/**
 * The tests of OAuch (DistriNet, https://github.com/DistriNet/OAuch) about PKCE, codes and redirect URIs, by name.
 */
export const OAUCH: readonly Chain[] = [
  ...CONFUSIONS.map(([reason, tail]) => ({
    name: `OAuch RedirectUriConfusion: ${tail}`,
    expected: refused(reason),
    steal: redirectedTo(tail),
  })),
  {
    name: 'OAuch RedirectUriFullyMatched: a parameter more',
    expected: refused('redirect_uri_not_allowed'),
    steal: redirectedTo('?extra=x'),
  },
  {
    name: 'OAuch RedirectUriPathMatched: a longer path',
    expected: refused('redirect_uri_not_allowed'),
    steal: redirectedTo('/x'),
  },
  {
    name: 'OAuch CodePollution: a code in the redirect_uri',
    expected: refused('redirect_uri_not_allowed'),
    steal: redirectedTo('?code=of-the-attacker'),
  },
  {
    name: 'OAuch RedirectUriChecked: another one at the token endpoint',
    expected: atToken('redirect_uri_mismatch'),
    steal: withStolenCode(({ victim }) => ({
      code_verifier: victim.pair.verifier,
      redirect_uri: `${REDIRECT_URI}?x=y`,
    })),
  },
  {
    name: 'OAuch IsPkceDowngradeDetected: no challenge, and a verifier',
    expected: refused('challenge_missing'),
    steal: withOwnRequest(
      { code_challenge: undefined, code_challenge_method: undefined },
      { code_verifier: newVerifier() },
    ),
  },
  {
    name: 'OAuch IsPkcePlainDowngradeDetected: the challenge in place of the verifier',
    expected: atToken('verifier_mismatch'),
    steal: withStolenCode(({ victim }) => ({ code_verifier: victim.pair.challenge })),
  },
  {
    name: 'OAuch IsPkceTokenDowngradeDetected: a challenge, and no verifier',
    expected: atToken('verifier_missing'),
    steal: withStolenCode(() => ({})),
  },
  {
    name: 'OAuch ShortVerifier: one of three characters, with its challenge',
    expected: atToken('verifier_malformed'),
    steal: withOwnRequest({ code_challenge: s256('abc') }, { code_verifier: 'abc' }),
  },
  {
    name: 'OAuch IsCodeBoundToClient: the code of one client, redeemed by another',
    expected: atToken('client_mismatch'),
    steal: withStolenCode(({ victim }) => ({ client_id: 'lax', code_verifier: victim.pair.verifier })),
  },
];
