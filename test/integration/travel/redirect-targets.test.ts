import { describe, expect, test } from 'vitest';
import type { Mode } from '../../../src/policy/mode.ts';
import { type Fields, OPEN_REDIRECT_URI, REDIRECT_URI, Stage } from '../stage.ts';
import { arrivalOf, openTravelStage, violationsOf } from './journey.ts';

const MODES = ['query', 'fragment', 'form_post'] as const;
const IN_URL = ['query', 'fragment'] as const;
type ResponseMode = (typeof MODES)[number];

/** Wrong targets of the upstream's response, instead of https://app.example.com/cb. */
const ELSEWHERE: readonly string[] = [
  'https://app.example.com/',
  'https://app.example.com/cb/',
  'https://app.example.com/cb/x',
  'https://app.example.com/CB',
  'https://app.example.com/cb/../evil',
  'https://app.example.com/cb/%2e%2e/evil',
  'https://app.example.com/cb%2f..%2fevil',
  'https://app.example.com/cb;x',
  'https://app.example.com//cb',
  'https://app.example.com:8443/cb',
  'https://app.example.com./cb',
  'https://user@app.example.com/cb',
  'https://user:secret@app.example.com/cb',
  'https://app.example.com@evil.example/cb',
  'https://app.example.com\\@evil.example/cb',
  'https://evil.example\\@app.example.com/cb',
  'https://app.example.com.evil.example/cb',
  'https://evil.app.example.com/cb',
  '//evil.example/cb',
  '/\\evil.example/cb',
  'http://app.example.com/cb',
  'javascript:alert(1)//https://app.example.com/cb',
  'com.example.app://app.example.com/cb',
];

/** Other spellings of the same place, as every browser reads them. */
const SAME_PLACE: readonly string[] = [
  'HTTPS://app.example.com/cb',
  'https://APP.EXAMPLE.COM/cb',
  'https://app.example.com:443/cb',
  'https://app.example.com/x/../cb',
  // RFC 3986 6.2.2.2
  'https://app.example.com/%63b',
  'https:/app.example.com/cb',
  'https:\\\\app.example.com\\cb',
  'ht\ttps://app.example.com/c\tb',
];

describe.each(IN_URL)('with %s, an upstream that redirects elsewhere', (responseMode) => {
  test.each(ELSEWHERE)('sends no code there in enforce: %s', async (redirectTo) => {
    await using stage = await openTravelStage({ quirks: { redirectTo, responseMode } });
    const answer = await stage.authorize();
    expect(violationsOf(stage)).toEqual(['authorization_response redirect_target_mismatch']);
    expect(answer.text + JSON.stringify(answer.headers)).not.toContain('legacy-code');
    const { redirectUri, values } = arrivalOf(answer);
    expect([redirectUri, values.error, values.state]).toEqual([REDIRECT_URI, 'invalid_request', stage.state]);
  });

  test.each(ELSEWHERE)('is followed in report, counted: %s', async (redirectTo) => {
    await using stage = await openTravelStage({ mode: 'report', quirks: { redirectTo, responseMode } });
    const answer = await stage.authorize();
    expect(violationsOf(stage)).toEqual(['authorization_response redirect_target_mismatch']);
    expect(answer.text + JSON.stringify(answer.headers)).toContain('legacy-code');
    expect(answer.text + JSON.stringify(answer.headers)).toContain(stage.state);
  });
});

// Login and consent pages have such forms too.
describe.each(ELSEWHERE)('a form to another place is a page of the server itself: %s', (redirectTo) => {
  const open = (mode: Mode) => openTravelStage({ mode, quirks: { redirectTo, responseMode: 'form_post' } });
  const codeIn = async (stage: Stage) => {
    const { text } = await stage.authorize();
    expect(text).toContain(`value="${stage.upstreamStates[0]}"`);
    return /name="code" value="([^"]+)"/.exec(text)?.[1];
  };

  test('no flow in enforce has its code', async () => {
    await using stage = await open('enforce');
    const code = await codeIn(stage);
    const answers = [await stage.redeem(code), await stage.redeem(code, { code_verifier: undefined })];
    expect(answers.map(({ json }) => json.error)).toEqual(['invalid_grant', 'invalid_grant']);
    expect(violationsOf(stage)).toEqual(['token code_unknown', 'token code_unknown']);
    expect(stage.upstream.tokenRequests).toEqual([]);
  });

  test('it passes in report, and the redemption of its code is counted', async () => {
    await using stage = await open('report');
    expect((await stage.redeem(await codeIn(stage))).status).toBe(200);
    expect(violationsOf(stage)).toEqual(['token code_unknown']);
  });
});

test.each(MODES.flatMap((responseMode) => SAME_PLACE.map((redirectTo) => ({ responseMode, redirectTo }))))(
  'with $responseMode, the same place in another spelling is followed: $redirectTo',
  async (quirks) => {
    await using stage = await openTravelStage({ quirks });
    const { values } = arrivalOf(await stage.authorize());
    expect([violationsOf(stage), values.state]).toEqual([[], stage.state]);
    expect((await stage.redeem(values.code)).status).toBe(200);
  },
);

