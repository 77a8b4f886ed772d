import { rawRequest } from '../../support/raw-http.ts';
import { unsignedJwt } from '../../support/unsigned-jwt.ts';
import type { AttackStage } from '../attack-stage.ts';
import {
  atToken,
  attackerAt,
  type Chain,
  newVerifier,
  redeem,
  withOwnRequest,
  withStolenCode,
} from './chain.ts';

const basic = (user: string) =>
  `Authorization: Basic ${Buffer.from(`${user}:any-secret`).toString('base64')}`;
const own = ({ victim }: AttackStage) => ({ code_verifier: victim.pair.verifier });

/** A path that the server answers with a 308 to a path that is not judged; the thief follows. */
const following =
  (path: string, body: string | undefined): Chain['steal'] =>
  async (stage) => {
    const code = await stage.victim.newCode();
    stage.server.laxity.pathVariants = 'redirected';
    return stage.measure(async () => {
      const form = ['Content-Type: application/x-www-form-urlencoded'];
      const text = body === undefined ? '' : `${body}&code=${code}`;
      const redirect = await stage.send(rawRequest(`POST ${path} HTTP/1.1`, form, text, stage.host));
      const location = redirect?.headers.find(([name]) => name.toLowerCase() === 'location')?.[1];
      if (location === undefined) return redirect;
      const { origin } = new URL(location, stage.url);
      if (origin !== stage.url) throw new Error(`led around the gateway, to ${origin}`);
      stage.server.laxity.pathVariants = 'served';
      return redeem(stage, code, {});
    });
  };

export const CHAINS: readonly Chain[] = [
  {
    name: "code injection: the attacker's code in the victim's flow",
    expected: atToken('verifier_mismatch'),
    steal: async (stage) => {
      const code = await attackerAt(stage).newCode();
      return stage.measure(() => redeem(stage, code, own(stage)));
    },
  },
  {
    name: "code injection: the victim's code in the attacker's flow",
    expected: atToken('verifier_mismatch'),
    steal: withStolenCode((stage) => ({ code_verifier: attackerAt(stage).pair.verifier })),
  },
  {
    name: 'the code of one client at another, with its verifier',
    expected: atToken('client_mismatch'),
    steal: withStolenCode((stage) => ({ ...own(stage), client_id: 'lax' })),
  },
  {
    name: 'the code of one client at another, without',
    expected: atToken('verifier_missing'),
    steal: withStolenCode(() => ({ client_id: 'lax' })),
  },
  {
    name: 'the code of one client at another, by Basic',
    expected: atToken('client_mismatch'),
    steal: withStolenCode((stage) => ({ ...own(stage), client_id: undefined }), [basic('lax')]),
  },
  {
    name: 'the code of one client at another, with Basic in addition to its own client_id',
    expected: atToken('client_mismatch'),
    steal: withStolenCode(own, [basic('lax')]),
  },
  {
    name: 'the code of one client at another, by an assertion',
    expected: atToken('client_mismatch'),
    steal: withStolenCode((stage) => ({
      ...own(stage),
      client_id: undefined,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: unsignedJwt({ iss: 'lax', sub: 'lax' }),
    })),
  },
  {
    name: 'a code for another place',
    expected: atToken('redirect_uri_mismatch'),
    steal: withStolenCode((stage) => ({ ...own(stage), redirect_uri: 'https://evil.example/cb' })),
  },
  {
    name: 'a replay, with the verifier',
    expected: atToken('code_replayed'),
    steal: async (stage) => {
      const code = await stage.victim.newCode();
      await redeem(stage, code, own(stage));
      return stage.measure(() => redeem(stage, code, own(stage)));
    },
  },
  {
    name: 'a replay, without',
    expected: atToken('code_replayed'),
    steal: async (stage) => {
      const code = await stage.victim.newCode();
      await redeem(stage, code, own(stage));
      return stage.measure(() => redeem(stage, code, {}));
    },
  },
  {
    name: 'guessing, and then the right verifier',
    expected: atToken('attempts_exceeded'),
    steal: async (stage) => {
      const code = await stage.victim.newCode();
      for (let i = 0; i < 5; i++) await redeem(stage, code, { code_verifier: newVerifier() });
      return stage.measure(() => redeem(stage, code, own(stage)));
    },
  },
  {
    name: 'a downgrade: the challenge dropped on the way',
    expected: [{ endpoint: 'authorization', reason: 'challenge_missing' }],
    steal: withOwnRequest({ code_challenge: undefined, code_challenge_method: undefined }),
  },
  {
    name: 'a downgrade: the method plain',
    expected: [{ endpoint: 'authorization', reason: 'method_not_allowed' }],
    steal: withOwnRequest({ code_challenge_method: 'plain' }),
  },
  {
    name: 'a downgrade: the method dropped',
    expected: [{ endpoint: 'authorization', reason: 'method_not_allowed' }],
    steal: withOwnRequest({ code_challenge_method: undefined }),
  },
  {
    name: 'the challenge for a verifier, as with plain',
    expected: atToken('verifier_mismatch'),
    steal: withStolenCode(({ victim }) => ({ code_verifier: victim.pair.challenge })),
  },
  {
    name: 'a 308 of the server, for a path that comes close',
    expected: atToken('path_ambiguous'),
    steal: following('/oauth2/token/', 'grant_type=authorization_code'),
  },
  {
    name: 'a 308 of the server, for a path unknown to the gateway',
    expected: atToken('path_ambiguous'),
    steal: following('/oauth2/token/foo', 'grant_type=authorization_code'),
  },
  {
    name: 'a 308 of the server, for a request without parameters',
    expected: atToken('verifier_missing'),
    steal: following('/oauth2/token/foo', undefined),
  },
];
