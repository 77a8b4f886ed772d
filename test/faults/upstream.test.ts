import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  UPSTREAM_FAULTS,
  UPSTREAM_MOMENTS,
  UPSTREAM_OUTCOMES,
  type UpstreamFaultName,
  type UpstreamMoment,
} from '../../scripts/fault-table.ts';
import type { Step } from '../support/stepped-login.ts';
import { FaultStage } from './fault-stage.ts';
import { InterruptedLogin } from './interrupted-login.ts';

const STEP_AT: Readonly<Record<UpstreamMoment, Step>> = {
  request: 'ask',
  response: 'answer',
  redemption: 'redeem',
};
const MODES = ['reject', 'report'] as const;

let stage: FaultStage;
beforeAll(async () => {
  stage = await FaultStage.open({ responseTimeout: '2s' });
});
afterAll(() => stage[Symbol.asyncDispose]());

describe.each(Object.keys(UPSTREAM_FAULTS) as UpstreamFaultName[])('the server %s', (fault) => {
  test.each(Object.keys(UPSTREAM_MOMENTS) as UpstreamMoment[])('%s: what the client sees', async (moment) => {
    const { back, upstream } = stage;
    // The gateway cannot know whether a code was redeemed, and leaves that to the server (RFC 6749 4.1.2).
    upstream.quirks.codes = fault === 'mute' ? 'single_use' : 'reusable';
    const logins = MODES.map((policy) => new InterruptedLogin(stage, policy));
    for (const login of logins) await login.goTo(STEP_AT[moment]);
    await back.become(fault);
    const during = await Promise.all(logins.map((login) => login.goOn()));
    await back.become('sound');
    const seen = await Promise.all(logins.map((login, index) => login.goOnAfter(during[index] ?? '')));
    expect(seen).toEqual(UPSTREAM_OUTCOMES[fault][moment]);

    const [enforced] = logins;
    if (enforced === undefined) throw new Error('no login is enforced');
    expect((await enforced.steal()).status).toBe(400);
    expect((await enforced.replay()).status).toBe(400);
    expect(InterruptedLogin.thievesAt(stage)).toBe(0);
    // In report, a repeated code is forwarded twice: the server must refuse it.
    const held = upstream.redemptions.filter(({ subject }) => subject === 'reject');
    expect(held.filter(({ times }) => times !== 1)).toEqual([]);
    expect(held).not.toEqual([]);
    await using next = new InterruptedLogin(stage, 'reject');
    expect(await next.goOn()).toBe('logs in');
  });
});
