import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Mode } from '../../src/policy/mode.ts';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import type { Answer } from '../support/simple-client.ts';
import type { Quirks } from '../support/upstreams/scripted-legacy-server.ts';
import { FLOW_PREFIX_LENGTH, Stage } from './stage.ts';

/** 0x20 to 0x7e. */
const EVERY_PRINTABLE = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 0x20 + i));

const ODD_STATES: readonly (readonly [what: string, state: string])[] = [
  ['every printable ASCII character', EVERY_PRINTABLE],
  ['percent signs', '100% %41 %zz %'],
  ['something encoded twice', '%2526%253D'],
  ['plus signs', 'a+b + c'],
  ['leading and trailing spaces', '  a b  '],
  ['separators', 'a&b=c#d?e;f'],
  ['parameters of a response', 'x&code=stolen&state=other&error=none'],
  ['a URL', 'https://app.example.com/deep?link=1&next=%2Fhome#top'],
  ['JSON', '{"nonce":"a/b+c==","from":["/"]}'],
  ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2lnbmF0dXJl_-'],
  ['unicode', 'zürich-東京-🗝️-e\u0301'],
  ['HTML', '<script>alert("1")</script>'],
  ['one character', '0'],
  ['a word that means nothing', 'null'],
  ['what looks like a flow prefix', `pge${'A'.repeat(28)}.the-rest`],
  ['what looks like a flow prefix without a state', `pgE${'A'.repeat(28)}.`],
  ['nothing but the beginning of a flow prefix', 'pge'],
];

const ENCODINGS: readonly Quirks['state'][] = ['percent', 'plus', 'lower_hex', 'raw'];

/** The client's own parameters: the gateway must return the state that the client reads there. */
const statesIn = ({ location }: Answer, part: 'search' | 'hash' = 'search') =>
  new URLSearchParams(location?.[part].slice(1)).getAll('state');

