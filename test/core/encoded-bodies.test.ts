import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { startRedisStage } from '../integration/redis-stage.ts';
import type { GatewayUnderTest } from '../support/gateway-under-test.ts';
import { send } from '../support/simple-client.ts';
import { unsignedJwt } from '../support/unsigned-jwt.ts';
import { CoreStage, REDIRECT_URI, STATE, UPSTREAM_CODE } from './core-stage.ts';

const REDEMPTION = `grant_type=authorization_code&code=${UPSTREAM_CODE}&client_id=spa`;

/** The result of a redemption in gzip at a path that is no endpoint. */
async function uploadTo({ gateway }: Pick<CoreStage, 'gateway'>): Promise<number> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': 'gzip' };
  const body = gzipSync(REDEMPTION);
  return (await send(`${gateway.url}/upload`, { method: 'POST', headers, body })).status;
}

/** A login with a signed response (JARM), whose code cannot be wrapped. */
async function loginWithSignedResponse(stage: CoreStage): Promise<void> {
  const response = unsignedJwt({ code: UPSTREAM_CODE, state: STATE, aud: 'spa' });
  stage.redirectTo(`${REDIRECT_URI}?response=${response}`);
  const { location } = await stage.authorize({ response_mode: 'jwt' });
  expect(location?.searchParams.get('response')).toBe(response);
  stage.respond = (_received, answer) => void answer.end('received');
}

test('a content-encoded form at another path passes until an enforced client gets a bare code', async () => {
  await using stage = await CoreStage.open();
  stage.redirectTo(stage.callback(await stage.begin()));
  await stage.send('/login/done');
  stage.respond = (_received, answer) => void answer.end('received');
  expect(await uploadTo(stage)).toBe(200);
});

test('it is refused after an enforced client got a bare code', async () => {
  await using stage = await CoreStage.open();
  await loginWithSignedResponse(stage);
  expect(await uploadTo(stage)).toBe(415);
  expect(stage.reasons('refusal')).toEqual(['content_encoding_not_allowed']);
});

test('it passes if no enforced client got a bare code', async () => {
  await using stage = await CoreStage.open({ mode: 'report' });
  await loginWithSignedResponse(stage);
  expect(await uploadTo(stage)).toBe(200);
});

test('another replica knows of the bare code', async () => {
  await using stage = await startRedisStage({ gateways: 2 });
  const [first, second] = stage.gateways;
  // At the replica that knows it already, and at another one.
  expect((await stage.client.authorize({ response_mode: 'jwt' })).status).toBe(302);
  expect([
    await uploadTo({ gateway: first }),
    await uploadTo({ gateway: second as GatewayUnderTest }),
  ]).toEqual([415, 415]);
});
