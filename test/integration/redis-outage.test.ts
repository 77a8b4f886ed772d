import { describe, expect, test } from 'vitest';
import { buildFlowPrefix } from '../../src/store/flow-prefix.ts';
import { startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { startRedis } from '../support/redis-server.ts';
import { type Answer, SimpleClient } from '../support/simple-client.ts';
import { STEPS, SteppedLogin } from '../support/stepped-login.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { type RedisStage, startRedisStage } from './redis-stage.ts';

const QUIRKS = { login: 'issue_at_login' } as const;
const JSON_ONLY = { accept: 'application/json' };

async function wholeLogin(stage: RedisStage): Promise<Answer> {
  await using login = new SteppedLogin(stage.client);
  await login.ask();
  await login.answer();
  return login.redeem();
}

describe.each(STEPS)('Redis is lost before step %s', (lost) => {
  const before = STEPS.slice(0, STEPS.indexOf(lost));
  const operation = { ask: 'beginFlow', answer: 'findFlow', redeem: 'claimCode' }[lost];

  test('enforce: 503 until it is back, then logins work again', async () => {
    await using stage = await startRedisStage({ quirks: QUIRKS });
    const [gateway] = stage.gateways;
    await using login = new SteppedLogin(stage.client, { headers: JSON_ONLY });
    for (const step of before) await login[step]();
    await stage.redis.stop();

    const refused = await login[lost]();
    expect(refused.status).toBe(503);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(JSON.parse(refused.text)).toMatchObject({ error: 'temporarily_unavailable' });
    expect(refused.text).not.toMatch(/redis|127\.0\.0\.1|ECONN/i);
    expect(refused.location).toBeUndefined();
    expect(stage.upstream.tokenRequests).toEqual([]);
    const metrics = await gateway.metrics();
    expect(metrics.value('store_errors_total', { operation })).toBe(1);
    expect(metrics.value('store_duration_seconds_count', { operation, outcome: 'fault' })).toBe(1);
    // A fault never counts as a refusal.
    expect(metrics.value('rejections_total')).toBe(0);
    expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(503);
    expect((await fetch(`${gateway.adminUrl}/healthz`)).status).toBe(200);

    await stage.redis.start();
    await stage.ready();
    expect((await wholeLogin(stage)).status).toBe(200);
  });

  test('enforce: a user sees a page', async () => {
    await using stage = await startRedisStage({ quirks: QUIRKS });
    await using login = new SteppedLogin(stage.client);
    for (const step of before) await login[step]();
    await stage.redis.stop();
    const refused = await login[lost]();
    expect(refused.status).toBe(503);
    expect(refused.headers['content-type']).toBe(
      lost === 'redeem' ? 'application/json' : 'text/html; charset=utf-8',
    );
    expect(refused.text).toContain('temporarily_unavailable');
  });

  test('report: a client without PKCE logs in exactly as before', async () => {
    const quirks = { ...QUIRKS, newCode: () => 'the-code' };
    await using stage = await startRedisStage({ policy: 'mode: report', quirks });
    await using login = new SteppedLogin(stage.client, { pkce: false });
    for (const step of before) await login[step]();
    await stage.redis.stop();
    for (const step of STEPS.slice(before.length)) {
      const answer = await login[step]();
      expect(answer.status, step).toBe(step === 'redeem' ? 200 : 302);
      if (step === 'answer') {
        expect(answer.headers.location).toBe('https://app.example.com/cb?code=the-code&state=the-state');
      }
    }
    const [redemption] = stage.upstream.tokenRequests;
    expect([...(redemption?.form ?? [])]).toEqual([
      ['grant_type', 'authorization_code'],
      ['code', 'the-code'],
      ['client_id', 'spa'],
      ['redirect_uri', 'https://app.example.com/cb'],
    ]);
    expect((await stage.gateways[0].metrics()).value('store_errors_total')).toBeGreaterThan(0);
  });
});

// The checksum is not secret: anybody can forge a prefix.
describe('a made-up prefix while Redis is unreachable', () => {
  const forge = ({ url }: { readonly url: string }) => ({
    state: `${buildFlowPrefix(url, true, Buffer.alloc(20, 7))}the-state`,
    code_challenge: undefined,
    code_challenge_method: undefined,
  });

  test('enforce: yields no code', async () => {
    await using stage = await startRedisStage();
    await stage.redis.stop();
    expect((await stage.client.authorize(forge(stage.upstream))).status).toBe(503);
    expect(stage.upstream.requests.to('/oauth2/authorize')).toEqual([]);
  });

  test('enforce: also not at a path that is no endpoint', async () => {
    await using redis = await startRedis();
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startGatewayUnderTest({
      upstream: upstream.url,
      top: redis.store,
      issuer:
        'endpoints: {authorization: [/elsewhere], token: [/oauth2/token]}\nclients: {spa: {redirect_uris: ["https://app.example.com/cb"]}}',
    });
    await redis.stop();
    const answer = await new SimpleClient(gateway.url).authorize(forge(upstream));
    expect([answer.status, answer.location]).toEqual([503, undefined]);
    expect(upstream.requests.to('/oauth2/authorize')).toHaveLength(1);
  });

  test.each(['mode: report', 'on_store_failure: allow'])('%s: continues', async (policy) => {
    await using stage = await startRedisStage({ policy });
    await stage.redis.stop();
    expect((await stage.client.authorize(forge(stage.upstream))).location?.searchParams.has('code')).toBe(
      true,
    );
  });
});

test('a grant that the client may not use is refused without Redis too', async () => {
  const policy = 'on_store_failure: allow, wrap_codes: false, grant_types: [refresh_token]';
  await using stage = await startRedisStage({ policy, quirks: QUIRKS });
  await using login = new SteppedLogin(stage.client);
  await login.ask();
  await login.answer();
  await stage.redis.stop();
  const refused = await login.redeem();
  expect(refused.status).toBe(400);
  expect(JSON.parse(refused.text)).toMatchObject({ error: 'unauthorized_client' });
  expect(stage.upstream.tokenRequests).toEqual([]);
});
