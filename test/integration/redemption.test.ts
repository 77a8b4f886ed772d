import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newPkcePair } from '../support/pkce-pair.ts';
import { Stage } from './stage.ts';

let stage: Stage;
const open = async (policy = '') => {
  stage = await Stage.open({ policy });
};
afterEach(() => stage[Symbol.asyncDispose]());

const wrong = () => ({ code_verifier: newPkcePair().verifier });
const lastReason = () => stage.logLines('refusal').at(-1)?.reason;
const rejected = async (reason: string) =>
  (await stage.gateway.metrics()).value('rejections_total', { endpoint: 'token', reason });

describe('max_attempts', () => {
  test('invalidates a code at the fifth wrong verifier, also for the right one', async () => {
    await open();
    const code = await stage.newCode();
    for (let i = 0; i < 5; i++) {
      expect((await stage.redeem(code, wrong())).json.error).toBe('invalid_grant');
      expect(lastReason()).toBe('verifier_mismatch');
    }
    expect((await stage.redeem(code)).json.error).toBe('invalid_grant');
    expect(lastReason()).toBe('attempts_exceeded');
    expect(stage.upstream.tokenRequests).toEqual([]);
  });

  test('leaves a code valid after four', async () => {
    await open();
    const code = await stage.newCode();
    for (let i = 0; i < 4; i++) await stage.redeem(code, wrong());
    expect((await stage.redeem(code)).status).toBe(200);
  });

  test.each([
    ['a missing verifier', { code_verifier: undefined }],
    ['a malformed verifier', { code_verifier: 'too-short' }],
    ['another client', { client_id: 'open' }],
    ['another redirect_uri', { redirect_uri: 'https://app.example.com/other' }],
  ])('does not count %s', async (_, fields) => {
    await open('max_attempts: 1');
    const code = await stage.newCode();
    for (let i = 0; i < 3; i++) expect((await stage.redeem(code, fields)).status).toBe(400);
    expect((await stage.redeem(code)).status).toBe(200);
  });

  test('counts concurrent attempts', async () => {
    await open();
    const code = await stage.newCode();
    await Promise.all(Array.from({ length: 20 }, () => stage.redeem(code, wrong())));
    expect(await rejected('verifier_mismatch')).toBe(5);
    expect(await rejected('attempts_exceeded')).toBe(15);
    expect((await stage.redeem(code)).status).toBe(400);
  });
});

describe('a code that was redeemed', () => {
  test('is refused a second time, for any client', async () => {
    await open();
    const code = await stage.newCode();
    expect((await stage.redeem(code)).status).toBe(200);
    for (const fields of [{}, wrong(), { code_verifier: undefined }, { client_id: 'open' }]) {
      expect((await stage.redeem(code, fields)).json.error).toBe('invalid_grant');
      expect(lastReason()).toBe('code_replayed');
    }
    expect(stage.upstream.tokenRequests).toHaveLength(1);
  });

  test('is redeemed by one of fifty concurrent requests, and the others are replays', async () => {
    await open();
    stage.upstream.quirks.codes = 'reusable';
    const code = await stage.newCode();
    const answers = await Promise.all(Array.from({ length: 50 }, () => stage.redeem(code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ json }) => json.error === 'invalid_grant')).toHaveLength(49);
    expect(await rejected('code_replayed')).toBe(49);
    expect(stage.upstream.tokenRequests).toHaveLength(1);
  });

  test('counts as redeemed while the upstream still answers', async () => {
    await open();
    Object.assign(stage.upstream.quirks, { token: 'held', codes: 'reusable' });
    const code = await stage.newCode();
    const arrived = stage.upstream.requests.next('/oauth2/token');
    const first = stage.redeem(code);
    await arrived;
    expect((await stage.redeem(code)).status).toBe(400);
    expect(lastReason()).toBe('code_replayed');
    stage.upstream.releaseHeld();
    expect((await first).status).toBe(200);
  });
});

describe('a redemption that failed at the upstream', () => {
  beforeEach(() => open());

  test.each([500, 502, 503, 429, 401, 400])('can be retried: %i', async (tokenStatus) => {
    const code = await stage.newCode();
    Object.assign(stage.upstream.quirks, { token: 'status', tokenStatus });
    const failed = await stage.redeem(code);
    expect(failed.status).toBe(tokenStatus);
    expect(failed.json).toEqual({ error: 'temporarily_unavailable' });
    stage.upstream.quirks.token = 'normal';
    expect((await stage.redeem(code, wrong())).status).toBe(400);
    expect((await stage.redeem(code)).status).toBe(200);
    const metrics = await stage.gateway.metrics();
    expect(metrics.value('redemptions_total', { client: 'spa', result: 'upstream_error' })).toBe(1);
    expect(metrics.value('redemptions_total', { client: 'spa', result: 'verified' })).toBe(1);
    expect(metrics.value('redemptions_total', { client: 'spa', result: 'refused' })).toBe(1);
  });

  test('can be retried: the connection was cut', async () => {
    const code = await stage.newCode();
    stage.upstream.quirks.token = 'reset';
    const failed = await stage.redeem(code);
    expect(failed.status).toBe(502);
    expect(failed.json.error).toBe('temporarily_unavailable');
    expect(failed.headers['x-request-id']).toBe(stage.logLines('upstream_fault')[0]?.request_id);
    expect(await rejected('code_replayed')).toBe(0);
    stage.upstream.quirks.token = 'normal';
    expect((await stage.redeem(code)).status).toBe(200);
    const metrics = await stage.gateway.metrics();
    expect(metrics.value('upstream_errors_total', { issuer: 'corp', kind: 'reset' })).toBe(1);
    expect(metrics.value('redemptions_total', { client: 'spa', result: 'upstream_error' })).toBe(1);
  });

  test('is spent if the upstream sent 200 and disconnected during the body', async () => {
    Object.assign(stage.upstream.quirks, { token: 'truncated', codes: 'reusable' });
    const code = await stage.newCode();
    expect((await stage.redeem(code)).status).toBe(502);
    stage.upstream.quirks.token = 'normal';
    expect((await stage.redeem(code)).status).toBe(400);
    expect(lastReason()).toBe('code_replayed');
  });
});
