import { describe, expect, test } from 'vitest';
import type { Mode } from '../../../src/policy/mode.ts';
import type { Quirks } from '../../support/upstreams/scripted-legacy-server.ts';
import { OPEN_REDIRECT_URI, REDIRECT_URI, Stage } from '../stage.ts';
import { arrivalOf, openTravelStage, violationsOf } from './journey.ts';

const STATE = 'a b/c+d&e=f%41"<\'>;`\u00fc\u6771';
const FORM_POST = { response_mode: 'form_post' };
const MODES: readonly Mode[] = ['enforce', 'report'];

type Shape = Quirks['formPostPage'];
const READABLE: readonly Shape[] = [
  'usual',
  'single_quotes',
  'unquoted',
  'upper_case',
  'extra_inputs',
  'entities',
  'in_table',
];

/** A server that sends its responses with its own form page, for any response mode. */
const posting = (quirks: Partial<Quirks> = {}): Partial<Quirks> => ({ responseMode: 'form_post', ...quirks });

describe.each(MODES)("a server's own page, in %s", (mode) => {
  test.each([
    ...READABLE.map((formPostPage) => [`written as ${formPostPage}`, { formPostPage }] as const),
    ['in gzip', { contentEncoding: 'gzip' }] as const,
    ['in br', { contentEncoding: 'br' }] as const,
  ])('%s', async (_, quirks) => {
    await using stage = await openTravelStage({ mode, quirks: posting(quirks) });
    for (const state of [STATE, undefined, '']) {
      const answer = await stage.authorize({ state });
      expect(Number(answer.headers['content-length'])).toBe(Buffer.byteLength(answer.text));
      const { carrier, redirectUri, values } = arrivalOf(answer);
      expect([carrier, redirectUri, values.state]).toEqual(['form_post', REDIRECT_URI, state]);
      const { code = '' } = values;
      if (mode === 'enforce') {
        expect((await stage.redeem(code, { code_verifier: stage.wrongVerifier() })).status).toBe(400);
      }
      expect((await stage.redeem(code)).status).toBe(200);
    }
    expect(stage.logLines('report_only_violation')).toEqual([]);
  });

  test('keeps the rest of the page', async () => {
    await using stage = await openTravelStage({ mode, quirks: posting({ formPostPage: 'extra_inputs' }) });
    const { text } = await stage.authorize({ state: STATE });
    expect(text).toContain('<!-- <input name="code" value="a comment"> -->');
    expect(text).toContain('name="__VIEWSTATE" value="code=1&amp;state=2"');
    expect(text).toContain('<script>var code = "<input name=code value=x>"</script>');
  });

  test.each([302, 400] as const)('with an error gets the state back: %i', async (status) => {
    const errorsAs = status === 400 ? '400_with_location' : 'redirect';
    const quirks = posting({ authorizationError: 'access_denied', errorsAs });
    await using stage = await openTravelStage({ mode, quirks });
    const answer = await stage.authorize({ state: STATE });
    expect(answer.status).toBe(status === 400 ? 400 : 200);
    expect(arrivalOf(answer).values).toMatchObject({ error: 'access_denied', state: STATE });
    expect(violationsOf(stage)).toEqual([]);
  });
});

describe('an ambiguous page of the server', () => {
  const AMBIGUOUS: readonly (readonly [what: string, quirks: Partial<Quirks>, reason: string])[] = [
    ['two codes', { formPostPage: 'two_codes' }, 'response_ambiguous'],
    ['two states', { formPostPage: 'two_states' }, 'response_ambiguous'],
    // Many frameworks read the query of the address together with the body.
    ['a code in its address', { redirectTo: `${REDIRECT_URI}?code=of-somebody-else` }, 'response_ambiguous'],
    ['another state in its address', { redirectTo: `${REDIRECT_URI}?state=x` }, 'response_ambiguous'],
  ];
  test.each(AMBIGUOUS)('is withheld in enforce: %s', async (_, quirks, reason) => {
    await using stage = await openTravelStage({ quirks: posting(quirks) });
    const answer = await stage.authorize();
    expect(violationsOf(stage)).toEqual([`authorization_response ${reason}`]);
    expect(answer.text).not.toContain('legacy-code');
    expect(arrivalOf(answer)).toMatchObject({ redirectUri: REDIRECT_URI, values: { state: stage.state } });
  });

  test.each(AMBIGUOUS)('passes in report, counted: %s', async (_, quirks, reason) => {
    await using stage = await openTravelStage({ mode: 'report', quirks: posting(quirks) });
    const { text, status } = await stage.authorize();
    expect([status, violationsOf(stage)]).toEqual([200, [`authorization_response ${reason}`]]);
    expect(text).toContain('legacy-code-');
    expect(text).toContain(`value="${stage.state}"`);
  });
});

test('a redirect_uri with its own query is kept', async () => {
  await using stage = await openTravelStage({ actor: 'open' });
  const redirect_uri = `${OPEN_REDIRECT_URI}?tenant=a%20b&x=1`;
  const answer = await stage.authorize({ ...FORM_POST, redirect_uri });
  const { names, values } = arrivalOf(answer);
  expect(names.toSorted()).toEqual(['code', 'state']);
  expect((await stage.redeem(values.code, { redirect_uri })).status).toBe(200);
});

test.each(['form_post', 'query'])('but not if that has a code or a state: %s', async (response_mode) => {
  for (const own of ['code=own', 'state=own']) {
    await using stage = await openTravelStage({ actor: 'open' });
    await stage.authorize({ response_mode, redirect_uri: `${OPEN_REDIRECT_URI}?${own}` });
    expect(violationsOf(stage)).toEqual(['authorization_response response_ambiguous']);
  }
});

test('additions of a server to the address of its form do not matter', async () => {
  await using stage = await openTravelStage({
    quirks: posting({ redirectTo: `${REDIRECT_URI}?session=1&code=` }),
  });
  const { values } = arrivalOf(await stage.authorize());
  expect((await stage.redeem(values.code)).status).toBe(200);
  expect(violationsOf(stage)).toEqual([]);
});

test.each(MODES)('an error arrives too, in %s', async (mode) => {
  await using stage = await openTravelStage({ mode, quirks: { authorizationError: 'access_denied' } });
  const { carrier, values } = arrivalOf(await stage.authorize(FORM_POST));
  expect([carrier, values.error, values.state]).toEqual(['form_post', 'access_denied', stage.state]);
});

// The login page repeats its query as hidden inputs.
test.each(MODES)(
  'a page of the server that asks for a one-time code stays unchanged, in %s',
  async (mode) => {
    await using stage = await Stage.open({ mode, quirks: { login: 'return_to' } });
    await stage.authorize();
    const [state = ''] = stage.upstreamStates;
    const { status, text } = await stage.send(
      `/login?${new URLSearchParams({ state, code: '', error: '' })}`,
    );
    expect([status, violationsOf(stage)]).toEqual([200, []]);
    expect(text).toContain(`name="state" value="${state}"`);
  },
);
