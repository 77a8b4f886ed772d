import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  MOMENTS,
  type Moment,
  REDIS_FAULTS,
  REDIS_OUTCOMES,
  type RedisFault,
} from '../../scripts/fault-table.ts';
import type { Step } from '../support/stepped-login.ts';
import { ALL_POLICIES, FaultStage } from './fault-stage.ts';
import { InterruptedLogin } from './interrupted-login.ts';
import { REDIS_SCENES, type RedisScene } from './redis-scenes.ts';

const FAULTS = Object.keys(REDIS_FAULTS) as RedisFault[];
const ALL_MOMENTS = Object.keys(MOMENTS) as Moment[];
/** The step that meets the fault. */
const STEP_AT: Readonly<Record<Moment, Step>> = {
  request: 'ask',
  across: 'ask',
  response: 'answer',
  redemption: 'redeem',
  claim: 'redeem',
  answer: 'redeem',
};

describe.each(FAULTS)('%s', (fault) => {
  let cleanup = new AsyncDisposableStack();
  let stage: FaultStage;
  /** Four logins at each moment, one for each policy. */
  let logins: ByMoment<InterruptedLogin>;
  let seen: ByMoment<string>;

  beforeAll(async () => {
    await using opening = new AsyncDisposableStack();
    const scene = opening.use(await REDIS_SCENES[fault]());
    stage = opening.use(await FaultStage.open({ redis: scene.address }));
    cleanup = opening.move();
    logins = await beginLogins(stage, scene);
    seen = await meetFault(stage, scene, logins);
  }, 60_000);
  afterAll(() => cleanup.disposeAsync());

  test.each(ALL_MOMENTS)('%s: what the client sees', (moment) => {
    // Wrapping makes no difference at the point where the login stops.
    const [reject, ...others] = REDIS_OUTCOMES[fault][moment];
    expect(seen[moment]).toEqual([reject, reject, ...others]);
  });

  test('no code is redeemed twice, or without its verifier', async () => {
    for (const login of Object.values(logins).flat()) {
      if (login.policy.startsWith('reject')) expect(await login.replay()).toMatchObject({ status: 400 });
    }
    expect(InterruptedLogin.thievesAt(stage)).toBe(0);
    expect(stage.upstream.redemptions.filter(({ times }) => times !== 1)).toEqual([]);
    expect(stage.upstream.redemptions.length).toBeGreaterThan(4);
  });

  test.each(ALL_POLICIES)('the next login works by itself: %s', async (policy) => {
    await using login = new InterruptedLogin(stage, policy);
    await login.goTo('redeem');
    if (policy !== 'report') expect(await login.steal()).toMatchObject({ status: 400 });
    expect(await login.goOn()).toBe('logs in');
  });
});

type ByMoment<Value> = Readonly<Record<Moment, readonly Value[]>>;

async function byMoment<Value>(
  make: (moment: Moment) => Promise<readonly Value[]>,
): Promise<ByMoment<Value>> {
  const made: [Moment, readonly Value[]][] = [];
  for (const moment of ALL_MOMENTS) made.push([moment, await make(moment)]);
  return Object.fromEntries(made) as ByMoment<Value>;
}

/** Logins up to each moment, with their records at the faulty server. */
function beginLogins(stage: FaultStage, scene: RedisScene): Promise<ByMoment<InterruptedLogin>> {
  return byMoment(async (moment) => {
    const logins: InterruptedLogin[] = [];
    for (const policy of ALL_POLICIES) {
      let login: InterruptedLogin;
      do {
        login = new InterruptedLogin(stage, policy);
        await login.goTo(STEP_AT[moment]);
      } while (STEP_AT[moment] !== 'ask' && !(await scene.isHit(stage, login)));
      logins.push(login);
    }
    return logins;
  });
}

/** Every login meets the fault, and continues when it is over. */
async function meetFault(
  stage: FaultStage,
  scene: RedisScene,
  logins: ByMoment<InterruptedLogin>,
): Promise<ByMoment<string>> {
  const { upstream } = stage;
  const goOn = (moment: Moment) => Promise.all(logins[moment].map((login) => login.goOn()));

  upstream.quirks.token = 'held';
  const arrived = upstream.requests.more('/oauth2/token', ALL_POLICIES.length);
  const answer = goOn('answer');
  await arrived;
  upstream.quirks.token = 'normal';

  await scene.pause();
  const claim = await goOn('claim');
  await scene.lose();
  if (scene.isOver) await stage.untilServing();
  else await stage.untilStore('unreachable');
  for (const login of [...logins.redemption, ...logins.claim]) {
    if (login.policy.startsWith('reject')) await login.steal();
  }
  upstream.releaseHeld();
  const during = await byMoment((moment) => {
    if (moment === 'answer') return answer;
    if (moment === 'claim') return Promise.resolve(claim);
    if (moment === 'across') return Promise.all(logins.across.map((login) => login.begin()));
    return goOn(moment);
  });
  await scene.repair();
  await stage.untilStore('ready');
  await stage.untilServing();
  return byMoment((moment) =>
    Promise.all(logins[moment].map((login, index) => login.goOnAfter(during[moment][index] ?? ''))),
  );
}
