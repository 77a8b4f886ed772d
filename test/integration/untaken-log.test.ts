import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MetricSamples } from '../support/metric-samples.ts';
import { startGatewayProcess } from '../support/process.ts';
import { startRedis } from '../support/redis-server.ts';
import { SimpleClient, send } from '../support/simple-client.ts';
import {
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';

let directory: string;
let upstream: ScriptedLegacyServer;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-log-'));
  upstream = await startScriptedLegacyServer();
});
afterEach(async () => {
  await upstream[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

test.each([1, 2])(
  'a log without a reader delays neither logins nor the end (%i workers)',
  async (workers) => {
    const pipe = join(directory, 'log');
    execFileSync('mkfifo', [pipe]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(pipe, 'w');
    await using redis = await startRedis();
    await writeFile(
      join(directory, 'gateway.yaml'),
      `
listen: {address: 127.0.0.1:0}
admin: {address: 127.0.0.1:0}
workers: ${workers}
${redis.store}
issuers:
  - name: corp
    upstream: {url: "${upstream.url}"}
    clients: {spa: {}}
`,
    );
    await using gateway = await startGatewayProcess(['serve', '--config', join(directory, 'gateway.yaml')], {
      stderr: writer,
    });
    closeSync(writer);
    const client = new SimpleClient(gateway.url);
    const withoutPkce = client.authorizeUrl({ code_challenge: undefined, code_challenge_method: undefined });
    const dropped = async () =>
      new MetricSamples(await (await fetch(`${gateway.adminUrl}/metrics`)).text()).value(
        'log_lines_dropped_total',
      );
    // The pipe takes 64 KiB, and each process keeps 1 MiB.
    for (let i = 0; i < 200 && (await dropped()) === 0; i += 1) {
      await Promise.all(Array.from({ length: 100 }, () => send(withoutPkce)));
    }
    expect(await dropped()).toBeGreaterThan(0);
    expect((await client.redeem(await client.newCode())).status).toBe(200);
    expect(await gateway.stop()).toBe(0);
    closeSync(reader);
  },
  60_000,
);
