/**
 * What the gateway costs, beside proxies that check nothing: `npm run bench`. With `--quick` in a fraction of the time
 * and with more noise, with `--json FILE` for machines as well. It informs, and never fails a build.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MetricSamples } from '../test/support/metric-samples.ts';
import { startRedis } from '../test/support/redis-server.ts';
import { compareCpu } from './bench/compare-cpu.ts';
import { compareLatency } from './bench/compare-latency.ts';
import {
  AS_IT_COMES,
  BASELINE,
  type Contender,
  contenders,
  FASTIFY,
  GATEWAY,
  KEEP_ALIVE,
  type Lab,
  LUA,
  missingContenders,
  SEALED,
  startBaseline,
  startGateway,
} from './bench/contenders.ts';
import { fillRedis, measureLogins, measureMemoryStore } from './bench/flow-footprint.ts';
import { measureLargeBodies } from './bench/large-bodies.ts';
import { logIn, saturate } from './bench/load.ts';
import { measureReload, type ReloadTimes } from './bench/measure-reload.ts';
import { CPUS, PINNED, pinSelf, startProcess } from './bench/processes.ts';
import { formatBytes, formatSeconds, Report } from './bench/report.ts';
import { ratios, summarize } from './bench/statistics.ts';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
});
const { quick } = options;
const EFFORT = quick ? { rounds: 5, jobs: 2000, warmUp: 4000 } : { rounds: 15, jobs: 4000, warmUp: 20_000 };
const FLOWS = quick ? 100_000 : 1_000_000;
const CLIENTS = 100_000;
const CPU_COUNT = availableParallelism();

const report = new Report();
const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-bench-'));
try {
  await run();
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function run(): Promise<void> {
  report.line(
    `${cpus()[0]?.model.trim()}, ${CPU_COUNT} CPUs, Node ${process.version}; ${EFFORT.rounds} rounds`,
  );
  pinSelf();
  if (!PINNED) report.line('Processes are not pinned: taskset or a second CPU is missing.');
  for (const missing of missingContenders()) report.line(`Left out, not installed: ${missing}`);

  await using redis = await startRedis({ port: true });
  const { process: upstream, line } = await startProcess(
    [process.execPath, new URL('bench/upstream.ts', import.meta.url).pathname],
    { cpu: CPUS.rest, ready: /^port \d+$/ },
  );
  await using _upstream = upstream;
  const lab: Lab = { upstreamPort: Number(line.slice(5)), redisPort: redis.port ?? 0, directory };

  await comparePeers(lab, redis.pid);
  await measureAlone(lab);
  await compareClients(lab);
  await compareFlows(lab);
  await measureFootprint();
  await compareWorkers(lab);
  report.goals();
  if (options.json !== undefined) await writeFile(options.json, report.toJson());
}

/** Every proxy that there is, the gateway among them. */
async function comparePeers(lab: Lab, redisPid: number): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const running: Contender[] = [];
  for (const start of contenders().values()) running.push(stack.use(await start(lab)));
  const samples = await compareCpu(running, EFFORT, redisPid);
  const at = (name: string) => samples[running.findIndex((contender) => contender.name === name)];
  const bare = at(BASELINE);
  const gateway = at(GATEWAY);
  const sealed = at(SEALED);
  if (bare === undefined || gateway === undefined || sealed === undefined)
    throw new Error('the gateway and its baseline always run');
  report.table(
    'CPU time of the proxy',
    ['', 'per login', 'vs bare', 'with Redis', 'per page', 'vs bare', 'logins/s', 'memory'],
    running.map(({ name }, i) => {
      const own = samples[i] ?? gateway;
      return [
        name,
        report.microseconds(summarize(own.login)),
        report.ratio(summarize(ratios(own.login, bare.login))),
        report.microseconds(summarize(own.loginWithStore)),
        report.microseconds(summarize(own.page)),
        report.ratio(summarize(ratios(own.page, bare.page))),
        summarize(own.loginsPerSecond).median.toFixed(0),
        formatBytes(own.memory),
      ];
    }),
  );
  const goals = [
    { store: 'Redis', own: gateway, bareGoal: 2.2, peerGoal: 0.95 },
    { store: 'sealed', own: sealed, bareGoal: 1.9, peerGoal: 0.8 },
  ];
  for (const { store, own, bareGoal, peerGoal } of goals) {
    report.goal(`CPU per login vs bare undici, ${store}`, bareGoal, summarize(ratios(own.login, bare.login)));
    for (const peer of [KEEP_ALIVE, FASTIFY]) {
      const other = at(peer)?.login ?? [];
      report.goal(`CPU per login vs ${peer}, ${store}`, peerGoal, summarize(ratios(own.login, other)));
    }
  }
  report.goal('CPU per login, sealed vs Redis', 1, summarize(ratios(sealed.login, gateway.login)));
  report.goal(
    'the same, with the CPU of Redis itself',
    1,
    summarize(ratios(sealed.loginWithStore, gateway.loginWithStore)),
  );
  const lua = at(LUA);
  if (lua !== undefined)
    report.goal('CPU per login vs nginx, Lua and Redis', 1.5, summarize(ratios(gateway.login, lua.login)));
  report.goal('CPU per page vs bare undici', 1.05, summarize(ratios(gateway.page, bare.page)));
  report.goal('memory under full load', 120e6, summarize([gateway.memory]), formatBytes);
  await addedLatency(lab, running, 0.2 / (summarize(gateway.login).median / 1e6));
}

