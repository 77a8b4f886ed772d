import { afterEach, describe, expect, test, vi } from 'vitest';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedisSentinel } from '../support/redis-sentinel.ts';
import { PRIMARY_NAME } from '../support/redis-sentinel-process.ts';
import { type Answer, SimpleClient } from '../support/simple-client.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';

let cleanup = new AsyncDisposableStack();
afterEach(async () => {
  await cleanup.disposeAsync();
  cleanup = new AsyncDisposableStack();
});

/** A gateway with enforced clients, and a login before its redemption. */
async function startLogin(redis: string) {
  const upstream = cleanup.use(await startScriptedLegacyServer());
  const gateway = cleanup.use(
    await startGatewayUnderTest({
      upstream: upstream.url,
      top: `store: {kind: redis, redis: {timeout: 300ms, ${redis}}}`,
      host: '127.0.0.1',
    }),
  );
  const client = new SimpleClient(gateway.url);
  return { upstream, gateway, client, code: await client.newCode() };
}

const list = (addresses: readonly { host: string; port: number }[]) =>
  `[${addresses.map(({ host, port }) => `"${host}:${port}"`).join(', ')}]`;

function expectUnavailable(answer: Answer): void {
  expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': expect.stringMatching(/^\d+$/) } });
  expect(answer.text).not.toMatch(/redis|127\.0\.0\.1|ECONN|store/i);
}

async function untilReady({ adminUrl }: GatewayUnderTest, status = 200): Promise<void> {
  await vi.waitFor(async () => expect((await fetch(`${adminUrl}/readyz`)).status).toBe(status), {
    timeout: 15_000,
    interval: 20,
  });
}

describe('behind sentinels', () => {
  test('a lost primary: 503 until its replica serves; an earlier login is redeemed once', async () => {
    const behind = cleanup.use(await startRedisSentinel());
    const { gateway, client, code, upstream } = await startLogin(
      `sentinel: {name: ${PRIMARY_NAME}, nodes: ${list(behind.addresses)}}`,
    );
    await vi.waitFor(async () => {
      expect(await behind.replica.call('DBSIZE')).toBe(await behind.primary.call('DBSIZE'));
    }, 5_000);
    await behind.primary.stop();
    expectUnavailable(await client.authorize());
    const refused = await client.redeem(code);
    expectUnavailable(refused);
    expect(refused.json.error).toBe('temporarily_unavailable');
    expect(upstream.tokenRequests).toEqual([]);
    await untilReady(gateway, 503);

    await behind.untilFailedOver();
    await untilReady(gateway);
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.redeem(code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(upstream.tokenRequests).toHaveLength(1);
    expect(await client.redeem(await client.newCode())).toMatchObject({ status: 200 });
  });
});

describe('on a cluster', () => {
  test('a lost node: 503 until its replica serves; an earlier login is redeemed once', async () => {
    const cluster = cleanup.use(await startRedisCluster({ replicas: true }));
    const { gateway, client, code, upstream } = await startLogin(`cluster: ${list(cluster.addresses)}`);
    const holders = await Promise.all(
      cluster.nodes.slice(0, 3).map(async (node) => (await node.dumpAll()).map(({ value }) => value)),
    );
    // The node with the client's code.
    const holder = holders.findIndex((records) => records.some((record) => record.startsWith('3o')));
    await vi.waitFor(async () => {
      expect(await cluster.node(holder + 3).call('DBSIZE')).toBeGreaterThanOrEqual(
        holders[holder]?.length ?? 0,
      );
    }, 5_000);

    const failedOver = cluster.failover(holder);
    await vi.waitFor(async () => expectUnavailable(await client.redeem(code)), 5_000);
    expect(upstream.tokenRequests).toEqual([]);
    await failedOver;
    await untilReady(gateway);
    await vi.waitFor(async () => expect(await client.redeem(code)).toMatchObject({ status: 200 }), 10_000);
    expect((await client.redeem(code)).json.error).toBe('invalid_grant');
    expect(upstream.tokenRequests).toHaveLength(1);
    expect(await client.redeem(await client.newCode())).toMatchObject({ status: 200 });
  });
});
