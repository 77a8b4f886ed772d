import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Browser } from '../support/browser.ts';
import { newPkcePair } from '../support/pkce-pair.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { startRedisStage } from './redis-stage.ts';

const CREDENTIALS = { username: 'bob' };

test('a complete login, and a refused thief', async () => {
  await using stage = await startRedisStage({ quirks: { login: 'return_to' } });
  await using browser = new Browser();
  const { parameters } = await browser.login(stage.client.authorizeUrl(), CREDENTIALS);
  expect(parameters.get('state')).toBe('the-state');
  const code = parameters.get('code') ?? '';
  const theft = await stage.client.redeem(code, { code_verifier: newPkcePair().verifier });
  expect(theft).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
  expect(stage.upstream.tokenRequests).toEqual([]);
  const tokens = await stage.client.redeem(code);
  expect(tokens).toMatchObject({ status: 200, json: { sub: 'bob' } });
  expect((await stage.client.redeem(code)).json.error).toBe('invalid_grant');
  const reasons = stage.gateways[0].logLines.filter(({ event }) => event === 'refusal');
  expect(reasons.map(({ reason }) => reason)).toEqual(['verifier_mismatch', 'code_replayed']);
});

describe('two gateways on one Redis', () => {
  test('share one flow', async () => {
    await using stage = await startRedisStage({ gateways: 2, quirks: { login: 'issue_at_login' } });
    const [a, b] = stage.gateways;
    const atB = (url: URL | undefined) => new URL(`${url?.pathname}${url?.search}`, b?.url);
    await using browser = new Browser();
    const asked = await browser.visit(stage.client.authorizeUrl());
    const loginPage = await browser.visit(atB(asked.location));
    const [form] = loginPage.forms;
    if (form === undefined) throw new Error(loginPage.text);
    const answered = await browser.submit(form, CREDENTIALS);
    expect(answered.url.origin).toBe(b?.url);
    expect(answered.location?.searchParams.get('state')).toBe('the-state');
    const tokens = await stage.client.redeem(answered.location?.searchParams.get('code') ?? '');
    expect(tokens).toMatchObject({ status: 200, json: { sub: 'bob' } });

    const counted = async (name: string) =>
      Promise.all([a, b].map(async (gateway) => (await gateway?.metrics())?.value(name)));
    expect(await counted('authorization_requests_total')).toEqual([1, 0]);
    expect(await counted('codes_bound_total')).toEqual([0, 1]);
    expect(await counted('redemptions_total')).toEqual([1, 0]);
  });

  test.each(['single_use', 'reusable'] as const)(
    'give the tokens of one code to exactly one of 50 concurrent requests, with upstream codes %s',
    async (codes) => {
      await using stage = await startRedisStage({ gateways: 2, quirks: { codes } });
      const code = await stage.client.newCode();
      const redeemAt = (base: string) =>
        new SimpleClient(base).redeem(code, { code_verifier: stage.client.pair.verifier });
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) => redeemAt(stage.gateways[i % 2]?.url ?? '')),
      );
      const won = answers.filter(({ status }) => status === 200);
      expect(won).toHaveLength(1);
      expect(won[0]?.json).toHaveProperty('access_token');
      const lost = answers.filter((answer) => answer !== won[0]);
      expect(new Set(lost.map(({ status, json }) => `${status} ${json.error}`))).toEqual(
        new Set(['400 invalid_grant']),
      );
      expect(stage.upstream.tokenRequests).toHaveLength(1);
    },
  );

  test('let a released code be redeemed at the other gateway', async () => {
    await using stage = await startRedisStage({ gateways: 2, quirks: { token: 'status' } });
    const code = await stage.client.newCode();
    expect((await stage.client.redeem(code)).status).toBe(503);
    stage.upstream.quirks.token = 'normal';
    const other = new SimpleClient(stage.gateways[1]?.url ?? '');
    const { verifier } = stage.client.pair;
    expect((await other.redeem(code, { code_verifier: verifier })).status).toBe(200);
  });
});

test.each([
  // A wrapped code has two records, which are sent together.
  ['issue_at_login', ['set', 'get', 'evalsha', 'set', 'evalsha']],
  // The flow need not be loaded if the response to the request that began it contains the code.
  ['none', ['set', 'evalsha', 'set', 'evalsha']],
] as const)('a login, by %s, takes one command for each step', async (login, expected) => {
  await using stage = await startRedisStage({ quirks: { login } });
  const { client, redis } = stage;
  const logIn = async () => {
    await using browser = new Browser();
    const { parameters } = await browser.login(client.authorizeUrl(), { username: 'alice' });
    return client.redeem(parameters.get('code') ?? '');
  };
  // The first one also loads the script.
  expect((await logIn()).status).toBe(200);
  // ioredis reads data in the same packet as the OK as replies to commands that were never sent.
  const monitor = connect(new URL(redis.url).pathname);
  let seen = '';
  monitor.setEncoding('latin1').on('data', (text: string) => {
    seen += text;
  });
  monitor.write('MONITOR\r\n');
  while (!seen.startsWith('+OK')) await once(monitor, 'data');
  expect((await logIn()).status).toBe(200);
  await redis.call('PING', 'the end');
  while (!seen.includes('"the end"')) await once(monitor, 'data');
  monitor.destroy();
  const ofTheGateway = [...seen.matchAll(/^\+[\d.]+ \[\d+ (\S+)\] "(\w+)"(.*)$/gm)].flatMap(
    ([, source, command = '', rest = '']) =>
      // Commands of a script cost no round trip. The activity adds its counts every few seconds, outside of logins.
      source === 'lua' || rest.includes(':stats:') ? [] : [command.toLowerCase()],
  );
  const steps = ofTheGateway.filter(
    (command) => !['info', 'client', 'hello', 'select', 'ping'].includes(command),
  );
  expect(steps).toEqual(expected);
});
