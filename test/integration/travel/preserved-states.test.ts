import { describe, expect, test } from 'vitest';
import type { Mode } from '../../../src/policy/mode.ts';
import { Browser } from '../../support/browser.ts';
import { newPkcePair } from '../../support/pkce-pair.ts';
import { type Fields, REDIRECT_URI, Stage, type StageOptions } from '../stage.ts';
import { arrivalOf, violationsOf } from './journey.ts';

const MODES: readonly Mode[] = ['enforce', 'report'];
const ALICE = { username: 'alice' };

function openPreserving(options: StageOptions = {}): Promise<Stage> {
  const { mode = 'enforce', ...rest } = options;
  const both = `{state: preserve, redirect_uris: [${REDIRECT_URI}]}`;
  const issuer = `defaults: {mode: ${mode}}\nclients: {spa: ${both}, other: ${both}}`;
  return Stage.open({ mode, issuer, ...rest });
}

/** A request with the same state and another challenge. */
const rival = (): Fields => ({ code_challenge: newPkcePair().challenge });

describe.each(MODES)('state: preserve, in %s', (mode) => {
  test.each(['a b+c/%&=', '', undefined, 'pge-not-a-prefix'])(
    "the upstream sees the client's state: %j",
    async (state) => {
      await using stage = await openPreserving({ mode });
      for (const response_mode of ['query', 'fragment', 'form_post']) {
        const { values } = arrivalOf(await stage.authorize({ state, response_mode }));
        // Without a state, the bare prefix is sent.
        const sent = state ?? expect.stringMatching(/^pg[a-z0-9]{30}$/);
        expect([values.state, stage.upstreamStates.at(-1)]).toEqual([state, sent]);
        expect((await stage.redeem(values.code)).status).toBe(200);
      }
      expect(violationsOf(stage)).toEqual([]);
    },
  );

  test('a message to a window, which needs a prefix, is not followed', async () => {
    await using stage = await openPreserving({ mode });
    await stage.authorize({ response_mode: 'web_message' });
    expect(violationsOf(stage)).toEqual(['authorization response_mode_not_allowed']);
    expect(stage.logLines(mode === 'enforce' ? 'refusal' : 'report_only_violation')).toMatchObject([
      { detail: 'web_message' },
    ]);
    expect(stage.upstreamStates).toEqual(mode === 'enforce' ? [] : [stage.state]);
  });

  test('without a state it has a prefix, and is followed', async () => {
    await using stage = await openPreserving({ mode });
    const answer = await stage.authorize({ state: undefined, response_mode: 'web_message' });
    const { carrier, values } = arrivalOf(answer);
    expect([carrier, 'state' in values]).toEqual(['web_message', false]);
    const expected = mode === 'enforce' ? 400 : 200;
    expect((await stage.redeem(values.code, { code_verifier: stage.wrongVerifier() })).status).toBe(expected);
    if (mode === 'enforce') expect((await stage.redeem(values.code)).status).toBe(200);
  });

  test.each(['return_to', 'session', 'issue_at_login'] as const)('re-entry, %s', async (login) => {
    await using stage = await openPreserving({ mode, quirks: { login } });
    for (const state of [stage.state, undefined]) {
      await using browser = new Browser();
      const { parameters } = await browser.login(stage.client.authorizeUrl({ state }), ALICE);
      expect(parameters.get('state') ?? undefined).toBe(state);
      const code = parameters.get('code') ?? '';
      if (mode === 'enforce')
        expect((await stage.redeem(code, { code_verifier: undefined })).status).toBe(400);
      expect((await stage.redeem(code)).status).toBe(200);
    }
    expect(stage.logLines('report_only_violation')).toEqual([]);
  });

  test('the same request again is a reload', async () => {
    await using stage = await openPreserving({ mode });
    const first = arrivalOf(await stage.authorize());
    const second = arrivalOf(await stage.authorize());
    for (const { values } of [first, second]) expect((await stage.redeem(values.code)).status).toBe(200);
    expect(violationsOf(stage)).toEqual([]);
  });

  test('a server that sends the browser back with the challenge continues the flow', async () => {
    await using stage = await openPreserving({ mode, quirks: { login: 'return_to' } });
    const sent = { code_challenge_method: mode === 'report' ? 'plain' : 'S256' };
    await stage.authorize(sent);
    stage.upstream.quirks.login = 'none';
    expect(arrivalOf(await stage.authorize(sent)).values.state).toBe(stage.state);
    expect((await stage.gateway.metrics()).value('authorization_requests_total')).toBe(1);
    expect(violationsOf(stage)).toEqual(mode === 'report' ? ['authorization method_not_allowed'] : []);
  });

  test('an error returns unchanged', async () => {
    await using stage = await openPreserving({ mode, quirks: { authorizationError: 'access_denied' } });
    const { values } = arrivalOf(await stage.authorize());
    expect(values).toEqual({
      error: 'access_denied',
      error_description: 'the script says so',
      state: stage.state,
    });
  });

  test('two clients may have the same state', async () => {
    await using stage = await openPreserving({ mode });
    const ours = arrivalOf(await stage.authorize());
    const theirs = newPkcePair();
    await stage.authorize({ client_id: 'other', code_challenge: theirs.challenge });
    expect((await stage.redeem(ours.values.code)).status).toBe(200);
  });
});

