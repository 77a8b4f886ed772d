import { describe, expect, test } from 'vitest';
import { decideRedemption, type PresentedRedemption } from '../../../src/policy/decide-redemption.ts';
import type { Binding, KnownClaim } from '../../../src/store/flow-store.ts';
import { sampleBinding } from '../../support/sample-login.ts';

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CALLBACK = 'https://app.example.com/oauth2/callback/1';
const WITHOUT_CHALLENGE = { mode: 'report', codeChallenge: undefined } as const;

const ANY_GRANT = { grantTypes: undefined };

const claim = (outcome: KnownClaim['outcome'], overrides: Partial<Binding> = {}): KnownClaim => ({
  outcome,
  binding: sampleBinding(overrides),
  upstreamCode: 'a-code',
});
const presented = (overrides: Partial<PresentedRedemption> = {}): PresentedRedemption => ({
  grantType: 'authorization_code',
  codeVerifier: VERIFIER,
  redirectUri: CALLBACK,
  client: { names: [['spa-portal']], authenticated: false },
  ...overrides,
});
const client = (...names: string[][]) => ({ client: { names, authenticated: true } });

describe('accepted', () => {
  test.each<[what: string, claim: KnownClaim, presented: PresentedRedemption]>([
    ['a claimed code', claim('claimed'), presented()],
    ['no redirect_uri, which OAuth 2.1 dropped', claim('claimed'), presented({ redirectUri: undefined })],
    ['no client_id', claim('claimed'), presented(client())],
    [
      'a client_id that was percent-encoded',
      claim('claimed', { clientId: 'a b' }),
      presented(client(['a%20b', 'a b'])),
    ],
    [
      'no challenge and no verifier, in report',
      claim('claimed', WITHOUT_CHALLENGE),
      presented({ codeVerifier: undefined }),
    ],
    [
      'a flow that had no redirect_uri',
      claim('claimed', { redirectUri: undefined }),
      presented({ redirectUri: undefined }),
    ],
  ])('%s', (_, claim, presented) => expect(decideRedemption(claim, presented, ANY_GRANT)).toBeUndefined());
});

describe('each reason', () => {
  test.each<[reason: string, claim: KnownClaim, presented: PresentedRedemption]>([
    ['code_unknown', claim('wrapped'), presented()],
    ['code_replayed', claim('replayed'), presented()],
    ['attempts_exceeded', claim('exhausted'), presented()],
    ['code_expired', claim('expired'), presented()],
    ['verifier_mismatch', claim('mismatch'), presented()],
    ['verifier_missing', claim('unpaired'), presented({ codeVerifier: undefined })],
    ['verifier_malformed', claim('unpaired'), presented({ codeVerifier: 'short' })],
    ['verifier_malformed', claim('unpaired'), presented({ codeVerifier: '' })],
    ['verifier_unexpected', claim('unpaired', WITHOUT_CHALLENGE), presented()],
    // An incomparable verifier is passed to the store as none.
    ['verifier_unexpected', claim('claimed', WITHOUT_CHALLENGE), presented({ codeVerifier: 'short' })],
    [
      'verifier_missing',
      claim('claimed', { codeChallenge: undefined }),
      presented({ codeVerifier: undefined }),
    ],
    ['verifier_missing', claim('claimed', { codeChallenge: undefined }), presented()],
    ['client_mismatch', claim('claimed'), presented(client(['other']))],
    ['client_mismatch', claim('claimed'), presented(client(['spa-portal'], ['other']))],
    ['client_mismatch', claim('claimed'), presented(client(['Spa-Portal']))],
    ['redirect_uri_mismatch', claim('claimed'), presented({ redirectUri: `${CALLBACK}/` })],
    ['redirect_uri_mismatch', claim('claimed'), presented({ redirectUri: '' })],
    ['redirect_uri_mismatch', claim('claimed', { redirectUri: undefined }), presented()],
  ])('%s', (reason, claim, presented) =>
    expect(decideRedemption(claim, presented, ANY_GRANT)?.reason).toBe(reason),
  );
});

describe('the first broken rule is reported', () => {
  const everything = presented({
    codeVerifier: undefined,
    redirectUri: 'https://evil.example',
    ...client(['other']),
  });

  test.each([
    ['replayed', 'code_replayed'],
    ['exhausted', 'attempts_exceeded'],
    ['wrapped', 'code_unknown'],
    ['expired', 'code_expired'],
    ['mismatch', 'verifier_mismatch'],
    ['unpaired', 'verifier_missing'],
    ['claimed', 'client_mismatch'],
  ] as const)('%s', (outcome, reason) =>
    expect(decideRedemption(claim(outcome), everything, ANY_GRANT)?.reason).toBe(reason),
  );
});

test('the grant is judged before the code', () => {
  const decide = (...grantTypes: string[]) =>
    decideRedemption(claim('replayed'), presented(), { grantTypes })?.reason;
  expect(decide('refresh_token')).toBe('grant_type_not_allowed');
  expect(decide('refresh_token', 'authorization_code')).toBe('code_replayed');
});
