import { describe, expect, test } from 'vitest';
import { CoreStage, UPSTREAM_CODE } from '../core/core-stage.ts';

const SETTINGS = {
  issuer: 'token_content_types: [form, json]',
  clients: ['müller: {mode: enforce, grant_types: [authorization_code]}'],
} as const;
const JSON_TYPE = { 'content-type': 'application/json' };

const post = (stage: CoreStage, body: string) =>
  stage.send('/oauth2/token', { method: 'POST', headers: JSON_TYPE, body });

describe('a token request in JSON', () => {
  test('is read as UTF-8, and forwarded so', async () => {
    await using stage = await CoreStage.open(SETTINGS);
    const request = { grant_type: 'refresh_token', client_id: 'spa', refresh_token: 'schlüssel €' };
    expect((await post(stage, JSON.stringify(request))).status).toBe(200);
    expect(JSON.parse(Buffer.from(stage.last.body, 'latin1').toString())).toEqual(request);
  });

  test.each([
    ['as UTF-8', 'müller'],
    ['with an escape', 'm\\u00fcller'],
  ])('is judged by the policy of its client, written %s', async (_, clientId) => {
    await using stage = await CoreStage.open(SETTINGS);
    const answer = await post(stage, `{"grant_type":"password","client_id":"${clientId}"}`);
    expect(answer.status).toBe(400);
    expect(stage.reasons('refusal')).toEqual(['grant_type_not_allowed']);
    expect(stage.received).toEqual([]);
  });

  test('redeems a code', async () => {
    await using stage = await CoreStage.open(SETTINGS);
    stage.redirectTo(stage.callback(await stage.begin()));
    const code = (await stage.send('/login')).location?.searchParams.get('code');
    const request = {
      grant_type: 'authorization_code',
      client_id: 'spa',
      code,
      code_verifier: stage.pair.verifier,
    };
    expect((await post(stage, JSON.stringify(request))).status).toBe(200);
    expect(JSON.parse(stage.last.body)).toMatchObject({ code: UPSTREAM_CODE });
  });

  test('may have null for a parameter that it does not send', async () => {
    await using stage = await CoreStage.open(SETTINGS);
    const request = { grant_type: 'refresh_token', client_id: 'spa', refresh_token: 'r' };
    const body = JSON.stringify({ scope: null, ...request, client_secret: null });
    expect((await post(stage, body)).status).toBe(200);
    expect(JSON.parse(stage.last.body)).toEqual(request);
    expect(
      (await post(stage, '{"grant_type":"authorization_code","client_id":"spa","code":null}')).status,
    ).toBe(400);
    expect(stage.reasons('refusal')).toEqual(['code_missing']);
  });

  test('that is not flat is judged by the policy of the client that it names, and goes on as it came in report', async () => {
    const clients = ['rep: {mode: report}'];
    await using stage = await CoreStage.open({ ...SETTINGS, clients });
    const bodyOf = (clientId: string) =>
      `{"grant_type":"refresh_token","client_id":"${clientId}","resource":["a", {"b":null}]}`;
    expect((await post(stage, bodyOf('rep'))).status).toBe(200);
    expect(stage.last.body).toBe(bodyOf('rep'));
    expect((await post(stage, bodyOf('spa'))).status).toBe(400);
    expect((await post(stage, '{"client_id":"rep","client_id":"rep"}')).status).toBe(400);
    expect(stage.reasons('report_only_violation')).toEqual(['parameter_malformed']);
    expect(stage.reasons('refusal')).toEqual(['parameter_malformed', 'parameter_repeated']);
  });
});