describe.each<Mode>(['enforce', 'report'])('in %s', (mode) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.open({ mode });
  });
  afterEach(() => stage[Symbol.asyncDispose]());

  test.each(ENCODINGS)(
    'any state returns unchanged from an upstream that writes states as %s',
    async (encoding) => {
      stage.upstream.quirks.state = encoding;
      for (const [what, state] of ODD_STATES) {
        const answer = await stage.authorize({ state });
        expect(answer.status, what).toBe(302);
        expect(statesIn(answer), what).toEqual([state]);
        const code = answer.location?.searchParams.get('code') ?? '';
        expect((await stage.redeem(code)).status, what).toBe(200);
      }
    },
  );

  test('a login without a state gets none', async () => {
    const answer = await stage.authorize({ state: undefined });
    expect([...(answer.location?.searchParams.keys() ?? [])]).toEqual(['code']);
    expect((await stage.redeem(answer.location?.searchParams.get('code') ?? '')).status).toBe(200);
  });

  test('a login with an empty state gets an empty one', async () => {
    const answer = await stage.authorize({ state: '' });
    expect(statesIn(answer)).toEqual(['']);
  });

  test('a state of 8 KiB returns completely', async () => {
    const state = randomBytes(6 * 1024).toString('base64url');
    expect(statesIn(await stage.authorize({ state }))).toEqual([state]);
  });

  test('so does a state of 8 KiB that triples when percent-encoded', async () => {
    const state = ' "<>\\^`{|}%&+=#'.repeat(8192 / 16 + 1).slice(0, 8192);
    const form = stage.client.authorizeUrl({ state }).searchParams.toString();
    const type = 'Content-Type: application/x-www-form-urlencoded';
    const raw = rawRequest('POST /oauth2/authorize HTTP/1.1', [type], form);
    const { status, headers } = await sendRaw(stage.gateway.url, raw);
    expect(status).toBe(302);
    const location = new URL(headers.find(([name]) => name.toLowerCase() === 'location')?.[1] ?? '');
    expect(location.searchParams.get('state')).toBe(state);
  });

  test('equal and missing states of parallel logins do not collide', async () => {
    const logins = await Promise.all(
      Array.from({ length: 20 }, (_, i) => stage.authorize({ state: i % 2 === 0 ? 'the-same' : undefined })),
    );
    expect(logins.map((answer) => statesIn(answer))).toEqual(
      logins.map((_, i) => (i % 2 === 0 ? ['the-same'] : [])),
    );
    const codes = logins.map(({ location }) => location?.searchParams.get('code') ?? '');
    expect(new Set(codes).size).toBe(codes.length);
    const answers = await Promise.all(codes.map((code) => stage.redeem(code)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  test.each([EVERY_PRINTABLE, undefined, ''])(
    'an upstream may encode what needs no encoding: %j',
    async (state) => {
      Object.assign(stage.upstream.quirks, { login: 'return_to' });
      await stage.authorize({ state });
      const [upstreamState = ''] = stage.upstreamStates;
      const everyOctet = Buffer.from(upstreamState).toString('hex').replaceAll(/../g, '%$&');
      const redirectTo = `${stage.client.redirectUri}?state=${everyOctet}`;
      Object.assign(stage.upstream.quirks, { login: 'none', state: 'dropped', redirectTo });
      const answer = await stage.authorize({ state: upstreamState });
      expect(statesIn(answer)).toEqual(state === undefined ? [] : [state]);
      const code = answer.location?.searchParams.get('code') ?? '';
      expect((await stage.redeem(code)).status).toBe(200);
    },
  );

  test("another client may send a live flow's upstream state as its own", async () => {
    Object.assign(stage.upstream.quirks, { login: 'return_to' });
    await stage.authorize();
    const [upstreamState = ''] = stage.upstreamStates;
    Object.assign(stage.upstream.quirks, { login: 'none' });
    const other = 'https://open.example.com/cb';
    const answer = await stage.authorize({ client_id: 'open', state: upstreamState, redirect_uri: other });
    expect(statesIn(answer)).toEqual([upstreamState]);
    const code = answer.location?.searchParams.get('code') ?? '';
    expect((await stage.redeem(code, { client_id: 'open', redirect_uri: other })).status).toBe(200);
  });

  test('the flow prefix differs each time, has unreserved characters, and never reaches the client', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => stage.authorize()));
    const prefixes = stage.upstreamStates.map((state) => state.slice(0, FLOW_PREFIX_LENGTH));
    expect(new Set(prefixes).size).toBe(20);
    for (const [i, prefix] of prefixes.entries()) {
      expect(prefix).toMatch(/^[A-Za-z0-9._~-]+$/);
      expect(stage.upstreamStates[i]).toBe(prefix + stage.state);
      expect(JSON.stringify(answers.map(({ headers, text }) => [headers, text]))).not.toContain(prefix);
    }
  });

  describe('of an error response', () => {
    const STATUSES: readonly (readonly [number, Partial<Quirks>])[] = [
      [302, {}],
      [303, { redirectStatus: 303 }],
      [307, { redirectStatus: 307 }],
      [400, { errorsAs: '400_with_location' }],
    ];
    test.each(STATUSES)('is restored: %i', async (status, quirks) => {
      Object.assign(stage.upstream.quirks, { authorizationError: 'access_denied', ...quirks });
      const answer = await stage.authorize();
      expect(answer.status).toBe(status);
      expect(Object.fromEntries(answer.location?.searchParams ?? [])).toEqual({
        error: 'access_denied',
        error_description: 'the script says so',
        state: stage.state,
      });
      const without = await stage.authorize({ state: undefined });
      expect([...(without.location?.searchParams.keys() ?? [])]).toEqual(['error', 'error_description']);
    });

    test('is restored in the fragment', async () => {
      Object.assign(stage.upstream.quirks, { authorizationError: 'access_denied' });
      const answer = await stage.authorize({ response_mode: 'fragment', state: EVERY_PRINTABLE });
      expect(answer.location?.search).toBe('');
      expect(statesIn(answer, 'hash')).toEqual([EVERY_PRINTABLE]);
    });
  });

  test.each(ENCODINGS)('the state in a fragment is restored: %s', async (encoding) => {
    stage.upstream.quirks.state = encoding;
    const answer = await stage.authorize({ response_mode: 'fragment', state: EVERY_PRINTABLE });
    expect(answer.location?.search).toBe('');
    expect(statesIn(answer, 'hash')).toEqual([EVERY_PRINTABLE]);
    const code = new URLSearchParams(answer.location?.hash.slice(1)).get('code') ?? '';
    expect((await stage.redeem(code)).status).toBe(200);
  });

  test.each([302, 303, 307] as const)(
    'everything else in the response stays unchanged: %i',
    async (redirectStatus) => {
      Object.assign(stage.upstream.quirks, {
        redirectStatus,
        extraParameters: { iss: 'https://login.example.com', session_state: 'a b+c/%', scope: 'openid' },
      });
      const redirectUri = 'https://open.example.com/cb?tenant=a%20b';
      const answer = await stage.authorize({ client_id: 'open', redirect_uri: redirectUri });
      expect(answer.status).toBe(redirectStatus);
      expect(answer.headers.location).toMatch(
        /^https:\/\/open\.example\.com\/cb\?tenant=a%20b&code=[^&]+&iss=https%3A%2F%2Flogin\.example\.com&session_state=a%20b%2Bc%2F%25&scope=openid&state=[\w-]+$/,
      );
    },
  );
});

describe('an upstream that drops the state', () => {
  test('lets no enforced client redeem its code', async () => {
    await using stage = await Stage.open({ quirks: { state: 'dropped' }, actor: 'open' });
    const other = 'https://elsewhere.example.com/cb';
    const { location } = await stage.authorize({ redirect_uri: other });
    const code = location?.searchParams.get('code') ?? '';
    const answer = await stage.redeem(code, { redirect_uri: other });
    expect(answer.status).toBe(400);
    expect(answer.json.error).toBe('invalid_grant');
    expect(stage.upstream.tokenRequests).toEqual([]);
  });

  test('works as before for a client in report', async () => {
    await using stage = await Stage.open({ mode: 'report', quirks: { state: 'dropped' } });
    const { location } = await stage.authorize();
    expect([...(location?.searchParams.keys() ?? [])]).toEqual(['code']);
    expect((await stage.redeem(location?.searchParams.get('code') ?? '')).status).toBe(200);
  });
});