describe('a second live flow with the same state and another challenge', () => {
  test('is refused in enforce', async () => {
    const state = 'the-state-of-both';
    await using stage = await openPreserving({ quirks: { login: 'session' } });
    await stage.authorize({ state });
    const asked = stage.upstreamStates.length;
    const answer = await stage.authorize({ state, ...rival() });
    expect(violationsOf(stage)).toEqual(['authorization state_conflict']);
    const { redirectUri, values } = arrivalOf(answer);
    expect([redirectUri, values.error, values.state]).toEqual([REDIRECT_URI, 'invalid_request', state]);
    expect(stage.upstreamStates).toHaveLength(asked);
  });

  test('is refused at the pushed authorization endpoint', async () => {
    await using stage = await openPreserving({ quirks: { login: 'session' } });
    await stage.authorize();
    const form = stage.client.authorizeUrl({ state: stage.state, ...rival() }).searchParams;
    const answer = await stage.postForm('/oauth2/par', form);
    expect([answer.status, answer.json.error]).toEqual([400, 'invalid_request']);
    expect(violationsOf(stage)).toEqual(['pushed_authorization state_conflict']);
  });

  test('is counted in report, and continues to the login', async () => {
    await using stage = await openPreserving({ mode: 'report', quirks: { login: 'session' } });
    await stage.authorize();
    const answer = await stage.authorize(rival());
    expect(answer.location?.pathname).toBe('/login');
    expect(violationsOf(stage)).toEqual(['authorization state_conflict']);
    expect(stage.upstreamStates).toEqual([stage.state, stage.state]);
  });

  test('does not replace the first one', async () => {
    await using stage = await openPreserving();
    const mallory = newPkcePair();
    const first = arrivalOf(await stage.authorize());
    await stage.authorize({ code_challenge: mallory.challenge });
    expect((await stage.redeem(first.values.code, { code_verifier: mallory.verifier })).status).toBe(400);
    expect((await stage.redeem(first.values.code)).status).toBe(200);
  });

  // The state is free again after the response of the first login.
  test.each(['the-state-of-both', undefined])(
    'is no conflict after the first one ended: %j',
    async (state) => {
      await using stage = await openPreserving();
      const first = arrivalOf(await stage.authorize({ state }));
      expect((await stage.redeem(first.values.code)).status).toBe(200);
      const next = newPkcePair();
      const { values } = arrivalOf(await stage.authorize({ state, code_challenge: next.challenge }));
      expect((await stage.redeem(values.code, { code_verifier: next.verifier })).status).toBe(200);
      expect(violationsOf(stage)).toEqual([]);
    },
  );
});