/** What a login takes longer than straight at the upstream, at a fifth of the rate that the gateway could take. */
async function addedLatency(lab: Lab, running: readonly Contender[], perSecond: number): Promise<void> {
  const measured = running.filter(({ name }) =>
    [BASELINE, GATEWAY, SEALED, KEEP_ALIVE, AS_IT_COMES].includes(name),
  );
  const ports = [lab.upstreamPort, ...measured.map(({ port }) => port)];
  const [straight, ...samples] = await compareLatency(ports, {
    rounds: quick ? 3 : 9,
    logins: quick ? 500 : 2000,
    perSecond,
  });
  const added = samples.map((sample) => ({
    p50: sample.p50.map((value, i) => value - (straight?.p50[i] ?? 0)),
    p99: sample.p99.map((value, i) => value - (straight?.p99[i] ?? 0)),
  }));
  report.table(
    `Latency that a login gets, at ${perSecond.toFixed(0)} logins/s`,
    ['', 'p50', 'p99'],
    measured.map(({ name }, i) => [
      name,
      report.milliseconds(summarize(added[i]?.p50 ?? [])),
      report.milliseconds(summarize(added[i]?.p99 ?? [])),
    ]),
  );
  const at = (name: string) => added[measured.findIndex((contender) => contender.name === name)];
  const goals = [
    { store: 'Redis', own: at(GATEWAY), goal: { p50: 1.3, p99: 1.5 } },
    { store: 'sealed', own: at(SEALED), goal: { p50: 1, p99: 1.2 } },
  ];
  for (const { store, own, goal } of goals) {
    for (const which of ['p50', 'p99'] as const) {
      const values = ratios(own?.[which] ?? [], at(KEEP_ALIVE)?.[which] ?? []);
      report.goal(`latency added, ${which}, vs http-proxy-3, ${store}`, goal[which], summarize(values));
    }
  }
}

/** Large bodies, and what a login asks of the store. */
async function measureAlone(lab: Lab): Promise<void> {
  await using gateway = await startGateway(lab);
  await using bare = await startBaseline(lab);
  const rounds = quick ? 5 : 15;
  const bodies = await measureLargeBodies(gateway, lab.upstreamPort, rounds);
  const others = await measureLargeBodies(bare, lab.upstreamPort, rounds);
  report.table(
    '20 MB: throughput of what goes straight, and memory beyond that at rest',
    ['', 'down', 'up', 'memory'],
    [bare, gateway].map(({ name }, i) => {
      const { download, upload, extraMemory } = i === 0 ? others : bodies;
      const memory = formatBytes(summarize(extraMemory).median);
      return [name, report.ratio(summarize(download)), report.ratio(summarize(upload)), memory];
    }),
  );
  for (const [way, name] of [
    ['download', '20 MB down, throughput vs bare undici'],
    ['upload', '20 MB up, throughput vs bare undici'],
  ] as const) {
    report.goal(name, 0.95, summarize(ratios(bodies[way], others[way])), undefined, 'at least');
  }
  report.goal('20 MB, extra memory', 8e6, summarize(bodies.extraMemory), formatBytes);

  const operations = async () => {
    const metrics = await fetch(`${gateway.adminUrl}/metrics`);
    return new MetricSamples(await metrics.text()).value('store_duration_seconds_count');
  };
  const before = await operations();
  await saturate(gateway.port, logIn, 10, 100);
  report.goal('store commands per login', 5, summarize([((await operations()) - before) / 100]));
}

