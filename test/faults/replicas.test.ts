import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GATEWAY_OUTCOMES, type Moment } from '../../scripts/fault-table.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import type { Step } from '../support/stepped-login.ts';
import { FaultStage } from './fault-stage.ts';
import { InterruptedLogin } from './interrupted-login.ts';

const ALL_MOMENTS = ['request', 'response', 'redemption', 'answer'] as const satisfies Moment[];
type GatewayMoment = (typeof ALL_MOMENTS)[number];
const STEP_AT: Readonly<Record<GatewayMoment, Step>> = {
  request: 'ask',
  response: 'answer',
  redemption: 'redeem',
  answer: 'redeem',
};
/** Of each moment: enough that one which fares otherwise would be seen. */
const LOGINS = 10;

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis({ port: true });
});
afterAll(() => redis[Symbol.asyncDispose]());

describe.each(['stopped', 'killed'] as const)('one of two replicas %s', (fault) => {
  let stage: FaultStage;
  let exitCode: number | null;
  const logins = new Map<GatewayMoment, readonly InterruptedLogin[]>();
  const seen = new Map<GatewayMoment, ReadonlySet<string>>();

  beforeAll(async () => {
    stage = await FaultStage.open({ redis: `url: "${redis.url}"`, replicas: 2 });
    const { upstream } = stage;
    for (const moment of ALL_MOMENTS) {
      const begun = Array.from({ length: LOGINS }, () => new InterruptedLogin(stage, 'reject'));
      await Promise.all(begun.map((login) => login.goTo(STEP_AT[moment])));
      logins.set(moment, begun);
    }
    const goOn = (moment: GatewayMoment) =>
      Promise.all((logins.get(moment) ?? []).map((login) => login.goOn()));
    upstream.quirks.token = 'held';
    const arrived = upstream.requests.more('/oauth2/token', LOGINS);
    const answers = goOn('answer');
    await arrived;
    upstream.quirks.token = 'normal';

    const ended = stage.gateway.stop(fault === 'killed' ? 'SIGKILL' : 'SIGTERM');
    await stage.untilRefused();
    const during = new Map<GatewayMoment, readonly string[]>();
    for (const moment of ALL_MOMENTS) if (moment !== 'answer') during.set(moment, await goOn(moment));
    upstream.releaseHeld();
    during.set('answer', await answers);
    exitCode = await ended;
    for (const moment of ALL_MOMENTS) {
      const after = (logins.get(moment) ?? []).map((login, index) =>
        login.goOnAfter(during.get(moment)?.[index] ?? ''),
      );
      seen.set(moment, new Set(await Promise.all(after)));
    }
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  test.each(ALL_MOMENTS)('%s: what the client sees', (moment) => {
    expect(seen.get(moment)).toEqual(new Set([GATEWAY_OUTCOMES[fault][moment]]));
  });

  test('the process ends as it should', () => {
    expect(exitCode).toBe(fault === 'killed' ? null : 0);
  });

  test('each code is redeemed once, with its verifier, and never again', async () => {
    const replays = [...logins.values()].flat().map(async (login) => {
      expect((await login.steal()).status).toBe(400);
      expect((await login.replay()).status).toBe(400);
    });
    await Promise.all(replays);
    expect(InterruptedLogin.thievesAt(stage)).toBe(0);
    expect(stage.upstream.redemptions.map(({ times }) => times)).toEqual(
      Array.from({ length: ALL_MOMENTS.length * LOGINS }, () => 1),
    );
  });

  test('the next login works at the other replica', async () => {
    await using login = new InterruptedLogin(stage, 'reject');
    expect(await login.goOn()).toBe('logs in');
  });
});
