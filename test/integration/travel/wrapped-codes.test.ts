import { describe, expect, test } from 'vitest';
import { postTokenRequest } from '../../support/token-request.ts';
import { REDIRECT_URI, type Stage } from '../stage.ts';
import { arrivalOf, openTravelStage, TRAVELLER, violationsOf } from './journey.ts';

/** A complete token request at the upstream itself, except for a valid code. */
function redeemUpstream(stage: Stage, code: string) {
  return postTokenRequest(`${stage.upstream.url}/oauth2/token`, {
    grant_type: 'authorization_code',
    code,
    client_id: stage.client.clientId,
    redirect_uri: REDIRECT_URI,
    code_verifier: stage.client.pair.verifier,
  });
}

test("the browser's code is worthless at the upstream, before and after its redemption", async () => {
  await using stage = await openTravelStage();
  const code = await stage.newCode();
  expect(code).toMatch(/^pgc_[\w-]{43}$/);
  expect((await redeemUpstream(stage, code)).body).toEqual({ error: 'invalid_grant' });
  expect((await stage.redeem(code)).status).toBe(200);
  expect(stage.upstream.tokenRequests.at(-1)?.form.get('code')).toMatch(/^legacy-code-/);
  expect((await redeemUpstream(stage, code)).body).toEqual({ error: 'invalid_grant' });
});

test("the upstream's own code is worthless at the gateway", async () => {
  await using stage = await openTravelStage();
  stage.upstream.quirks.newCode = () => 'the-code-of-the-upstream';
  const code = await stage.newCode();
  expect((await stage.redeem('the-code-of-the-upstream')).json.error).toBe('invalid_grant');
  expect(violationsOf(stage)).toEqual(['token code_unknown']);
  expect((await stage.redeem(code)).status).toBe(200);
});

test.each(['enforce', 'report'] as const)('wrap_codes: false in %s', async (mode) => {
  await using stage = await openTravelStage({ mode, policy: `${TRAVELLER}, wrap_codes: false` });
  const code = await stage.newCode();
  expect(code).toMatch(/^legacy-code-/);
  const theft = await stage.redeem(code, { code_verifier: stage.wrongVerifier() });
  expect(theft.status).toBe(mode === 'enforce' ? 400 : 200);
  if (mode === 'enforce') expect((await stage.redeem(code)).status).toBe(200);
});

describe('an upstream that issues one code twice', () => {
  test.each([true, false])('leaves it with its first flow, wrap_codes: %s', async (wrap) => {
    await using stage = await openTravelStage({
      policy: `wrap_codes: ${wrap}`,
      quirks: { codes: 'reusable' },
    });
    stage.upstream.quirks.newCode = () => 'the-same-each-time';
    const { code } = arrivalOf(await stage.authorize()).values;
    const mallory = stage.wrongVerifier();
    await stage.authorize({ code_challenge: 'B'.repeat(43) });
    expect((await stage.redeem(code, { code_verifier: mallory })).status).toBe(400);
    expect((await stage.redeem(code)).status).toBe(200);
  });
});

describe('a changed wrapped code', () => {
  const CHANGES: readonly (readonly [what: string, change: (code: string) => string])[] = [
    ['the last character', (code) => `${code.slice(0, -1)}${code.endsWith('A') ? 'E' : 'A'}`],
    ['one more character', (code) => `${code}A`],
    ['one less', (code) => code.slice(0, -1)],
    ['in upper case', (code) => code.toUpperCase()],
    ['without its mark', (code) => code.slice(4)],
  ];
  test.each(CHANGES)('is unknown: %s', async (_, change) => {
    await using stage = await openTravelStage();
    const code = await stage.newCode();
    expect((await stage.redeem(change(code))).json.error).toBe('invalid_grant');
    expect(violationsOf(stage)).toEqual(['token code_unknown']);
    expect(stage.upstream.tokenRequests).toEqual([]);
    expect((await stage.redeem(code)).status).toBe(200);
  });
});