async function compareClients(lab: Lab): Promise<void> {
  const starts = async (furtherClients: number) => {
    const seconds: number[] = [];
    for (let round = 0; round < (quick ? 3 : 7); round += 1) {
      const startedAt = performance.now();
      await using _gateway = await startGateway(lab, { furtherClients });
      seconds.push((performance.now() - startedAt) / 1000);
    }
    return seconds;
  };
  report.goal('start to ready', 0.4, summarize(await starts(10)), formatSeconds);
  report.goal(`start to ready, ${CLIENTS} clients`, 2, summarize(await starts(CLIENTS)), formatSeconds);
  await using few = await startGateway(lab, { furtherClients: 10 });
  await using many = await startGateway(lab, { furtherClients: CLIENTS });
  const reloads: ReloadTimes[] = [];
  for (let round = 0; round < 3; round += 1) reloads.push(await measureReload(many));
  const summary = (which: keyof ReloadTimes) => summarize(reloads.map((times) => times[which]));
  report.goal(`reload, ${CLIENTS} clients`, 2, summary('total'), formatSeconds);
  report.goal(`longest request beside a reload, ${CLIENTS} clients`, 0.05, summary('pause'), formatSeconds);
  const [a, b] = await compareCpu([few, many], EFFORT);
  report.goal(
    `CPU per login, ${CLIENTS} clients vs 10`,
    1.03,
    summarize(ratios(b?.login ?? [], a?.login ?? [])),
  );
}

async function compareFlows(lab: Lab): Promise<void> {
  await using small = await startRedis({ port: true });
  await using large = await startRedis({ port: true });
  await fillRedis(small, 1000);
  const bytes = await fillRedis(large, FLOWS);
  await using few = await startGateway({ ...lab, redisPort: small.port ?? 0 });
  await using many = await startGateway({ ...lab, redisPort: large.port ?? 0 });
  const [a, b] = await compareCpu([few, many], EFFORT);
  report.goal(
    `CPU per login, ${FLOWS} live flows vs 1000`,
    1.03,
    summarize(ratios(b?.login ?? [], a?.login ?? [])),
  );
  report.goal('Redis, per live flow', 400, summarize([bytes]), formatBytes);
  const logins = await measureLogins(small, few.port, 5_000);
  report.line(`Redis, per login that is done, while it is remembered: ${formatBytes(logins)}`);
}

/** Two processes on two CPUs: a third drives the load, a fourth is for the rest of the machine. */
async function compareWorkers(lab: Lab): Promise<void> {
  if (!PINNED || CPU_COUNT < 4) {
    report.line('Not measured: two workers against one, which needs four CPUs.');
    return;
  }
  await using one = await startGateway(lab, { workers: { count: 1, cpu: '1,2' } });
  await using two = await startGateway(lab, { workers: { count: 2, cpu: '1,2' } });
  const [a, b] = await compareCpu([one, two], EFFORT);
  const faster = ratios(b?.loginsPerSecond ?? [], a?.loginsPerSecond ?? []);
  report.goal('logins/s, two workers vs one', 1.8, summarize(faster), undefined, 'at least');
}

async function measureFootprint(): Promise<void> {
  report.goal(
    'memory store, per live flow',
    600,
    summarize([await measureMemoryStore(100_000)]),
    formatBytes,
  );
}