describe('a request of another flow', () => {
  test.each([
    ['another redirect_uri', { redirect_uri: 'https://app.example.com/other' }, 'redirect_uri_not_allowed'],
    ['another response_type', { response_type: 'code id_token' }, 'response_type_not_allowed'],
    ['another client', { client_id: 'other' }, 'challenge_missing'],
    ['another state', { state: 'another' }, 'challenge_missing'],
    ['no state', { state: undefined }, 'challenge_missing'],
  ])('is not re-entered without a challenge: %s', async (_, fields: Fields, reason) => {
    await using stage = await openPreserving({ quirks: { login: 'session' } });
    await stage.authorize();
    await stage.authorize({ code_challenge: undefined, code_challenge_method: undefined, ...fields });
    expect(violationsOf(stage)).toEqual([`authorization ${reason}`]);
  });

  test('the response to the request that began a flow is bound to it, with any state', async () => {
    await using stage = await openPreserving({ quirks: { state: 'dropped' } });
    Object.assign(stage.upstream.quirks, { extraParameters: { state: 'made-up' } });
    const { values } = arrivalOf(await stage.authorize());
    expect(values.state).toBe('made-up');
    expect((await stage.redeem(values.code, { code_verifier: stage.wrongVerifier() })).status).toBe(400);
    expect((await stage.redeem(values.code)).status).toBe(200);
  });
});

describe('a server that keeps short states', () => {
  const openShort = (mode: Mode) =>
    Stage.open({
      mode,
      issuer: `state_limit: 64B\nclients: {spa: {mode: ${mode}, redirect_uris: [${REDIRECT_URI}]}}`,
    });
  const SHORT = 's'.repeat(32);
  const LONG = 's'.repeat(33);
  /** 33 bytes as well. */
  const LONG_IN_BYTES = `${'é'.repeat(16)}s`;

  test.each([
    ['enforce', undefined],
    ['enforce', 'web_message'],
    ['report', undefined],
    ['report', 'web_message'],
  ] as const)('gets prefix and state if it keeps both: %s, %s', async (mode, response_mode) => {
    await using stage = await openShort(mode);
    const { values } = arrivalOf(await stage.authorize({ state: SHORT, response_mode }));
    expect(stage.upstreamStates).toEqual([expect.stringMatching(/^pg[a-z0-9]{30}s{32}$/)]);
    expect(values.state).toBe(SHORT);
    expect((await stage.redeem(values.code)).status).toBe(200);
    expect(violationsOf(stage)).toEqual([]);
  });

  test.each([LONG, LONG_IN_BYTES])(
    'otherwise the state alone, by which the flow is found: %s',
    async (state) => {
      await using stage = await openShort('enforce');
      const { values } = arrivalOf(await stage.authorize({ state }));
      expect([values.state, ...stage.upstreamStates]).toEqual([state, state]);
      expect((await stage.redeem(values.code, { code_verifier: stage.wrongVerifier() })).status).toBe(400);
      expect((await stage.redeem(values.code)).status).toBe(200);
    },
  );

  test('in enforce, a request that cannot be found by it is refused', async () => {
    await using stage = await openShort('enforce');
    await stage.authorize({ state: LONG, response_mode: 'web_message' });
    expect(stage.upstreamStates).toEqual([]);
    expect(violationsOf(stage)).toEqual(['authorization_response response_not_followable']);
  });

  test('in report, it is forwarded unchanged, and counted', async () => {
    await using stage = await openShort('report');
    const { values } = arrivalOf(await stage.authorize({ state: LONG, response_mode: 'web_message' }));
    expect([values.state, ...stage.upstreamStates]).toEqual([LONG, LONG]);
    expect(violationsOf(stage)).toEqual(['authorization_response response_not_followable']);
  });
});
