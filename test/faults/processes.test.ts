import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { GATEWAY_OUTCOMES, type Moment } from '../../scripts/fault-table.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import type { Step } from '../support/stepped-login.ts';
import { workerPids } from '../support/worker-pids.ts';
import { FaultStage, type FaultStageOptions } from './fault-stage.ts';
import { InterruptedLogin } from './interrupted-login.ts';

const ALL_MOMENTS = ['request', 'response', 'redemption', 'answer'] as const satisfies Moment[];
type ProcessMoment = (typeof ALL_MOMENTS)[number];
const STEP_AT: Readonly<Record<ProcessMoment, Step>> = {
  request: 'ask',
  response: 'answer',
  redemption: 'redeem',
  answer: 'redeem',
};
/** Logins per moment. That none of them is at one of two workers happens once in a million times. */
const LOGINS = 20;

type Scene = {
  readonly options: FaultStageOptions;
  /** Resolves when the process accepts no more connections, to a promise of its regular end. */
  lose(stage: FaultStage): Promise<() => Promise<void>>;
};

const SCENES = {
  stopped: {
    options: { replicas: 2 },
    async lose(stage) {
      const ended = stage.gateway.stop('SIGTERM');
      await stage.untilRefused();
      return async () => expect(await ended).toBe(0);
    },
  },
  killed: {
    options: { replicas: 2 },
    async lose(stage) {
      const ended = stage.gateway.stop('SIGKILL');
      await stage.untilRefused();
      return async () => expect(await ended).toBe(null);
    },
  },
  crashed: {
    options: { top: 'workers: 2' },
    async lose({ gateway }) {
      const pid = workerPids(gateway).get(1) ?? 0;
      process.kill(pid, 'SIGKILL');
      await gateway.waitForLine(/"event":"worker_ended"/);
      return async () => {
        await vi.waitFor(() => expect(workerPids(gateway).get(1)).not.toBe(pid), 10_000);
      };
    },
  },
} satisfies Record<string, Scene>;

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis({ port: true });
});
afterAll(() => redis[Symbol.asyncDispose]());

describe.each(Object.keys(SCENES) as (keyof typeof SCENES)[])('a gateway process %s', (fault) => {
  const { options, lose }: Scene = SCENES[fault];
  let stage: FaultStage;
  const logins = new Map<ProcessMoment, readonly InterruptedLogin[]>();
  const seen = new Map<ProcessMoment, ReadonlySet<string>>();

  beforeAll(async () => {
    stage = await FaultStage.open({ redis: `url: "${redis.url}"`, ...options });
    const { upstream } = stage;
    for (const moment of ALL_MOMENTS) {
      const begun = Array.from({ length: LOGINS }, () => new InterruptedLogin(stage, 'reject'));
      await Promise.all(begun.map((login) => login.goTo(STEP_AT[moment])));
      logins.set(moment, begun);
    }
    const goOn = (moment: ProcessMoment) =>
      Promise.all((logins.get(moment) ?? []).map((login) => login.goOn()));
    upstream.quirks.token = 'held';
    const arrived = upstream.requests.more('/oauth2/token', LOGINS);
    const answers = goOn('answer');
    await arrived;
    upstream.quirks.token = 'normal';

    const hasEnded = await lose(stage);
    const during = new Map<ProcessMoment, readonly string[]>();
    for (const moment of ALL_MOMENTS) if (moment !== 'answer') during.set(moment, await goOn(moment));
    upstream.releaseHeld();
    during.set('answer', await answers);
    await hasEnded();
    for (const moment of ALL_MOMENTS) {
      const after = (logins.get(moment) ?? []).map((login, index) =>
        login.goOnAfter(during.get(moment)?.[index] ?? ''),
      );
      seen.set(moment, new Set(await Promise.all(after)));
    }
  }, 60_000);
  afterAll(() => stage[Symbol.asyncDispose]());

  test.each(ALL_MOMENTS)('%s: what the client sees', (moment) => {
    const expected = new Set([GATEWAY_OUTCOMES[fault][moment]]);
    // Requests in flight at the other worker are not affected.
    if (fault === 'crashed') expected.add('logs in');
    expect(seen.get(moment)).toEqual(expected);
  });

  test('each code is redeemed exactly once, with its verifier', async () => {
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

  test('the next login works', async () => {
    await using login = new InterruptedLogin(stage, 'reject');
    expect(await login.goOn()).toBe('logs in');
  });
});
