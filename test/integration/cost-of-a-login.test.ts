import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { CLIENT_ID, getPage, type Job, logIn, REDIRECT_URI, saturate } from '../../scripts/bench/load.ts';
import { CPUS, startProcess } from '../../scripts/bench/processes.ts';
import { startGatewayProcess } from '../support/process.ts';
import { startRedis } from '../support/redis-server.ts';
import { startRedisStage } from './redis-stage.ts';

const UPSTREAM = fileURLToPath(new URL('../../scripts/bench/upstream.ts', import.meta.url));
/** A young generation that is always of this size is collected whenever so much has been allocated, in MB. */
const YOUNG = ['--min-semi-space-size=1', '--max-semi-space-size=1'];
const JOBS = 1000;

// What a login takes of the store is counted in redis.test.ts.
test('a login asks the upstream twice', async () => {
  await using stage = await startRedisStage();
  const { client, upstream } = stage;
  const learnt = upstream.requests.all.length;
  expect((await client.redeem(await client.newCode())).status).toBe(200);
  const asked = upstream.requests.all.slice(learnt);
  expect(asked.map(({ method }) => method)).toEqual(['GET', 'POST']);
});

/** Counted in collections, which come by what is allocated and not by time: the same in each run but for a few. */
test('logins and pages allocate no more than they did', async () => {
  await using cleanup = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-cost-'));
  cleanup.defer(() => rm(directory, { recursive: true }));
  const redis = cleanup.use(await startRedis());
  const { process: upstream, line } = await startProcess([process.execPath, UPSTREAM], {
    cpu: CPUS.rest,
    ready: /^port \d+$/,
  });
  cleanup.use(upstream);
  const file = join(directory, 'gateway.yaml');
  await writeFile(
    file,
    `listen: {address: "127.0.0.1:0"}
admin: {address: "127.0.0.1:0"}
store: {kind: redis, redis: {url: "${redis.url}", timeout: 5s}}
issuers:
  - name: corp
    upstream: {url: "http://127.0.0.1:${line.slice(5)}"}
    endpoints: {authorization: [/authorize], token: [/token]}
    clients:
      ${CLIENT_ID}: {mode: enforce, redirect_uris: ["${REDIRECT_URI}"]}
`,
  );
  const gateway = cleanup.use(await startGatewayProcess(['serve', '--config', file], { nodeArgs: YOUNG }));
  const collections = async () => {
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    const [, count] = /^nodejs_gc_duration_seconds_count\{kind="minor"\} (\d+)$/m.exec(metrics) ?? [];
    return Number(count);
  };
  const allocatedBy = async (job: Job) => {
    const port = Number(new URL(gateway.url).port);
    // What is not compiled yet allocates more.
    await saturate(port, job, 8, 3 * JOBS);
    const before = await collections();
    await saturate(port, job, 8, JOBS);
    return (await collections()) - before;
  };
  // KB for each, about: 115 and 37 when this was written.
  expect(await allocatedBy(logIn)).toBeLessThan(140);
  expect(await allocatedBy(getPage)).toBeLessThan(46);
});