describe('a redirect_uri with its own query', () => {
  const asking = (redirect_uri: string, response_mode: ResponseMode): Fields => ({
    redirect_uri,
    response_mode,
  });

  test.each(IN_URL)('that contains code= is refused: %s', async (responseMode) => {
    await using stage = await openTravelStage({ actor: 'open' });
    const answer = await stage.authorize(asking(`${OPEN_REDIRECT_URI}?code=mine`, responseMode));
    expect([answer.status, violationsOf(stage)]).toEqual([
      400,
      ['authorization_response response_ambiguous'],
    ]);
    expect(answer.text).not.toContain('legacy-code');
  });

  test.each(IN_URL)('that contains state= is refused: %s', async (responseMode) => {
    await using stage = await openTravelStage({ actor: 'open' });
    const answer = await stage.authorize(asking(`${OPEN_REDIRECT_URI}?state=mine`, responseMode));
    expect([answer.status, violationsOf(stage)]).toEqual([
      400,
      ['authorization_response response_ambiguous'],
    ]);
  });

  test.each(MODES)('is kept, and the code is bound to all of it: %s', async (responseMode) => {
    await using stage = await openTravelStage({ actor: 'open' });
    const redirect_uri = `${OPEN_REDIRECT_URI}?tenant=a%20b&next=%2Fhome`;
    const { values } = arrivalOf(await stage.authorize(asking(redirect_uri, responseMode)));
    expect(values.state).toBe(stage.state);
    expect((await stage.redeem(values.code)).json.error).toBe('invalid_grant');
    expect((await stage.redeem(values.code, { redirect_uri })).status).toBe(200);
    expect(violationsOf(stage)).toEqual(['token redirect_uri_mismatch']);
  });

  test.each(['?tenant=b', '', '?tenant=a%20'])('may not be answered at %s', async (query) => {
    const quirks = { redirectTo: `${OPEN_REDIRECT_URI}${query}` };
    await using stage = await openTravelStage({ actor: 'open', quirks });
    const answer = await stage.authorize({ redirect_uri: `${OPEN_REDIRECT_URI}?tenant=a` });
    expect(answer.status).toBe(400);
    expect(violationsOf(stage)).toEqual(['authorization_response redirect_target_mismatch']);
  });
});

describe('a native app on a random loopback port (RFC 8252 7.3)', () => {
  const POLICY =
    'redirect_uris: ["http://127.0.0.1/cb", "http://[::1]:1/cb"], response_types: [code, code id_token]';
  const openNative = (policy = POLICY) =>
    Stage.open({ issuer: `defaults: {${policy}}\nclients: {native: {}}` });
  const asNative = (redirect_uri: string) => ({ client_id: 'native', redirect_uri });

  test.each([
    'http://127.0.0.1:51004/cb',
    'http://127.0.0.1/cb',
    'http://[::1]:51004/cb',
    'http://127.0.0.1:80/cb',
  ])('logs in at %s', async (uri) => {
    for (const extra of ['', ', state: preserve', ', request_objects: allow']) {
      await using stage = await openNative(POLICY + extra);
      for (const response_mode of MODES) {
        const arrival = arrivalOf(await stage.authorize({ ...asNative(uri), response_mode }));
        expect([arrival.redirectUri, arrival.values.state]).toEqual([new URL(uri).href, stage.state]);
        const { code } = arrival.values;
        const theft = await stage.redeem(code, { ...asNative(uri), code_verifier: stage.wrongVerifier() });
        expect(theft.json.error).toBe('invalid_grant');
        expect((await stage.redeem(code, asNative('http://127.0.0.1:1/cb'))).json.error).toBe(
          'invalid_grant',
        );
        expect((await stage.redeem(code, asNative(uri))).status).toBe(200);
      }
    }
  });

  test.each([
    'http://localhost:51004/cb',
    'http://127.0.0.2:51004/cb',
    'http://127.0.0.1:51004/other',
    'https://127.0.0.1:51004/cb',
    'http://127.0.0.1:70000/cb',
    'http://127.0.0.1:51004/cb?x',
    'http://127.0.0.1:51004@evil.example/cb',
    'http://0x7f.1:51004/cb',
  ])('does not at %s', async (uri) => {
    await using stage = await openNative();
    expect((await stage.authorize(asNative(uri))).status).toBe(400);
    expect(violationsOf(stage)).toEqual(['authorization redirect_uri_not_allowed']);
  });

  test('gets no code at another port than the requested one', async () => {
    await using stage = await openNative();
    stage.upstream.quirks.redirectTo = 'http://127.0.0.1:51005/cb';
    const answer = await stage.authorize(asNative('http://127.0.0.1:51004/cb'));
    expect(violationsOf(stage)).toEqual(['authorization_response redirect_target_mismatch']);
    expect(answer.location?.port).toBe('51004');
  });
});
