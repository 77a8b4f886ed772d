import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { CLIENT_ID, getPage, type Job, logIn, REDIRECT_URI, saturate } from '../../scripts/bench/load.ts';
import { CPUS, startProcess } from '../../scripts/bench/processes.ts';
import { startGatewayProcess } from '../support/process.ts';
import { startRedis } from '../support/redis-server.ts';
import { startRedisStage } from './redis-stage.ts';

const UPSTREAM = fileURLToPath(new URL('../../scripts/bench/upstream.ts', import.meta.url));
const COUNTER = fileURLToPath(new URL('../support/count-allocations.ts', import.meta.url));
/** Measures from collection to collection; a small young generation (MB) has many. */
const COUNTED = ['--min-semi-space-size=1', '--max-semi-space-size=1', '--import', COUNTER];
const JOBS = 500;

// redis.test.ts counts the store commands of a login.
test('a login sends two requests upstream', async () => {
  await using stage = await startRedisStage();
  const { client, upstream } = stage;
  const learnt = upstream.requests.all.length;
  expect((await client.redeem(await client.newCode())).status).toBe(200);
  const asked = upstream.requests.all.slice(learnt);
  expect(asked.map(({ method }) => method)).toEqual(['GET', 'POST']);
});

test('logins and pages allocate no more memory than before', async () => {
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
${redis.store}
issuers:
  - name: corp
    upstream: {url: "http://127.0.0.1:${line.slice(5)}"}
    endpoints: {authorization: [/authorize], token: [/token]}
    clients:
      ${CLIENT_ID}: {mode: enforce, redirect_uris: ["${REDIRECT_URI}"]}
`,
  );
  const gateway = cleanup.use(await startGatewayProcess(['serve', '--config', file], { nodeArgs: COUNTED }));
  const countTo = async (line: RegExp, times: number) => {
    gateway.signal('SIGUSR2');
    const lines = () => gateway.stderr.filter((text) => line.test(text));
    await vi.waitFor(() => expect(lines()).toHaveLength(times), 10_000);
    return lines().at(-1) ?? '';
  };
  let counted = 0;
  /** KB per login or page. */
  const allocatedBy = async (job: Job) => {
    const port = Number(new URL(gateway.url).port);
    // Code that is not compiled yet allocates more.
    await saturate(port, job, 8, 3 * JOBS);
    counted += 1;
    await countTo(/^counting allocations$/, counted);
    await saturate(port, job, 8, JOBS);
    const line = await countTo(/^allocated: \d+ KB$/, counted);
    return Number(/\d+/.exec(line)?.[0]) / JOBS;
  };
  // About 154 and 121 when this was written. Every tag of a page is read: a form may be a response of a preserved flow.
  expect(await allocatedBy(logIn)).toBeLessThan(170);
  expect(await allocatedBy(getPage)).toBeLessThan(135);
}, 60_000);
