import { setTimeout as sleep } from 'node:timers/promises';
import { MetricSamples } from '../../test/support/metric-samples.ts';
import type { GatewayContender } from './contenders.ts';
import { getPage } from './load.ts';
import { WireConnection } from './wire-connection.ts';

/** Seconds. */
export type ReloadTimes = {
  /** From the signal to the new configuration in force. */
  readonly total: number;
  /** The longest that a page, requested all the time meanwhile, has taken. */
  readonly pause: number;
};

/** Reloads a configuration while one client requests pages one after the other. */
export async function measureReload(gateway: GatewayContender): Promise<ReloadTimes> {
  const connection = await WireConnection.open(gateway.port);
  const host = `127.0.0.1:${gateway.port}`;
  const before = await lastReload(gateway);
  const startedAt = performance.now();
  process.kill(gateway.pid, 'SIGHUP');
  let pause = 0;
  let inForce = false;
  const watched = untilReloaded(gateway, before).then(() => {
    inForce = true;
    return performance.now() - startedAt;
  });
  while (!inForce) {
    const requestedAt = performance.now();
    await getPage(connection, host);
    pause = Math.max(pause, performance.now() - requestedAt);
    // Neither the load nor its waiting may take the CPU away from the process that reads the file.
    await sleep(2);
  }
  connection.close();
  return { total: (await watched) / 1000, pause: pause / 1000 };
}

async function untilReloaded(gateway: GatewayContender, before: number): Promise<void> {
  while ((await lastReload(gateway)) === before) await sleep(50);
}

async function lastReload({ adminUrl }: GatewayContender): Promise<number> {
  const metrics = await fetch(`${adminUrl}/metrics`);
  return new MetricSamples(await metrics.text()).value('config_last_reload_success_timestamp_seconds');
}
