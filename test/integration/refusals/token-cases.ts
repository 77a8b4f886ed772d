import { expect } from 'vitest';
import type { Reason } from '../../../src/policy/reason.ts';
import type { Fields, Stage } from '../stage.ts';
import type { RefusalCase } from './refusal-case.ts';

type Rest = Partial<RefusalCase>;

const newCode = (stage: Stage) => stage.newCode();

/** A redemption of a new code with some parameters changed. `reported`: the upstream's response. */
export function redeeming(
  reason: Reason,
  what: string,
  fields: Fields,
  reported: number,
  rest: Rest = {},
): RefusalCase {
  const act: RefusalCase['act'] = (stage, code) => stage.redeem(code, fields);
  return { reason, what, endpoint: 'token', setUp: newCode, act, reply: 'json', reported, ...rest };
}

const basic = (user: string) => ({
  headers: { authorization: `Basic ${Buffer.from(`${user}:a-client-secret`).toString('base64')}` },
});

export const TOKEN_CASES: readonly RefusalCase[] = [
  redeeming('verifier_missing', 'none', { code_verifier: undefined }, 200),
  redeeming('verifier_malformed', 'too short', { code_verifier: 'v'.repeat(42) }, 200),
  redeeming('verifier_malformed', 'too long', { code_verifier: 'v'.repeat(129) }, 200),
  redeeming('verifier_malformed', 'a character too many', { code_verifier: `${'v'.repeat(43)}+` }, 200),
  redeeming('verifier_mismatch', 'another one', {}, 200, {
    act: (stage, code) => stage.redeem(code, { code_verifier: stage.wrongVerifier() }),
  }),
  redeeming('verifier_mismatch', 'the challenge itself', {}, 200, {
    act: (stage, code) => stage.redeem(code, { code_verifier: stage.client.pair.challenge }),
  }),
  redeeming('verifier_unexpected', 'for a flow without a challenge', {}, 200, {
    setUp: (stage) => stage.newCode({ code_challenge: undefined, code_challenge_method: undefined }),
    reportOnly: true,
  }),
  redeeming('code_missing', 'none', { code: undefined }, 400),
  redeeming('code_missing', 'none, and no client_id', { code: undefined, client_id: undefined }, 400, {
    client: '_unlisted',
  }),
  redeeming('code_unknown', 'made up', { code: 'a-code-that-was-never-issued' }, 400),
  redeeming('code_unknown', 'in the form of ours', { code: `pgc_${'A'.repeat(43)}` }, 400),
  redeeming('code_unknown', 'ours, cut', {}, 400, {
    act: (stage, code) => stage.redeem(code.slice(0, -1)),
  }),
  redeeming('code_expired', 'after code_ttl', {}, 200, {
    policy: 'code_ttl: 1s',
    quirks: { codes: 'reusable' },
    setUp: newExpiredCode,
  }),
  redeeming('code_replayed', 'a second time', {}, 400, {
    setUp: async (stage) => {
      const code = await stage.newCode();
      expect((await stage.redeem(code)).status).toBe(200);
      return code;
    },
  }),
  redeeming('attempts_exceeded', 'the right verifier after too many wrong ones', {}, 200, {
    policy: 'max_attempts: 2',
    quirks: { codes: 'reusable' },
    setUp: async (stage) => {
      const code = await stage.newCode();
      for (let i = 0; i < 2; i++) await stage.redeem(code, { code_verifier: stage.wrongVerifier() });
      return code;
    },
  }),
  redeeming('client_mismatch', 'another client_id', { client_id: 'open' }, 400),
  redeeming('client_id_ambiguous', 'a client_id in another case', { client_id: 'SPA' }, 400),
  redeeming('client_mismatch', 'Basic credentials of another client', {}, 400, {
    act: (stage, code) => stage.redeem(code, { client_id: undefined }, basic('open')),
  }),
  redeeming('client_mismatch', 'Basic credentials of another client with the right client_id', {}, 400, {
    act: (stage, code) => stage.redeem(code, {}, basic('open')),
  }),
  redeeming('redirect_uri_mismatch', 'another one', { redirect_uri: 'https://app.example.com/other' }, 400),
  redeeming(
    'redirect_uri_mismatch',
    'the same but for a slash',
    { redirect_uri: 'https://app.example.com/cb/' },
    400,
  ),
  redeeming(
    'grant_type_not_allowed',
    'refresh_token',
    { grant_type: 'refresh_token', code: undefined, refresh_token: 'a-refresh-token' },
    400,
    { policy: 'grant_types: [authorization_code]' },
  ),
  redeeming('grant_type_not_allowed', 'authorization_code', {}, 200, {
    policy: 'grant_types: [refresh_token]',
  }),
  redeeming('grant_type_not_allowed', 'authorization_code, with an unknown code', { code: 'a-code' }, 400, {
    policy: 'grant_types: [refresh_token]',
  }),
  redeeming('grant_type_not_allowed', 'authorization_code, without a code', { code: undefined }, 400, {
    policy: 'grant_types: [refresh_token]',
  }),
  redeeming('grant_type_not_allowed', 'none', { grant_type: undefined, code: undefined }, 400, {
    policy: 'grant_types: [authorization_code]',
  }),
];

/** An expired code; a missing verifier has precedence. */
async function newExpiredCode(stage: Stage): Promise<string> {
  const code = await stage.newCode();
  await expect
    .poll(
      async () => {
        await stage.redeem(code, { code_verifier: undefined });
        return stage.gateway.logLines.at(-1)?.reason;
      },
      { timeout: 5_000 },
    )
    .toBe('code_expired');
  return code;
}
