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
});
