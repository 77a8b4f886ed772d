import { rawRequest } from '../../support/raw-http.ts';
import type { Refusal } from '../attack-stage.ts';
import { theft } from '../redemption/attack.ts';
import { atToken, type Chain, newVerifier, redeem, withOwnRequest, withStolenCode } from './chain.ts';

const SECRET = `Authorization: Basic ${Buffer.from('spa:any-secret').toString('base64')}`;

const NO_CHALLENGE = { code_challenge: undefined, code_challenge_method: undefined };
const atAuthorization = (reason: Refusal['reason']): Refusal[] => [{ endpoint: 'authorization', reason }];

/** The victim's code, in the request that this function writes. */
const sent =
  (write: (code: string, host: string) => string): Chain['steal'] =>
  async (stage) => {
    const code = await stage.victim.newCode();
    return stage.measure(() => stage.send(write(code, stage.host)));
  };

const form = (target: string, body: string, host: string, headers: readonly string[] = []) =>
  rawRequest(
    `POST ${target} HTTP/1.1`,
    ['Content-Type: application/x-www-form-urlencoded', ...headers],
    body,
    host,
  );

/**
 * Vulnerabilities of other products that must not exist here: each with its name and one line about it. Each has a public
 * description. CVE-2026-118669 (OAuthLib) has none, so it is left out.
 */
export const ADVISORIES: readonly Chain[] = [
  {
    name: 'CVE-2023-48228, authentik: a verifier was checked only where one was sent',
    expected: atToken('verifier_missing'),
    steal: withStolenCode(() => ({})),
  },
  {
    name: 'CVE-2024-23647, authentik: without the challenge in the authorization request, nothing was checked',
    expected: atAuthorization('challenge_missing'),
    steal: withOwnRequest(NO_CHALLENGE, { code_verifier: newVerifier() }),
  },
  {
    name: 'CVE-2024-22258, Spring Authorization Server: a downgrade for confidential clients',
    expected: atToken('verifier_missing'),
    steal: withStolenCode(() => ({ client_id: undefined }), [SECRET]),
  },
  {
    name: 'CVE-2026-26247, Gitea: the method S256 was not stored, so no verifier was required',
    expected: atToken('verifier_mismatch'),
    steal: withStolenCode(({ victim }) => ({ code_verifier: victim.pair.challenge })),
  },
  {
    name: 'CVE-2026-41213, node-oauth2-server: verifiers that are too short, with unlimited attempts',
    expected: atToken('verifier_malformed'),
    steal: withStolenCode(() => ({ code_verifier: 'z' })),
  },
  {
    name: 'CVE-2026-41213, node-oauth2-server: a failed guess did not use the code up',
    expected: atToken('attempts_exceeded'),
    steal: async (stage) => {
      const code = await stage.victim.newCode();
      for (let i = 0; i < 5; i++) await redeem(stage, code, { code_verifier: newVerifier() });
      return stage.measure(() => redeem(stage, code, { code_verifier: stage.victim.pair.verifier }));
    },
  },
  {
    name: 'CVE-2026-92289, LemonLDAP::NG: any secret did in place of a verifier, for a public client',
    expected: atToken('verifier_missing'),
    steal: withStolenCode(() => ({ client_secret: 'any-secret' })),
  },
  {
    name: 'CVE-2026-92289, LemonLDAP::NG: a code was given out without a challenge, for a client that may have a secret',
    expected: atAuthorization('challenge_missing'),
    steal: withOwnRequest(NO_CHALLENGE, { client_secret: 'any-secret' }),
  },
  {
    name: 'CVE-2026-48717, OpenAM: the stored challenge counted only where a verifier was sent',
    expected: atToken('verifier_missing'),
    steal: withStolenCode(() => ({ client_id: undefined })),
  },
  {
    name: 'GHSA-5p2f-7vcr-6vfh, OpenAM: no challenge was required in hybrid flows',
    expected: atAuthorization('response_type_not_allowed'),
    steal: withOwnRequest({ ...NO_CHALLENGE, response_type: 'code id_token' }),
  },
  {
    name: 'CVE-2026-68079, Apache CXF: a code could be redeemed as often as one liked',
    expected: atToken('code_replayed'),
    steal: async (stage) => {
      const code = await stage.victim.newCode();
      const verifier = { code_verifier: stage.victim.pair.verifier };
      await redeem(stage, code, verifier);
      return stage.measure(() => redeem(stage, code, verifier));
    },
  },
  {
    name: 'CVE-2026-9793, Keycloak: claims of an encrypted, unsigned request object',
    expected: atAuthorization('request_object_not_allowed'),
    steal: withOwnRequest({ ...NO_CHALLENGE, request: 'eyJhbGciOiJSU0EtT0FFUCJ9.a2V5.aXY.e30.dGFn' }),
  },
  {
    name: 'CVE-2025-54576, oauth2-proxy: the query was taken for a part of the path',
    expected: atToken('verifier_missing'),
    steal: sent((code, host) => form('/oauth2/token?/login', theft(code), host)),
  },
  {
    name: 'CVE-2026-40575, oauth2-proxy: X-Forwarded-Uri was used as the path',
    expected: atToken('verifier_missing'),
    steal: sent((code, host) => form('/oauth2/token', theft(code), host, ['X-Forwarded-Uri: /login'])),
  },
  {
    name: 'CVE-2025-64484, oauth2-proxy: headers with an underscore got past it',
    expected: [],
    ofWrapped: atToken('path_ambiguous'),
    steal: sent((code, host) => form('/login', `code=${code}`, host, ['X_Original_URL: /oauth2/token'])),
  },
  {
    name: 'CVE-2026-40912, Traefik: what was judged was not what went on, for a path with dots',
    expected: atToken('path_ambiguous'),
    steal: sent((code, host) => form('/x%2e%2e/..%2f./oauth2/./token', theft(code), host)),
  },
];
