import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { expect, test, vi } from 'vitest';
import { GATEWAY_OUTCOMES } from '../../scripts/fault-table.ts';
import { FaultStage } from './fault-stage.ts';
import { InterruptedLogin } from './interrupted-login.ts';

/** An idle gateway has about 25 of its own. */
const OPEN_FILES = 64;

test('without free file descriptors, logins in progress finish, others are refused until the load is gone', async () => {
  await using stage = await FaultStage.open({ process: { openFiles: OPEN_FILES } });
  const { gateway, upstream } = stage;
  const countOpen = async () => (await readdir(`/proc/${gateway.pid}/fd`)).length;
  const atRest = await countOpen();

  upstream.quirks.token = 'held';
  const underWay = new InterruptedLogin(stage, 'reject');
  await underWay.goTo('redeem');
  const arrived = upstream.requests.more('/oauth2/token', 1);
  const answer = underWay.goOn();
  await arrived;
  upstream.quirks.token = 'normal';
  const redemption = new InterruptedLogin(stage, 'reject');
  await redemption.goTo('redeem');

  const { hostname, port } = new URL(gateway.url);
  const idle = Array.from({ length: 3 * OPEN_FILES }, () =>
    connect(Number(port), hostname).on('error', () => {}),
  );
  await vi.waitFor(async () => expect(await countOpen()).toBeGreaterThanOrEqual(OPEN_FILES), 10_000);
  // It closes connections that it cannot serve: no client is left waiting.
  await vi.waitFor(() => expect(idle.some(({ closed }) => closed)).toBe(true), 10_000);
  const request = new InterruptedLogin(stage, 'reject');
  const during = { request: await request.goOn(), redemption: await redemption.goOn() };
  // No file can be read now, including the configuration: the one in force stays.
  gateway.signal('SIGHUP');
  await gateway.waitForLine(/"event":"config_rejected"/);
  upstream.releaseHeld();
  const seenUnderWay = await answer;

  for (const socket of idle) socket.destroy();
  await vi.waitFor(async () => expect(await countOpen()).toBeLessThan(OPEN_FILES / 2), 10_000);
  expect({
    request: await request.goOnAfter(during.request),
    redemption: await redemption.goOnAfter(during.redemption),
    answer: seenUnderWay,
  }).toEqual(GATEWAY_OUTCOMES.exhausted);
  expect(upstream.redemptions.map(({ times }) => times)).toEqual([1, 1, 1]);
  for (const login of [underWay, redemption, request]) expect((await login.replay()).status).toBe(400);
  // No descriptor stays open after all clients left.
  await stage.front.become('refuses');
  await stage.back.become('refuses');
  await vi.waitFor(async () => expect(await countOpen()).toBeLessThanOrEqual(atRest), 10_000);
});
