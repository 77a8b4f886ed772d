import { describe, expect, test } from 'vitest';
import { Browser, type Page } from '../support/browser.ts';
import type { Answer } from '../support/simple-client.ts';
import { type RedisStage, startRedisStage } from './redis-stage.ts';

/** A login in its three steps. Each is a request of its own, so that Redis can be taken away in between. */
class SteppedLogin implements AsyncDisposable {
  readonly #stage: RedisStage;
  readonly #fields: Readonly<Record<string, string | undefined>>;
  readonly #browser: Browser;
  #login: Page | undefined;
  #code = '';

  constructor(stage: RedisStage, withPkce: boolean, headers: Record<string, string> = {}) {
    this.#stage = stage;
    this.#fields = withPkce ? {} : { code_challenge: undefined, code_challenge_method: undefined };
    this.#browser = new Browser({ headers });
  }

  /** The authorization request, up to the login page. */
  async ask(): Promise<Page> {
    const page = await this.#browser.visit(this.#stage.client.authorizeUrl(this.#fields));
    if (page.status === 302) this.#login = await this.#browser.follow(page);
    return page;
  }

  /** The login, which brings the response. */
  async answer(): Promise<Page> {
    const form = this.#login?.forms[0];
    if (form === undefined) throw new Error('there is no login page');
    const page = await this.#browser.submit(form, { username: 'bob' });
    this.#code = page.location?.searchParams.get('code') ?? '';
    return page;
  }

  redeem(): Promise<Answer> {
    const withPkce = this.#fields.code_challenge === undefined && 'code_challenge' in this.#fields;
    return this.#stage.client.redeem(this.#code, withPkce ? { code_verifier: undefined } : {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser[Symbol.asyncDispose]();
  }
}

const STEPS = ['ask', 'answer', 'redeem'] as const;
const QUIRKS = { login: 'issue_at_login' } as const;
const JSON_ONLY = { accept: 'application/json' };

async function wholeLogin(stage: RedisStage): Promise<Answer> {
  await using login = new SteppedLogin(stage, true);
  await login.ask();
  await login.answer();
  return login.redeem();
}

describe.each(STEPS)('Redis is lost before step %s', (lost) => {
  const before = STEPS.slice(0, STEPS.indexOf(lost));
  const operation = { ask: 'saveFlow', answer: 'loadFlow', redeem: 'claimBinding' }[lost];

  test('enforce: 503 until it is back, then all is well by itself', async () => {
    await using stage = await startRedisStage({ quirks: QUIRKS });
    const [gateway] = stage.gateways;
    await using login = new SteppedLogin(stage, true, JSON_ONLY);
    for (const step of before) await login[step]();
    await stage.redis.stop();

    const refused = await login[lost]();
    expect(refused.status).toBe(503);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(JSON.parse(refused.text)).toMatchObject({ error: 'temporarily_unavailable' });
    expect(refused.location).toBeUndefined();
    expect(stage.upstream.tokenRequests).toEqual([]);
    const metrics = await gateway.metrics();
    expect(metrics.value('store_errors_total', { operation })).toBe(1);
    expect(metrics.value('store_duration_seconds_count', { operation, outcome: 'fault' })).toBe(1);
    // A fault is never called a refusal.
    expect(metrics.value('rejections_total')).toBe(0);
    expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(503);
    expect((await fetch(`${gateway.adminUrl}/healthz`)).status).toBe(200);

    await stage.redis.start();
    await stage.ready();
    expect((await wholeLogin(stage)).status).toBe(200);
  });

  test('enforce: a person is told so on a page', async () => {
    await using stage = await startRedisStage({ quirks: QUIRKS });
    await using login = new SteppedLogin(stage, true);
    for (const step of before) await login[step]();
    await stage.redis.stop();
    const refused = await login[lost]();
    expect(refused.status).toBe(503);
    expect(refused.headers['content-type']).toBe(
      lost === 'redeem' ? 'application/json' : 'text/html; charset=utf-8',
    );
  });

  test('report: a client without PKCE logs in exactly as before', async () => {
    const quirks = { ...QUIRKS, newCode: () => 'the-code' };
    await using stage = await startRedisStage({ policy: 'mode: report', quirks });
    await using login = new SteppedLogin(stage, false);
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

  test.each([true, false])('on_store_failure: allow goes on (wrap_codes: %s)', async (wraps) => {
    const policy = `on_store_failure: allow, wrap_codes: ${wraps}`;
    await using stage = await startRedisStage({ policy, quirks: QUIRKS });
    await using login = new SteppedLogin(stage, true);
    for (const step of before) await login[step]();
    await stage.redis.stop();
    for (const step of STEPS.slice(before.length)) {
      const { status } = await login[step]();
      // The upstream's code lies in the store, and only there: nobody can go on with a wrapped one.
      const stranded = wraps && lost === 'redeem';
      expect(status, step).toBe(stranded ? 503 : step === 'redeem' ? 200 : 302);
    }
  });
});

test('a gateway that starts before its Redis serves as soon as that is there', async () => {
  await using stage = await startRedisStage({ quirks: QUIRKS });
  await stage.redis.stop();
  expect((await stage.client.authorize()).status).toBe(503);
  await stage.redis.start();
  await stage.ready();
  expect((await wholeLogin(stage)).status).toBe(200);
});

test('a Redis that stands still: 503 within the timeout, and all is well when it goes on', async () => {
  await using stage = await startRedisStage({ quirks: QUIRKS });
  stage.redis.pause();
  const answer = await stage.client.authorize();
  stage.redis.resume();
  expect(answer.status).toBe(503);
  expect(stage.upstream.requests.to('/oauth2/authorize')).toEqual([]);
  await stage.ready();
  expect((await wholeLogin(stage)).status).toBe(200);
});
