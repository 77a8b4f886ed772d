import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { SimpleClient } from '../support/simple-client.ts';
import {
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';

let upstream: ScriptedLegacyServer;
let gateway: GatewayUnderTest;

beforeEach(async () => {
  upstream = await startScriptedLegacyServer();
  gateway = await startGatewayUnderTest({ upstream: upstream.url });
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

describe('a login through the gateway', () => {
  test("gets tokens with the right verifier, and returns the client's own state", async () => {
    const client = new SimpleClient(gateway.url);
    const answer = await client.authorize({ state: 'a state/with?odd&characters=ü' });
    expect(answer.status).toBe(302);
    expect(answer.location?.origin + (answer.location?.pathname ?? '')).toBe(client.redirectUri);
    expect(answer.location?.searchParams.get('state')).toBe('a state/with?odd&characters=ü');

    const tokens = await client.redeem(answer.location?.searchParams.get('code') ?? '');
    expect(tokens.status).toBe(200);
    expect(tokens.json.access_token).toEqual(expect.any(String));
  });

  test('is refused to a thief without the verifier, and the upstream does not see the request', async () => {
    const client = new SimpleClient(gateway.url);
    const code = await client.newCode();
    const theft = await client.redeem(code, { code_verifier: undefined });
    expect(theft.status).toBe(400);
    expect(theft.json.error).toBe('invalid_grant');
    expect(upstream.tokenRequests).toHaveLength(0);
    const metrics = await gateway.metrics();
    expect(metrics.value('rejections_total', { reason: 'verifier_missing', endpoint: 'token' })).toBe(1);
  });
});
